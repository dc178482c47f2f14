/* Calls every function of preview 1 with addresses, sizes and descriptors that lie, some of which happen to be good. Each
   call must come back with one of the 77 numbers, and must leave alone what it was not given.

   SEED repeats a run; the seed is printed first. Standard input should be endless, standard output thrown away; the
   report goes to standard error, which is not passed to any call. Memory that calls may write to is one arena, and the
   unused end of memory. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMPORT(name, parameters) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name))) int32_t name##_import parameters

typedef int32_t i;
typedef int64_t I;

IMPORT(args_get, (i, i));
IMPORT(args_sizes_get, (i, i));
IMPORT(clock_res_get, (i, i));
IMPORT(clock_time_get, (i, I, i));
IMPORT(environ_get, (i, i));
IMPORT(environ_sizes_get, (i, i));
IMPORT(fd_advise, (i, I, I, i));
IMPORT(fd_allocate, (i, I, I));
IMPORT(fd_close, (i));
IMPORT(fd_datasync, (i));
IMPORT(fd_fdstat_get, (i, i));
IMPORT(fd_fdstat_set_flags, (i, i));
IMPORT(fd_fdstat_set_rights, (i, I, I));
IMPORT(fd_filestat_get, (i, i));
IMPORT(fd_filestat_set_size, (i, I));
IMPORT(fd_filestat_set_times, (i, I, I, i));
IMPORT(fd_pread, (i, i, i, I, i));
IMPORT(fd_prestat_dir_name, (i, i, i));
IMPORT(fd_prestat_get, (i, i));
IMPORT(fd_pwrite, (i, i, i, I, i));
IMPORT(fd_read, (i, i, i, i));
IMPORT(fd_readdir, (i, i, i, I, i));
IMPORT(fd_renumber, (i, i));
IMPORT(fd_seek, (i, I, i, i));
IMPORT(fd_sync, (i));
IMPORT(fd_tell, (i, i));
IMPORT(fd_write, (i, i, i, i));
IMPORT(path_create_directory, (i, i, i));
IMPORT(path_filestat_get, (i, i, i, i, i));
IMPORT(path_filestat_set_times, (i, i, i, i, I, I, i));
IMPORT(path_link, (i, i, i, i, i, i, i));
IMPORT(path_open, (i, i, i, i, i, I, I, i, i));
IMPORT(path_readlink, (i, i, i, i, i, i));
IMPORT(path_remove_directory, (i, i, i));
IMPORT(path_rename, (i, i, i, i, i, i));
IMPORT(path_symlink, (i, i, i, i, i));
IMPORT(path_unlink_file, (i, i, i));
IMPORT(poll_oneoff, (i, i, i, i));
IMPORT(proc_raise, (i));
IMPORT(random_get, (i, i));
IMPORT(sched_yield, (void));
IMPORT(sock_accept, (i, i, i));
IMPORT(sock_recv, (i, i, i, i, i, i));
IMPORT(sock_send, (i, i, i, i, i));
IMPORT(sock_shutdown, (i, i));

#define CALL_COUNT      45 /* all but proc_exit */
#define ITERATION_COUNT 400000
#define ARENA_SIZE      (1u << 20)

static uint8_t guard_before[4096], arena[ARENA_SIZE], guard_after[4096];
static uint64_t state;
static uint32_t memory_size;
static uint32_t failures;

/* ---- Choices ---- */

static uint64_t random_next(void) {
    state += 0x9E3779B97F4A7C15;
    uint64_t value = (state ^ state >> 30) * 0xBF58476D1CE4E5B9;
    value = (value ^ value >> 27) * 0x94D049BB133111EB;
    return value ^ value >> 31;
}

static uint32_t below(uint32_t limit) {
    return (uint32_t)(random_next() % limit);
}

/* Such that whatever of at most half an arena is written there hits nothing of ours. */
static i address(void) {
    switch (below(8)) {
    case 0: return (i)(memory_size - below(65));
    case 1: return (i)(memory_size + below(65));
    case 2: return (i)(0u - 1 - below(65));
    case 3: return (i)(memory_size + below(0u - memory_size));
    default: return (i)((uint32_t)(uintptr_t)arena + below(ARENA_SIZE / 2));
    }
}

