/* One process, private to wasi/: what it was given, which of its streams are open, how it ended, and the ways in which
   handlers reach the memory of the program.

   A handler is one function of preview 1. It gets its arguments as the program passed them, trusts none of them, and
   returns an errno. It checks every address that it will write to before it asks the outside for anything, so that
   nothing is lost when an address is bad. It allocates nothing. */
#ifndef WASI_PROCESS_H
#define WASI_PROCESS_H

#include "wasi/wasi.h"

struct wasi;

typedef enum wasi_errno wasi_handler(struct wasi *wasi, const union wasm_value *arguments);

/* The handlers, each in the file of its noun. */
#define WASI_CALL(name, parameters, results, handler) wasi_handler handler;
#include "wasi/calls.def"
#undef WASI_CALL

enum {
#define WASI_CALL(name, parameters, results, handler) WASI_CALL_##name,
#include "wasi/calls.def"
#undef WASI_CALL
    WASI_CALL_COUNT
};

struct wasi_call;

/* A function of preview 1 bound to a process: the context of the host function. */
struct wasi_binding {
    struct wasi *wasi;
    const struct wasi_call *call;
    struct wasm_function *function; /* NULL until something imports it */
};

/* Texts, each with a zero behind it, one after the other. */
struct text_list {
    uint8_t *bytes; /* NULL when size is 0 */
    uint32_t size;
    uint32_t count;
};

#define WASI_STREAM_COUNT 3

/* What a file descriptor below WASI_STREAM_COUNT stands for. Descriptors from there on never exist. */
struct wasi_stream {
    bool is_open;
    uint32_t number; /* the outside's: differs from the descriptor after fd_renumber */
    uint64_t rights; /* that the program has not given up; a stream may have fewer */
};

struct wasi {
    struct wasm_store *store;
    struct budget *budget;
    const struct wasi_outside *outside;

    struct text_list arguments;
    struct text_list environment;

    struct wasi_stream streams[WASI_STREAM_COUNT];

    /* Of the call that runs, or the newest one. */
    struct wasm_instance *caller;
    struct wasm_memory *memory; /* NULL when the caller has none */

    bool has_exited;
    uint32_t exit_code;

    struct wasi_binding bindings[WASI_CALL_COUNT];
};

/* ---- memory of the program: WASI_FAULT when the range is not wholly in it. Addresses need no alignment ---- */

enum wasi_errno guest_readable(const struct wasi *wasi, uint32_t address, uint64_t size, const uint8_t **out) MUST_CHECK;
enum wasi_errno guest_writable(const struct wasi *wasi, uint32_t address, uint64_t size, uint8_t **out) MUST_CHECK;

/* ---- streams.c ---- */

/* Rights of preview 1 that mean something here (witx: rights). */
#define WASI_RIGHT_DATASYNC     (1u << 0)
#define WASI_RIGHT_READ         (1u << 1)
#define WASI_RIGHT_SEEK         (1u << 2)
#define WASI_RIGHT_SET_FLAGS    (1u << 3)
#define WASI_RIGHT_SYNC         (1u << 4)
#define WASI_RIGHT_TELL         (1u << 5)
#define WASI_RIGHT_WRITE        (1u << 6)
#define WASI_RIGHT_ADVISE       (1u << 7)
#define WASI_RIGHT_FILESTAT_GET (1u << 21)
#define WASI_RIGHT_POLL         (1u << 27)

/* WASI_BADF when the descriptor is not open, WASI_NOTCAPABLE when one of these rights was given up. */
enum wasi_errno stream_find(struct wasi *wasi, uint32_t descriptor, uint64_t rights, struct wasi_stream **out) MUST_CHECK;

#endif
