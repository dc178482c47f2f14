/* The engine's host on Linux: address space by mmap, faults by signals.

   Every function of it may be called from any thread. Memory objects (map) are file descriptors of memfds: whoever made
   one keeps it open while it is mapped by number, and must not shrink it (an access behind its end faults). */
#ifndef PLATFORM_LINUX_HOST_H
#define PLATFORM_LINUX_HOST_H

#include "wasm/wasm.h"

/* Fills in *out, and makes sure that the process's handlers for SIGSEGV and SIGBUS are ours (fault.h); nothing is to be
   given back. ERROR_HOST when the kernel does not tell its page size.
   cmocka puts its own handlers in place for each test and each fixture apart: call this in the body of every test that
   expects a fault, not in a setup function. */
enum error host_create(struct wasm_host *out) MUST_CHECK;

#endif