/* Below half an arena, or so large that no range of it is in memory. */
static i size(void) {
    switch (below(8)) {
    case 0: return 0;
    case 1: return (i)(0u - 1 - below(65));
    case 2: return (i)(memory_size + below(0u - memory_size));
    case 3: return (i)below(ARENA_SIZE / 2);
    default: return (i)below(300);
    }
}

/* Entries of a list, or so many that no list of them is in memory. */
static i count(void) {
    switch (below(8)) {
    case 0: return (i)(0u - 1 - below(65));
    case 1: return (i)(1u << (28 + below(4)));
    default: return (i)below(12);
    }
}

static i descriptor(void) {
    switch (below(4)) {
    case 0: return (i)below(2);
    case 1: return 3 + (i)below(4);
    case 2: return (i)(random_next() | 4);
    default: return (i)below(2);
    }
}

static I wide(void) {
    return (I)(below(2) == 0 ? random_next() : below(100));
}

static i flags(void) {
    return (i)(below(2) == 0 ? random_next() : below(8));
}

/* A list of up to 12 ranges that lie in the way of address() and size(). */
static i list(void) {
    uint32_t *entries = (uint32_t *)(void *)(arena + ARENA_SIZE - 4096 + below(16) * 4);
    for (int k = 0; k < 12; k++) {
        entries[2 * k] = (uint32_t)address();
        entries[2 * k + 1] = (uint32_t)size();
    }
    /* Or a list that is not in memory, not even one entry of it; what lies elsewhere could read like a list that names
       our own variables. */
    switch (below(16)) {
    case 0: return (i)(memory_size - below(8));
    case 1: return (i)(memory_size + below(0u - memory_size));
    default: return (i)(uintptr_t)entries;
    }
}

/* Subscriptions of which the first is over at once. What follows may be anything, and wait as long as it likes. */
static i subscriptions(void) {
    uint8_t *at = arena + ARENA_SIZE - 4096 + below(64);
    for (int k = 0; k < 12 * 48; k++) {
        at[k] = (uint8_t)random_next();
    }
    for (int k = 0; k < 12; k++) {
        at[48 * k + 8] = (uint8_t)below(below(16) == 0 ? 256 : 3);
        if (below(2) == 0) {
            memset(at + 48 * k + 16, 0, 4);
            at[48 * k + 16] = (uint8_t)below(4);
        }
    }
    memset(at, 0, 48);
    return (i)(uintptr_t)at;
}

/* ---- Calls ---- */

static i call_path(uint32_t which) {
    switch (which) {
    case 0: return path_create_directory_import(descriptor(), address(), size());
    case 1: return path_filestat_get_import(descriptor(), flags(), address(), size(), address());
    case 2: return path_filestat_set_times_import(descriptor(), flags(), address(), size(), wide(), wide(), flags());
    case 3: return path_link_import(descriptor(), flags(), address(), size(), descriptor(), address(), size());
    case 4: return path_open_import(descriptor(), flags(), address(), size(), flags(), wide(), wide(), flags(), address());
    case 5: return path_readlink_import(descriptor(), address(), size(), address(), size(), address());
    case 6: return path_remove_directory_import(descriptor(), address(), size());
    case 7: return path_rename_import(descriptor(), address(), size(), descriptor(), address(), size());
    case 8: return path_symlink_import(address(), size(), descriptor(), address(), size());
    default: return path_unlink_file_import(descriptor(), address(), size());
    }
}

static i call_other(uint32_t which) {
    switch (which) {
    case 0: return args_get_import(address(), address());
    case 1: return args_sizes_get_import(address(), address());
    case 2: return clock_res_get_import(flags(), address());
    case 3: return clock_time_get_import(flags(), wide(), address());
    case 4: return environ_get_import(address(), address());
    case 5: return environ_sizes_get_import(address(), address());
    case 6: return poll_oneoff_import(subscriptions(), address(), count(), address());
    case 7: return poll_oneoff_import((i)(memory_size - below(65)), address(), 2 + (i)below(0xFFFFFFF0), address());
    case 8: return random_get_import(address(), size());
    case 9: return sched_yield_import();
    case 10: return sock_accept_import(descriptor(), flags(), address());
    case 11: return sock_recv_import(descriptor(), list(), count(), flags(), address(), address());
    case 12: return sock_send_import(descriptor(), list(), count(), flags(), address());
    case 13: return sock_shutdown_import(descriptor(), flags());
    default: return proc_raise_import(below(2) == 0 ? 16 : 31 + (i)below(1000));
    }
}

