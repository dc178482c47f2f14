/* The distance between two names is the number of characters to insert, remove, replace or swap with their neighbour. */
#include "platform/linux/nearest.h"

#include <stdbool.h>
#include <string.h>

#define NAME_LENGTH_MAX      32
#define BEGINNING_LENGTH_MIN 3 /* so many letters of a name stand for it */

static size_t least(size_t left, size_t right) {
    return left < right ? left : right;
}

/* Three rows of the usual table are enough: a swap looks back two. */
static size_t distance_of(const char *left, size_t left_length, const char *right, size_t right_length) {
    size_t rows[3][NAME_LENGTH_MAX + 1];
    for (size_t column = 0; column <= right_length; column++) {
        rows[0][column] = column;
    }
    for (size_t row = 1; row <= left_length; row++) {
        size_t *now = rows[row % 3], *above = rows[(row + 2) % 3], *above_that = rows[(row + 1) % 3];
        now[0] = row;
        for (size_t column = 1; column <= right_length; column++) {
            size_t replace = above[column - 1] + (left[row - 1] != right[column - 1]);
            now[column] = least(replace, least(above[column], now[column - 1]) + 1);
            if (row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1]) {
                now[column] = least(now[column], above_that[column - 2] + 1);
            }
        }
    }
    return rows[left_length % 3][right_length];
}

void nearest_init(struct nearest *nearest, const char *wanted) {
    *nearest = (struct nearest){.wanted = wanted};
    /* A third of the letters may be wrong, one even in a short word. */
    nearest->distance = strlen(wanted) / 3 + 2;
}

void nearest_offer(struct nearest *nearest, const char *name) {
    size_t wanted_length = strlen(nearest->wanted), length = strlen(name);
    if (wanted_length > NAME_LENGTH_MAX || length > NAME_LENGTH_MAX) {
        return;
    }
    bool is_beginning = wanted_length >= BEGINNING_LENGTH_MIN && wanted_length < length && memcmp(nearest->wanted, name, wanted_length) == 0;
    size_t distance = is_beginning ? 1 : distance_of(nearest->wanted, wanted_length, name, length);
    if (distance < nearest->distance) {
        nearest->distance = distance;
        nearest->name = name;
    }
}
