/* WASI as a world of the kernel's: a program that exports `_start` becomes a guest, whose streams, clocks and random numbers are messages of the
   interfaces console, clock and random, through its grants. What it was not granted it does not have: without a console its descriptors are closed,
   and clocks and random numbers are refused (WASI_NOTCAPABLE).

   What the messages do not carry, no program sees: streams have no position and no file's attributes; those that are terminals are character
   devices, the others of unknown type. The clocks of the processor show how much time has passed since the first look at one. */
#ifndef WASI_WORLD_H
#define WASI_WORLD_H

#include "kernel/kernel.h"

extern const struct app_world wasi_world;

/* The world_settings of an app; all may be zero. Copied but for what `call` is for. */
struct wasi_settings {
    const struct bytes *environment; /* NAME=VALUE; no zero bytes */
    uint32_t environment_count;
    /* Runs the instance in place of `_start`, in the guest's turn; NULL: `_start` is called. As wasm_call. */
    enum error (*call)(void *context, struct wasm_instance *instance);
    void *context;
};

#endif
