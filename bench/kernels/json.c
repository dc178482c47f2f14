/* A parser: JSON text is generated, parsed into nodes in one array with a stack of open containers, and summed up. */
#include "bench/kernel.h"

enum { TEXT_SIZE = 1 << 17, NODE_MAX = 1 << 15, DEPTH_MAX = 32 };

enum node_kind { NODE_NUMBER, NODE_STRING, NODE_WORD, NODE_ARRAY, NODE_OBJECT };

struct node {
    enum node_kind kind;
    uint32_t child_count;
    double number;
    uint32_t hash;
};

struct parser {
    const char *at;
    const char *end;
    uint32_t node_count;
    uint32_t open[DEPTH_MAX];
    uint32_t depth;
};

static char text[TEXT_SIZE + 512];
static struct node nodes[NODE_MAX];

static char *put(char *to, const char *from) {
    size_t length = strlen(from);
    memcpy(to, from, length);
    return to + length;
}

static char *put_number(char *to, uint32_t number) {
    char digits[12];
    int count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    while (count > 0) {
        *to++ = digits[--count];
    }
    return to;
}

static size_t text_make(uint64_t *seed) {
    char *to = put(text, "[");
    while (to < text + TEXT_SIZE - 512) {
        uint32_t number = kernel_random(seed);
        to = put(to, to == text + 1 ? "{\"id\": " : ",\n {\"id\": ");
        to = put_number(to, number % 100000);
        to = put(to, ", \"name\": \"item \\\"");
        to = put_number(to, number);
        to = put(to, "\\\" \\u0041\", \"tags\": [true, false, null, ");
        to = put_number(to, number % 1000);
        to = put(to, number & 1 ? ".25" : "e3");
        to = put(to, "], \"nested\": {\"a\": [], \"b\": {\"c\": [1, [2, [3]]]}}}");
    }
    to = put(to, "]");
    return (size_t)(to - text);
}

static struct node *node_add(struct parser *parser, enum node_kind kind) {
    if (parser->node_count == NODE_MAX) {
        abort();
    }
    struct node *node = &nodes[parser->node_count++];
    *node = (struct node){.kind = kind};
    if (parser->depth > 0) {
        nodes[parser->open[parser->depth - 1]].child_count++;
    }
    return node;
}

static void parse_string(struct parser *parser) {
    struct node *node = node_add(parser, NODE_STRING);
    uint32_t hash = 0x811C9DC5u;
    parser->at++;
    while (*parser->at != '"') {
        if (*parser->at == '\\') {
            parser->at++;
        }
        hash = (hash ^ (uint8_t)*parser->at++) * 0x01000193u;
    }
    parser->at++;
    node->hash = hash;
}

static double parse_digits(struct parser *parser, double number, uint32_t *count) {
    while (parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9') {
        number = number * 10.0 + (double)(*parser->at++ - '0');
        ++*count;
    }
    return number;
}

static void parse_number(struct parser *parser) {
    struct node *node = node_add(parser, NODE_NUMBER);
    uint32_t count = 0;
    node->number = parse_digits(parser, 0.0, &count);
    if (*parser->at == '.') {
        parser->at++;
        count = 0;
        node->number = parse_digits(parser, node->number, &count);
        while (count-- > 0) {
            node->number /= 10.0;
        }
    }
    if (*parser->at == 'e') {
        parser->at++;
        uint32_t exponent = (uint32_t)parse_digits(parser, 0.0, &count);
        while (exponent-- > 0) {
            node->number *= 10.0;
        }
    }
}

static void parse_word(struct parser *parser) {
    struct node *node = node_add(parser, NODE_WORD);
    while (*parser->at >= 'a' && *parser->at <= 'z') {
        node->hash = node->hash * 31 + (uint8_t)*parser->at++;
    }
}

static void parse_open(struct parser *parser, enum node_kind kind) {
    node_add(parser, kind);
    if (parser->depth == DEPTH_MAX) {
        abort();
    }
    parser->open[parser->depth++] = parser->node_count - 1;
    parser->at++;
}

static void parse(struct parser *parser) {
    while (parser->at < parser->end) {
        switch (*parser->at) {
        case ' ':
        case '\n':
        case ',':
        case ':': parser->at++; break;
        case '{': parse_open(parser, NODE_OBJECT); break;
        case '[': parse_open(parser, NODE_ARRAY); break;
        case '}':
        case ']':
            parser->depth--;
            parser->at++;
            break;
        case '"': parse_string(parser); break;
        case 't':
        case 'f':
        case 'n': parse_word(parser); break;
        default: parse_number(parser); break;
        }
    }
}

int main(int argc, char **argv) {
    uint32_t rounds = kernel_work(argc, argv, 450);
    uint64_t seed = 1729;
    uint64_t checksum = 0;
    for (uint32_t round = 0; round < rounds; round++) {
        size_t length = text_make(&seed);
        struct parser parser = {.at = text, .end = text + length};
        parse(&parser);
        for (uint32_t i = 0; i < parser.node_count; i++) {
            const struct node *node = &nodes[i];
            checksum = kernel_mix(checksum, (uint64_t)node->kind + node->child_count * 8u + node->hash);
            checksum = kernel_mix(checksum, kernel_bits(node->number));
        }
    }
    return kernel_finish("json", checksum);
}