static i call_descriptor(uint32_t which) {
    switch (which) {
    case 0: return fd_advise_import(descriptor(), wide(), wide(), flags());
    case 1: return fd_allocate_import(descriptor(), wide(), wide());
    case 2: return fd_close_import(descriptor() | 4);
    case 3: return fd_datasync_import(descriptor());
    case 4: return fd_fdstat_get_import(descriptor(), address());
    case 5: return fd_fdstat_set_flags_import(descriptor(), flags() & ~4);
    case 6: return fd_fdstat_set_rights_import(descriptor(), -1, wide());
    case 7: return fd_filestat_get_import(descriptor(), address());
    case 8: return fd_filestat_set_size_import(descriptor(), wide());
    case 9: return fd_filestat_set_times_import(descriptor(), wide(), wide(), flags());
    case 10: return fd_pread_import(descriptor(), list(), count(), wide(), address());
    case 11: return fd_prestat_dir_name_import(descriptor(), address(), size());
    case 12: return fd_prestat_get_import(descriptor(), address());
    case 13: return fd_pwrite_import(descriptor(), list(), count(), wide(), address());
    case 14: return fd_read_import(descriptor(), list(), count(), address());
    case 15: return fd_readdir_import(descriptor(), address(), size(), wide(), address());
    case 16: return fd_renumber_import(descriptor(), descriptor() | 4);
    case 17: return fd_seek_import(descriptor(), wide(), flags(), address());
    case 18: return fd_sync_import(descriptor());
    case 19: return fd_tell_import(descriptor(), address());
    default: return fd_write_import(descriptor(), list(), count(), address());
    }
}

static i call_any(uint32_t which) {
    return which < 10 ? call_path(which) : which < 25 ? call_other(which - 10) : call_descriptor(which - 25);
}

/* ---- The run ---- */

static int is_filled(const uint8_t *bytes, size_t length, uint8_t value) {
    for (size_t k = 0; k < length; k++) {
        if (bytes[k] != value) {
            return 0;
        }
    }
    return 1;
}

static void iterate(uint32_t iteration, uint32_t successes[]) {
    uint32_t which = iteration % (CALL_COUNT + 1);
    i code = call_any(which);
    successes[which] += code == 0;
    if (code < 0 || code > 76) {
        fprintf(stderr, "iteration %u, call %u: %d\n", iteration, which, code);
        failures++;
    }
}

int main(void) {
    static uint32_t successes[CALL_COUNT + 1];
    const char *seed = getenv("SEED");
    if (seed != NULL) {
        state = strtoull(seed, NULL, 0);
    } else if (random_get_import((i)(uintptr_t)&state, sizeof(state)) != 0) {
        return 3;
    }
    fprintf(stderr, "SEED=%llu\n", (unsigned long long)state);
    memory_size = __builtin_wasm_memory_size(0) * 65536;
    memset(guard_before, 0x5A, sizeof(guard_before));
    memset(guard_after, 0x5A, sizeof(guard_after));
    for (uint32_t iteration = 0; iteration < ITERATION_COUNT && failures < 10; iteration++) {
        iterate(iteration, successes);
    }
    if (!is_filled(guard_before, sizeof(guard_before), 0x5A) || !is_filled(guard_after, sizeof(guard_after), 0x5A)) {
        fprintf(stderr, "bytes changed that no call was given\n");
        failures++;
    }
    uint32_t sum = 0;
    for (int k = 0; k <= CALL_COUNT; k++) {
        sum += successes[k];
    }
    fprintf(stderr, "%u calls, %u of them succeeded, %u failures\n", ITERATION_COUNT, sum, failures);
    return failures == 0 && sum > ITERATION_COUNT / 20 ? 0 : 1;
}
