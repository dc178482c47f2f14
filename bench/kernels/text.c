/* String work: format records as lines, search words in them, split and parse the numbers back. */
#include "bench/kernel.h"

enum { LINE_COUNT = 1000, LINE_SIZE = 64, WORD_COUNT = 8 };

static const char *const words[WORD_COUNT] = {"amber", "basalt", "cobalt", "dune", "ember", "fjord", "garnet", "harbour"};

static char text[LINE_COUNT * LINE_SIZE + 1];

static char *append_text(char *to, const char *from) {
    while (*from != 0) {
        *to++ = *from++;
    }
    return to;
}

static char *append_number(char *to, uint32_t number) {
    char digits[10];
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

static size_t text_format(uint64_t *seed) {
    char *to = text;
    for (uint32_t line = 0; line < LINE_COUNT; line++) {
        uint32_t number = kernel_random(seed);
        to = append_text(to, words[number % WORD_COUNT]);
        *to++ = '-';
        to = append_text(to, words[number / WORD_COUNT % WORD_COUNT]);
        *to++ = '=';
        to = append_number(to, number);
        *to++ = '\n';
    }
    *to = 0;
    return (size_t)(to - text);
}

/* Occurrences by comparison at every place, as a plain search does it. */
static uint32_t text_count(size_t length, const char *word) {
    size_t word_length = strlen(word);
    uint32_t count = 0;
    for (size_t place = 0; place + word_length <= length; place++) {
        size_t same = 0;
        while (same < word_length && text[place + same] == word[same]) {
            same++;
        }
        count += same == word_length;
    }
    return count;
}

static uint64_t text_parse(size_t length) {
    uint64_t sum = 0;
    uint32_t number = 0;
    uint32_t letters = 0;
    for (size_t place = 0; place < length; place++) {
        char letter = text[place];
        if (letter >= '0' && letter <= '9') {
            number = number * 10 + (uint32_t)(letter - '0');
        } else if (letter == '\n') {
            sum += (uint64_t)number * (letters + 1);
            number = 0;
            letters = 0;
        } else if ((letter | 32) >= 'a' && (letter | 32) <= 'z') {
            text[place] = (char)(letter ^ 32);
            letters++;
        }
    }
    return sum;
}

int main(int argc, char **argv) {
    uint32_t rounds = kernel_work(argc, argv, 650);
    uint64_t seed = 271828;
    uint64_t checksum = 0;
    for (uint32_t round = 0; round < rounds; round++) {
        size_t length = text_format(&seed);
        for (int word = 0; word < 4; word++) {
            checksum = kernel_mix(checksum, text_count(length, words[(round + (uint32_t)word) % WORD_COUNT]));
        }
        checksum = kernel_mix(checksum, text_parse(length));
        checksum = kernel_mix(checksum, (uint64_t)(strrchr(text, '=') - text) + strcspn(text, "="));
    }
    return kernel_finish("text", checksum);
}
