/* What a kernel stands on: everything that a platform must supply. Hosted it is a Linux process, bare a PC, in tests a simulation from a
   seed. Time, randomness and addresses enter the kernel here and nowhere else.

   All functions but `wake` are called by the thread that runs the kernel. Sizes are multiples of host->page_size. */
#ifndef KERNEL_MACHINE_H
#define KERNEL_MACHINE_H

#include "wasm/wasm.h"

/* Memory that can be in several address spaces: the kernel's, at `address`, and windows of apps, by object and offset. */
struct machine_pages {
    uint8_t *address; /* readable and writable by the kernel */
    uint64_t object;  /* for wasm_memory_map_window, with the offset */
    uint64_t offset;
    size_t size;
};

/* A stack that C runs on: from the highest address down, with a guard below. */
struct machine_stack {
    void *pointer;    /* where it goes on while another one runs; of the platform */
    void *boundaries; /* what the platform keeps for each stack beside it */
    void *low;        /* committed from here ... */
    void *end;        /* ... to below here */
};

struct machine {
    void *context;
    const struct wasm_host *host; /* address space, code and faults, for the engine */

    /* Zeroed pages, or ERROR_NO_MEMORY. */
    enum error (*pages_take)(void *context, size_t size, struct machine_pages *out);
    /* No window shows them any more. */
    void (*pages_give)(void *context, const struct machine_pages *pages);

    /* Makes a committed stack, guard below, start in run(argument) when it is switched to for the first time; run never returns. */
    void (*stack_prepare)(void *context, struct machine_stack *stack, void (*run)(void *argument), void *argument);
    /* Leaves the running stack, noting in *from where, and goes on where *to was left. Keeps what C's calling convention keeps. `from` for the
       stack that the kernel was entered on is a zeroed struct. */
    void (*stack_switch)(void *context, struct machine_stack *from, struct machine_stack *to);

    uint64_t (*monotonic_ns)(void *context); /* never goes back; asked for at each turn: it may be some microseconds old */
    uint64_t (*wall_ns)(void *context);      /* since 1970-01-01 00:00 UTC */
    void (*random)(void *context, uint8_t *out, size_t size);

    /* Nothing can run: waits until somebody calls wake, or the monotonic clock reaches until_ns (UINT64_MAX: no end). It may call
       service_answer for what came meanwhile. With a moment that is past it only looks, and that is done now and then while apps are busy. Spurious
       returns are allowed. False at once when until_ns is UINT64_MAX and nothing but wake could ever come. */
    bool (*sleep)(void *context, uint64_t until_ns);
    /* Ends the present sleep, or the next one. From any thread or signal handler. */
    void (*wake)(void *context);
    /* The kernel's own words, for a person: one line, without its end. */
    void (*log)(void *context, const char *text, size_t length);
};

#endif
