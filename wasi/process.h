/* One process, private to wasi/: what it was given, which of its streams are open, how it ended, and the ways in which
   handlers reach the memory of the program.

   A handler is one function of preview 1. It gets what it needs of the parameters as the program passed them, trusts none of
   them, and returns an errno. It checks every address that it will write to before it asks the outside for anything, so that
   nothing is lost when an address is bad. It allocates nothing. */
#ifndef WASI_PROCESS_H
#define WASI_PROCESS_H

#include "wasi/wasi.h"

enum {
#define WASI_CALL(name, parameters, results, handler) WASI_CALL_##name,
#include "wasi/calls.def"
#undef WASI_CALL
    WASI_CALL_COUNT
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

    struct wasm_function *functions[WASI_CALL_COUNT]; /* native, with this process for their context; NULL until something imports one */
};

/* ---- memory of the program: WASI_FAULT when the range is not wholly in it. Addresses need no alignment ---- */

enum wasi_errno guest_readable(const struct wasi *wasi, uint32_t address, uint64_t size, const uint8_t **out) MUST_CHECK;
enum wasi_errno guest_writable(const struct wasi *wasi, uint32_t address, uint64_t size, uint8_t **out) MUST_CHECK;

/* A list in memory of the program: not looked at yet. */
struct guest_list {
    uint32_t address, count;
};

/* ---- arguments.c ---- */

enum wasi_errno arguments_sizes_get(struct wasi *wasi, uint32_t count, uint32_t size) MUST_CHECK;
enum wasi_errno arguments_get(struct wasi *wasi, uint32_t pointers, uint32_t block) MUST_CHECK;
enum wasi_errno environment_sizes_get(struct wasi *wasi, uint32_t count, uint32_t size) MUST_CHECK;
enum wasi_errno environment_get(struct wasi *wasi, uint32_t pointers, uint32_t block) MUST_CHECK;

/* ---- clock.c, poll.c ---- */

enum wasi_errno clock_resolution_get(struct wasi *wasi, uint32_t clock, uint32_t address) MUST_CHECK;
enum wasi_errno clock_time_get(struct wasi *wasi, uint32_t clock, uint32_t address) MUST_CHECK;
enum wasi_errno poll_oneoff(struct wasi *wasi, uint32_t subscriptions, uint32_t events, uint32_t count, uint32_t address) MUST_CHECK;

/* ---- files.c ---- */

enum wasi_errno file_refuse(struct wasi *wasi, uint32_t descriptor) MUST_CHECK;
enum wasi_errno preopen_refuse(struct wasi *wasi, uint32_t descriptor) MUST_CHECK;
enum wasi_errno directory_refuse(struct wasi *wasi, uint32_t descriptor) MUST_CHECK;
enum wasi_errno directory_refuse_pair(struct wasi *wasi, uint32_t old_descriptor, uint32_t new_descriptor) MUST_CHECK;
enum wasi_errno socket_refuse(struct wasi *wasi, uint32_t descriptor) MUST_CHECK;

/* ---- process.c ---- */

enum wasi_errno process_exit(struct wasi *wasi, uint32_t exit_code) MUST_CHECK;
enum wasi_errno process_raise(struct wasi *wasi, uint32_t number) MUST_CHECK;
enum wasi_errno process_yield(struct wasi *wasi) MUST_CHECK;
enum wasi_errno random_get(struct wasi *wasi, uint32_t address, uint32_t size) MUST_CHECK;

/* ---- transfer.c ---- */

enum wasi_errno transfer_read(struct wasi *wasi, uint32_t descriptor, struct guest_list ranges, uint32_t address) MUST_CHECK;
enum wasi_errno transfer_write(struct wasi *wasi, uint32_t descriptor, struct guest_list ranges, uint32_t address) MUST_CHECK;
enum wasi_errno transfer_read_at(struct wasi *wasi, uint32_t descriptor, struct guest_list ranges, uint64_t position, uint32_t address) MUST_CHECK;
enum wasi_errno transfer_write_at(struct wasi *wasi, uint32_t descriptor, struct guest_list ranges, uint64_t position, uint32_t address) MUST_CHECK;

/* ---- streams.c ---- */

enum wasi_errno stream_close(struct wasi *wasi, uint32_t descriptor) MUST_CHECK;
enum wasi_errno stream_renumber(struct wasi *wasi, uint32_t from_descriptor, uint32_t to_descriptor) MUST_CHECK;
enum wasi_errno stream_rights_set(struct wasi *wasi, uint32_t descriptor, uint64_t rights, uint64_t inherited) MUST_CHECK;
enum wasi_errno stream_status_get(struct wasi *wasi, uint32_t descriptor, uint32_t address) MUST_CHECK;
enum wasi_errno stream_attributes_get(struct wasi *wasi, uint32_t descriptor, uint32_t address) MUST_CHECK;
enum wasi_errno stream_flags_set(struct wasi *wasi, uint32_t descriptor, uint32_t flags) MUST_CHECK;
enum wasi_errno stream_advise(struct wasi *wasi, uint32_t descriptor, uint32_t advice) MUST_CHECK;
enum wasi_errno stream_seek(struct wasi *wasi, uint32_t descriptor, uint64_t offset, uint32_t whence, uint32_t address) MUST_CHECK;
enum wasi_errno stream_tell(struct wasi *wasi, uint32_t descriptor, uint32_t address) MUST_CHECK;
enum wasi_errno stream_sync_all(struct wasi *wasi, uint32_t descriptor) MUST_CHECK;
enum wasi_errno stream_sync_data(struct wasi *wasi, uint32_t descriptor) MUST_CHECK;

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
