/* An app that throws at the kernel whatever a program can: see grind.h. What it does follows from its seed and from what happens to it. */
#include "programs/tests/grind/grind.h"

static uint64_t random_state;

uint64_t random_next(void) {
    uint64_t value = random_state += 0x9E3779B97F4A7C15u;
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9u;
    value = (value ^ value >> 27) * 0x94D049BB133111EBu;
    return value ^ value >> 31;
}

int32_t finish(struct context *os, int32_t code) {
    os->mine->exit_code = code;
    return TURN_EXIT;
}

uint32_t grant_of(const struct context *os, const char *label) {
    for (uint32_t index = 0; index < os->grant_count; index++) {
        const char *left = os->grants[index].label, *right = label;
        while (*left != 0 && *left == *right) {
            left++;
            right++;
        }
        if (*left == *right) {
            return os->grants[index].handle;
        }
    }
    return 0;
}

int32_t start(struct context *os) {
    const char *role = os->arguments[1];
    if (os->turn == 1) {
        for (const char *digit = os->arguments[2]; *digit != 0; digit++) {
            random_state = random_state * 10 + (uint64_t)(*digit - '0');
        }
    }
    return role[0] == 's' ? server_turn(os) : role[0] == 'c' ? client_turn(os) : hostile_turn(os);
}
