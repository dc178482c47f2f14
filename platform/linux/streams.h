/* The outside of a WASI process on Linux: its three streams are file descriptors 0, 1 and 2, its clocks and random numbers
   are the kernel's.

   The descriptors are shared with whoever started us (a shell and its terminal), so no flag of theirs is ever changed: what
   a program sets on a stream is kept here and acted out, and ends with the program. Nothing is buffered. SIGPIPE is left
   as it is: by default a write to a closed pipe ends the process, and where it is ignored the program sees EPIPE.

   One process is used by one thread. streams_stop is the exception. */
#ifndef PLATFORM_LINUX_STREAMS_H
#define PLATFORM_LINUX_STREAMS_H

#include "wasi/wasi.h"

#include <stdatomic.h>

#define STREAM_COUNT 3

struct streams {
    int descriptors[STREAM_COUNT];
    bool append[STREAM_COUNT];      /* as the program set it */
    bool nonblocking[STREAM_COUNT]; /* as the program set it */
    atomic_bool stopped;
};

/* Fills in both; *outside points to *streams, which the caller keeps where it is. Nothing is to be given back: descriptors
   are not closed. */
void streams_init(struct streams *streams, const int descriptors[STREAM_COUNT], struct wasi_outside *outside);

/* From now on a call that blocks ends with WASI_INTR when a signal interrupts it, instead of going on. From any thread or
   handler. The signal is the caller's to send, repeatedly: one that comes just before the call blocks is not seen. */
void streams_stop(struct streams *streams);

#endif
