/* A WASI process for tests: an outside that does what a test tells it, and a program that is nothing but one exported
   function for each function of preview 1, which passes its arguments on. So a test calls as a program does, through the
   engine, with the addresses that it likes. Needs libc and the engine. */
#ifndef TESTS_SUPPORT_WASI_PROCESS_H
#define TESTS_SUPPORT_WASI_PROCESS_H

#include "wasi/wasi.h"

#define FAKE_WRITE_COUNT_MAX 16
#define FAKE_BYTES_MAX       65536

/* What the outside gives, takes and saw. Everything is zero at first: streams are empty and take what comes. */
struct fake_outside {
    enum wasi_errno error; /* when not WASI_SUCCESS: what every function but `yield` returns */

    uint64_t clock_ns[4], resolution_ns[4];
    uint64_t random_sum; /* bytes asked for */

    const uint8_t *input; /* of stream 0 */
    size_t input_size;
    size_t read_size_max; /* in one read; 0: no limit */
    uint32_t read_count;
    uint32_t read_stream; /* of the newest read */
    size_t read_size;     /* that was asked for by it */

    uint8_t output[FAKE_BYTES_MAX]; /* of streams 1 and 2 together */
    size_t output_size;
    size_t output_room; /* bytes until WASI_AGAIN; 0: no limit */
    uint32_t write_count;
    size_t write_sizes[FAKE_WRITE_COUNT_MAX]; /* of the first writes: what was taken */
    uint32_t write_stream;

    struct wasi_stream_status status;
    uint32_t status_stream;
    bool append, nonblocking; /* as set by the newest stream_set_flags */

    bool has_position;
    uint64_t position, end;
    uint32_t seek_count;
    uint32_t sync_count, sync_metadata_count;

    struct wasi_poll entries[8]; /* what the newest poll was asked, and for the next one, what it answers where equal */
    size_t entry_count;
    uint64_t deadline_ns;
    uint32_t poll_count;
    uint32_t poll_early_count; /* polls that return before anything happened */
    bool ready[3][2];          /* stream, for_write */
    bool hangup;
    uint16_t entry_error;
    uint64_t available;

    uint32_t yield_count;
};

enum wasi_process_program {
    WASI_PROGRAM_FORWARD,     /* memory of two pages, exported; `_start` returns */
    WASI_PROGRAM_EXIT,        /* the same, and `_start` calls proc_exit(77) */
    WASI_PROGRAM_TRAP,        /* `_start` is unreachable */
    WASI_PROGRAM_REACTOR,     /* `_start` is not there */
    WASI_PROGRAM_START_TYPED, /* `_start` takes an i32 */
    WASI_PROGRAM_HIDDEN,      /* memory that is not exported */
    WASI_PROGRAM_NO_MEMORY,
};

#define WASI_PROCESS_MEMORY_SIZE (2u << 16)

struct wasi_process {
    struct budget budget;
    struct wasm_host host;
    struct wasm_engine *engine;
    struct wasm_module *module;
    struct wasm_store *store;
    struct wasm_instance *instance;
    struct wasi *wasi;
    struct wasi_outside outside;
    struct fake_outside fake;
    uint8_t bytes[8192]; /* of the module */
};

/* Whether processes that are created from now on run compiled code. */
extern bool wasi_process_compiles;

/* Stops the program when any step fails; these are tests. options may be NULL. */
void wasi_process_create(struct wasi_process *process, enum wasi_process_program program, const struct wasi_options *options);
/* ... and when something charged was not refunded. */
void wasi_process_destroy(struct wasi_process *process);

/* The error of wasm_call; *code is the result where there is one. */
enum error wasi_process_try(struct wasi_process *process, const char *name, const uint64_t *arguments, uint32_t *code);
/* The errno, where the call must return one. */
uint32_t wasi_process_call(struct wasi_process *process, const char *name, const uint64_t *arguments);
#define WASI_PROCESS_CALL(process, name, ...) wasi_process_call(process, #name, (const uint64_t[]){__VA_ARGS__})

/* A pointer into its memory, which reaches from 0 to WASI_PROCESS_MEMORY_SIZE. */
uint8_t *wasi_process_memory(struct wasi_process *process, uint32_t address);
/* Puts (address, length) pairs, as an iovec array. */
void wasi_process_put_ranges(struct wasi_process *process, uint32_t address, const uint32_t *pairs, uint32_t count);

#endif
