/* WASI preview 1 as a translation: the functions of module wasi_snapshot_preview1 onto one struct of functions, the
   outside. A leaf beside the platforms: it knows nothing of Linux, keeps no global, and allocates from one budget.

   In this form a process has three streams (0, 1, 2) and no other files: functions on files answer as for a process
   that was given none. Source of names, numbers and layouts: WASI preview 1 (witx, snapshot_preview1). */
#ifndef WASI_WASI_H
#define WASI_WASI_H

#include "wasm/wasm.h"

/* WASI's errno values, wasi/errno.def: WASI_ERRNO(number, NAME, "text"). */
enum wasi_errno {
#define WASI_ERRNO(number, name, text) WASI_##name = (number),
#include "wasi/errno.def"
#undef WASI_ERRNO
};

enum wasi_clock { WASI_CLOCK_REALTIME, WASI_CLOCK_MONOTONIC, WASI_CLOCK_PROCESS_CPUTIME, WASI_CLOCK_THREAD_CPUTIME };

enum wasi_filetype {
    WASI_FILETYPE_UNKNOWN = 0,
    WASI_FILETYPE_BLOCK_DEVICE = 1,
    WASI_FILETYPE_CHARACTER_DEVICE = 2,
    WASI_FILETYPE_DIRECTORY = 3,
    WASI_FILETYPE_REGULAR_FILE = 4,
    WASI_FILETYPE_SOCKET_DGRAM = 5,
    WASI_FILETYPE_SOCKET_STREAM = 6,
    WASI_FILETYPE_SYMBOLIC_LINK = 7,
};

/* What is known of a stream. Zero where it does not apply. */
struct wasi_stream_status {
    enum wasi_filetype type;
    bool can_read, can_write;
    bool append, nonblocking; /* FDFLAGS_APPEND, FDFLAGS_NONBLOCK */
    uint64_t device, inode, link_count, size;
    uint64_t accessed_ns, modified_ns, changed_ns; /* since 1970 */
};

enum wasi_whence { WASI_WHENCE_SET, WASI_WHENCE_CURRENT, WASI_WHENCE_END };

/* One stream to wait for. */
struct wasi_poll {
    uint32_t stream;
    bool for_write;     /* else for reading */
    bool ready;         /* out */
    bool hangup;        /* out: the other end closed */
    uint16_t error;     /* out: enum wasi_errno; the entry is ready then too */
    uint64_t available; /* out: bytes that can be read now, or written where known, else 1 */
};

/* Everything that the translation reaches beyond the program's own memory. Each returns WASI_SUCCESS or an errno. Streams
   are numbered 0 (input), 1 (output), 2 (error). Buffers belong to the caller. */
struct wasi_outside {
    void *context;
    enum wasi_errno (*clock_resolution)(void *context, enum wasi_clock clock, uint64_t *resolution_ns);
    enum wasi_errno (*clock_time)(void *context, enum wasi_clock clock, uint64_t *time_ns);
    enum wasi_errno (*random)(void *context, uint8_t *out, size_t size);
    /* Block until at least one byte moved (or WASI_AGAIN on a nonblocking stream); *done = 0 from read is the end. */
    enum wasi_errno (*stream_read)(void *context, uint32_t stream, uint8_t *out, size_t size, size_t *done);
    enum wasi_errno (*stream_write)(void *context, uint32_t stream, const uint8_t *data, size_t size, size_t *done);
    enum wasi_errno (*stream_status)(void *context, uint32_t stream, struct wasi_stream_status *out);
    /* WASI_SPIPE on what has no position. */
    enum wasi_errno (*stream_seek)(void *context, uint32_t stream, int64_t offset, enum wasi_whence whence, uint64_t *position);
    enum wasi_errno (*stream_set_flags)(void *context, uint32_t stream, bool append, bool nonblocking);
    /* Data (and metadata where metadata is true) reach the disk. */
    enum wasi_errno (*stream_sync)(void *context, uint32_t stream, bool metadata);
    /* Wait until an entry is ready or the monotonic clock reaches deadline_ns (UINT64_MAX: no deadline; 0: only look). */
    enum wasi_errno (*poll)(void *context, struct wasi_poll *entries, size_t count, uint64_t deadline_ns);
    void (*yield)(void *context);
};

struct wasi_options {
    const struct bytes *arguments; /* argv[0] first; copied */
    uint32_t argument_count;
    const struct bytes *environment; /* NAME=VALUE; copied */
    uint32_t environment_count;
};

struct wasi;

/* One process: its functions are made in this store. The outside outlives it. ERROR_ARGUMENT when an argument or variable
   holds a zero byte. */
enum error wasi_create(struct wasm_store *store, struct budget *budget, const struct wasi_outside *outside, const struct wasi_options *options,
                       struct wasi **out) MUST_CHECK;
/* Before the store is destroyed, and not while a call runs. */
void wasi_destroy(struct wasi *wasi);

/* A wasm_resolve with the wasi as its context: finds functions of wasi_snapshot_preview1. */
enum error wasi_resolve(void *wasi, const struct wasm_import *import, struct wasm_extern *out);
/* Whether it would, as far as names tell. */
bool wasi_has_import(const struct wasm_import *import);

/* Calls `_start` (ERROR_NOT_FOUND when the module does not export it as a function without parameters and results).
   ERROR_NONE: it ended, and *exit_code is 0 or what it gave to proc_exit. ERROR_TRAP as wasm_call. */
enum error wasi_run(struct wasi *wasi, struct wasm_instance *instance, uint32_t *exit_code) MUST_CHECK;
/* True when the program ended itself, and how: for the ERROR_EXIT of wasm_instance_create or wasm_call, where a function
   other than `_start` did so. */
bool wasi_exited(const struct wasi *wasi, uint32_t *exit_code);

#endif
