/* What the files of this program share. Argument 1 is the role, argument 2 the seed. `hostile` does to the system what no program should; `server`
   and `client` are as good as programs can be, and end with the line where something was not as the contract says. */
#ifndef PROGRAMS_TESTS_GRIND_H
#define PROGRAMS_TESTS_GRIND_H

#include "programs/api/context.h"

/* Operations of the test's native service `host`: see tests/grind/host.c. HOST_WRONG: the kernel did what it must not, says the line in word 0. */
enum host_operation { HOST_ANSWER, HOST_KEEP, HOST_KILL, HOST_LARGE, HOST_TWICE, HOST_START, HOST_STOP, HOST_NEVER, HOST_RELEASE, HOST_OPERATIONS };
#define HOST_WRONG 0x57524F4Eu

/* What the server makes of a word. */
static inline uint64_t word_answer(uint64_t word, uint32_t operation) {
    return (word ^ operation) * 0x9E3779B97F4A7C15u;
}

uint64_t random_next(void);
/* Below the limit, which is not 0. */
static inline uint32_t random_below(uint32_t limit) {
    return (uint32_t)(random_next() >> 32) % limit;
}
/* So many times of a thousand. */
static inline int random_chance(uint32_t thousandths) {
    return random_below(1000) < thousandths;
}

uint32_t grant_of(const struct context *os, const char *label);
int32_t finish(struct context *os, int32_t code);

int32_t server_turn(struct context *os);
int32_t client_turn(struct context *os);
int32_t hostile_turn(struct context *os);

/* ---- Between hostile.c and children.c ---- */

/* One that it has, had, or never had. */
uint32_t random_handle(const struct context *os);
void remember_handle(uint32_t handle);
/* Something that an app does about others through `apps`. */
void act_children(struct context *os);

#endif
