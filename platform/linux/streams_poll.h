/* Waiting for streams and for time; part of streams.h. */
#ifndef PLATFORM_LINUX_STREAMS_POLL_H
#define PLATFORM_LINUX_STREAMS_POLL_H

#include "wasi/wasi.h"

/* The poll of struct wasi_outside, with a struct streams as its context. */
enum wasi_errno streams_poll(void *context, struct wasi_poll *entries, size_t count, uint64_t deadline_ns);

#endif
