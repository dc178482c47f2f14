/* Runs a pair of random modules in one way, and notes all that can be seen of it. */
#ifndef TESTS_RANDOM_RUN_H
#define TESTS_RANDOM_RUN_H

#include "tests/random/plan.h"
#include "tests/support/build.h"
#include "wasm/store.h"

/* How modules are run. */
struct way {
    bool compile; /* else interpreted */
    bool watches; /* notes each access to memory, too */
    bool lazily;  /* functions are compiled on their first call, else all of them before */
    struct compile_options options;
};

struct pair {
    struct plan provider, user;
    struct build provider_bytes, user_bytes;
};

struct event {
    const char *what;
    uint32_t place;
    uint64_t value;
};

enum { EVENTS_MAX = 1 << 16 };

struct trace {
    struct event events[EVENTS_MAX];
    uint32_t count;
    bool is_exhausted; /* a stack came to its end, which is at another depth in each way: what follows is not noted */
    uint64_t compiled, refused, traps, calls;
};

void pair_make(uint64_t seed, struct pair *out);
void pair_end(struct pair *pair);
void pair_run(const struct pair *pair, const struct way *way, struct trace *out);
/* The first event that differs, or UINT32_MAX. */
uint32_t trace_compare(const struct trace *expected, const struct trace *actual);
/* The last call, and the events around this one. */
void trace_print(const struct trace *trace, uint32_t last);

#endif
