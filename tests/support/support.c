/* The memory source, panic() and random numbers of the tests. Every block is framed: a header with its size and a marker
   before it, and a guard after it; whoever breaks a frame stops the program at the moment the block comes back. */
#include "tests/support/support.h"

#include "base/assert.h"

#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FRAME_LIVE  0x6c697665626c6f63u
#define FRAME_GIVEN 0x676976656e676f6eu
#define GUARD_SIZE  16
#define GUARD_BYTE  0xa5
#define FRESH_BYTE  0xcd
#define STALE_BYTE  0xdd

/* 16 bytes, so that the block behind it keeps malloc's alignment. */
struct frame {
    uint64_t marker;
    uint64_t size;
};

/* Tests may have state of their own; the system may not. The counters are written under the lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static size_t live_bytes;
static size_t live_blocks;
static size_t allocation_count;
static long allocations_left = -1;
static jmp_buf *panic_target;

_Noreturn void panic(const char *what, const char *file, int line) {
    if (panic_target != NULL) {
        longjmp(*panic_target, 1);
    }
    fprintf(stderr, "%s:%d: panic: %s\n", file, line, what);
    abort();
}

bool support_panics(void (*body)(void *context), void *context) {
    jmp_buf here;
    jmp_buf *const outer = panic_target;
    panic_target = &here;
    bool panicked = false;
    if (setjmp(here) == 0) {
        body(context);
    } else {
        panicked = true;
    }
    panic_target = outer;
    return panicked;
}

static _Noreturn void stop(const char *what, size_t expected, size_t found) {
    fprintf(stderr, "test memory: %s (%zu, %zu)\n", what, expected, found);
    abort();
}

/* Counts one allocation, and says whether it may be made. */
static bool take_is_granted(size_t size) {
    pthread_mutex_lock(&lock);
    bool is_granted = size <= SIZE_MAX / 2;
    allocation_count++;
    if (allocations_left >= 0 && allocations_left-- == 0) {
        is_granted = false;
    }
    live_bytes += is_granted ? size : 0;
    live_blocks += is_granted ? 1 : 0;
    pthread_mutex_unlock(&lock);
    return is_granted;
}

static void live_remove(size_t size) {
    pthread_mutex_lock(&lock);
    live_bytes -= size;
    live_blocks--;
    pthread_mutex_unlock(&lock);
}

static void *take(void *context, size_t size) {
    (void)context;
    if (!take_is_granted(size)) {
        return NULL;
    }
    uint8_t *raw = malloc(sizeof(struct frame) + size + GUARD_SIZE);
    if (raw == NULL) {
        live_remove(size);
        return NULL;
    }
    const struct frame frame = {.marker = FRAME_LIVE, .size = size};
    memcpy(raw, &frame, sizeof frame);
    uint8_t *block = raw + sizeof frame;
    memset(block, FRESH_BYTE, size);
    memset(block + size, GUARD_BYTE, GUARD_SIZE);
    return block;
}

static void give(void *context, void *block, size_t size) {
    (void)context;
    if (block == NULL) {
        stop("NULL was given back", 0, size);
    }
    uint8_t *raw = (uint8_t *)block - sizeof(struct frame);
    struct frame frame;
    memcpy(&frame, raw, sizeof frame);
    if (frame.marker != FRAME_LIVE) {
        stop("a block came back that is not out", 0, size);
    }
    if (frame.size != size) {
        stop("a block came back with another size", frame.size, size);
    }
    for (size_t i = 0; i < GUARD_SIZE; i++) {
        if (raw[sizeof frame + size + i] != GUARD_BYTE) {
            stop("a block was written past its end", size, i);
        }
    }
    frame.marker = FRAME_GIVEN;
    memcpy(raw, &frame, sizeof frame);
    memset(block, STALE_BYTE, size);
    live_remove(size);
    free(raw);
}

const struct memory_source *support_memory(void) {
    static const struct memory_source source = {.context = NULL, .take = take, .give = give};
    return &source;
}

size_t support_live_bytes(void) {
    return live_bytes;
}

size_t support_live_blocks(void) {
    return live_blocks;
}

size_t support_allocation_count(void) {
    return allocation_count;
}

void support_fail_after(long allocations) {
    allocations_left = allocations;
}

uint64_t support_seed(void) {
    const char *text = getenv("SEED");
    uint64_t seed = 0;
    if (text != NULL) {
        seed = strtoull(text, NULL, 0);
    } else {
        struct timespec now;
        timespec_get(&now, TIME_UTC);
        seed = (uint64_t)now.tv_sec * 1000000007u ^ (uint64_t)now.tv_nsec;
    }
    printf("SEED=%" PRIu64 "\n", seed);
    return seed;
}

/* A Weyl sequence put through two multiplications: short, and every seed is good, 0 too. */
uint64_t support_random(uint64_t *state) {
    *state += 0x9e3779b97f4a7c15u;
    uint64_t bits = *state;
    bits = (bits ^ (bits >> 32)) * 0xd6e8feb86659fd93u;
    bits = (bits ^ (bits >> 29)) * 0xa0761d6478bd642fu;
    return bits ^ (bits >> 32);
}
