/* Compression: matches found by a hash of four bytes (LZ77 with lazy chains), literals coded by a Huffman tree of their
   counts, and everything decoded again and compared. */
#include "bench/kernel.h"

enum { INPUT_SIZE = 1 << 17, HASH_SIZE = 1 << 13, MATCH_MIN = 4, MATCH_MAX = 255 + MATCH_MIN, CHAIN_MAX = 8, SYMBOL_COUNT = 256 };

struct token {
    uint16_t distance; /* 0: a literal */
    uint8_t value;     /* the literal, or the length less MATCH_MIN */
};

struct huffman {
    uint32_t weight[SYMBOL_COUNT * 2];
    uint16_t parent[SYMBOL_COUNT * 2];
    uint8_t length[SYMBOL_COUNT];
};

static uint8_t input[INPUT_SIZE];
static uint8_t output[INPUT_SIZE];
static struct token tokens[INPUT_SIZE];
static int32_t heads[HASH_SIZE];
static int32_t previous[INPUT_SIZE];

/* Text-like: words of a small vocabulary, some bytes at random. */
static void input_make(uint64_t *seed) {
    size_t size = 0;
    while (size < INPUT_SIZE) {
        uint32_t word = kernel_random(seed) % 300;
        uint32_t length = 3 + word % 7;
        for (uint32_t i = 0; i < length && size < INPUT_SIZE; i++) {
            input[size++] = (uint8_t)('a' + (word * 7 + i * i * (word % 5 + 1)) % 26);
        }
        if (size < INPUT_SIZE) {
            input[size++] = kernel_random(seed) % 50 == 0 ? (uint8_t)kernel_random(seed) : ' ';
        }
    }
}

static uint32_t place_hash(size_t place) {
    uint32_t word;
    memcpy(&word, input + place, sizeof word);
    return word * 2654435761u >> 19;
}

static void place_insert(size_t place) {
    uint32_t hash = place_hash(place);
    previous[place] = heads[hash];
    heads[hash] = (int32_t)place;
}

static struct token match_find(size_t place, uint32_t *length_out) {
    uint32_t best = MATCH_MIN - 1;
    struct token token = {0, input[place]};
    int32_t other = heads[place_hash(place)];
    size_t limit = INPUT_SIZE - place < MATCH_MAX ? INPUT_SIZE - place : MATCH_MAX;
    for (int chain = 0; chain < CHAIN_MAX && other >= 0 && place - (size_t)other < 65536; chain++) {
        uint32_t length = 0;
        while (length < limit && input[(size_t)other + length] == input[place + length]) {
            length++;
        }
        if (length > best) {
            best = length;
            token.distance = (uint16_t)(place - (size_t)other);
            token.value = (uint8_t)(length - MATCH_MIN);
        }
        other = previous[other];
    }
    *length_out = token.distance == 0 ? 1 : best;
    return token;
}

static size_t input_encode(void) {
    size_t count = 0;
    size_t place = 0;
    memset(heads, 0xFF, sizeof heads);
    while (place < INPUT_SIZE) {
        uint32_t length = 1;
        struct token token = {0, input[place]};
        if (place + MATCH_MIN <= INPUT_SIZE) {
            token = match_find(place, &length);
        }
        tokens[count++] = token;
        for (uint32_t i = 0; i < length; i++, place++) {
            if (place + MATCH_MIN <= INPUT_SIZE) {
                place_insert(place);
            }
        }
    }
    return count;
}

static uint16_t lightest(const struct huffman *huffman, uint32_t node_count) {
    uint16_t found = SYMBOL_COUNT * 2 - 1;
    uint32_t weight = UINT32_MAX;
    for (uint32_t node = 0; node < node_count; node++) {
        if (huffman->parent[node] == 0 && huffman->weight[node] > 0 && huffman->weight[node] < weight) {
            weight = huffman->weight[node];
            found = (uint16_t)node;
        }
    }
    return found;
}

/* Code lengths from the counts of all token values; returns the coded size in bits. */
static uint64_t tokens_huffman(size_t count, struct huffman *huffman) {
    memset(huffman, 0, sizeof *huffman);
    for (size_t i = 0; i < count; i++) {
        huffman->weight[tokens[i].value]++;
    }
    uint32_t node_count = SYMBOL_COUNT;
    for (;;) {
        uint16_t one = lightest(huffman, node_count);
        huffman->parent[one] = (uint16_t)node_count;
        uint16_t other = lightest(huffman, node_count);
        if (other == SYMBOL_COUNT * 2 - 1) {
            huffman->parent[one] = 0;
            break;
        }
        huffman->parent[other] = (uint16_t)node_count;
        huffman->weight[node_count++] = huffman->weight[one] + huffman->weight[other];
    }
    uint64_t bits = 0;
    for (uint32_t symbol = 0; symbol < SYMBOL_COUNT; symbol++) {
        for (uint32_t node = symbol; huffman->parent[node] != 0; node = huffman->parent[node]) {
            huffman->length[symbol]++;
        }
        bits += (uint64_t)huffman->length[symbol] * huffman->weight[symbol];
    }
    return bits;
}

static size_t tokens_decode(size_t count) {
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        if (tokens[i].distance == 0) {
            output[size++] = tokens[i].value;
            continue;
        }
        uint32_t length = (uint32_t)tokens[i].value + MATCH_MIN;
        for (uint32_t j = 0; j < length; j++, size++) {
            output[size] = output[size - tokens[i].distance];
        }
    }
    return size;
}

int main(int argc, char **argv) {
    static struct huffman huffman;
    uint32_t rounds = kernel_work(argc, argv, 60);
    uint64_t seed = 8128;
    uint64_t checksum = 0;
    for (uint32_t round = 0; round < rounds; round++) {
        input_make(&seed);
        size_t count = input_encode();
        checksum = kernel_mix(checksum, tokens_huffman(count, &huffman));
        if (tokens_decode(count) != INPUT_SIZE || memcmp(input, output, INPUT_SIZE) != 0) {
            return 1;
        }
        checksum = kernel_mix(checksum, count);
    }
    return kernel_finish("compress", checksum);
}
