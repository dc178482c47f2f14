/* Comparison of byte views, and the UTF-8 check that names and texts from outside must pass. */
#include "base/bytes.h"

/* No object is larger than PTRDIFF_MAX. Without this bound gcc makes the loop a call of strlen, which nobody supplies. */
struct bytes bytes_from_text(const char *text) {
    size_t size = 0;
    while (size < PTRDIFF_MAX && text[size] != '\0') {
        size++;
    }
    return (struct bytes){.data = (const uint8_t *)text, .size = size};
}

/* memcmp must not be given NULL, not even for nothing. */
static int compare_prefix(const uint8_t *left, const uint8_t *right, size_t size) {
    return size == 0 ? 0 : memcmp(left, right, size);
}

bool bytes_equal(struct bytes left, struct bytes right) {
    return left.size == right.size && compare_prefix(left.data, right.data, left.size) == 0;
}

int bytes_compare(struct bytes left, struct bytes right) {
    const size_t common = left.size < right.size ? left.size : right.size;
    const int order = compare_prefix(left.data, right.data, common);
    if (order != 0) {
        return order;
    }
    return (left.size > right.size) - (left.size < right.size);
}

/* The number of ASCII bytes at the start, found a word at a time. */
static size_t ascii_run(const uint8_t *at, size_t size) {
    size_t run = 0;
    while (size - run >= 8 && (bytes_load_u64(at + run) & 0x8080808080808080u) == 0) {
        run += 8;
    }
    while (run < size && at[run] < 0x80) {
        run++;
    }
    return run;
}

/* The length of the sequence that starts with a byte of 0x80 or more, or 0 when it is ill-formed or cut. Only the second
   byte has bounds that depend on the first (Unicode 15, table 3-7): they keep out overlong forms, surrogates and
   what is above U+10FFFF. */
static size_t sequence_length(const uint8_t *at, size_t size) {
    const uint8_t first = at[0];
    const size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first < 0xc2 || first > 0xf4 || size < length) {
        return 0;
    }
    const uint8_t second_min = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const uint8_t second_max = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (at[1] < second_min || at[1] > second_max) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return length;
}

bool bytes_are_utf8(struct bytes text) {
    size_t done = 0;
    while (done < text.size) {
        const uint8_t *at = text.data + done;
        size_t length = ascii_run(at, text.size - done);
        if (length == 0) {
            length = sequence_length(at, text.size - done);
        }
        if (length == 0) {
            return false;
        }
        done += length;
    }
    return true;
}
