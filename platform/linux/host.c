/* The engine's host on Linux. Stateless: what there is to know is in the process's mappings.

   A page of a reservation is in one of six states: reserved (PROT_NONE, anonymous), committed (readable and writable), a copy of a file's
   (readable and writable), sealed (readable and executable), a window onto a memfd, or code of a file (readable and executable). Committing
   never makes a page executable, sealing takes the right to write, and only decommit leads back, by a fresh mapping, so that what is committed
   again is zero. */
#include "platform/linux/host.h"

#include "base/assert.h"
#include "platform/linux/fault.h"

#include <errno.h>
#include <limits.h>
#include <sys/mman.h>
#include <unistd.h>

static enum error host_error(void) {
    return errno == ENOMEM || errno == EAGAIN ? ERROR_NO_MEMORY : ERROR_HOST;
}

/* Reservations of so many bytes are linear memories, of which a large part may come into use: there Linux is asked for huge pages, where a first
   access costs as much as some hundred of the others do, and serves 512. They are made of committed memory alone, so they take no more than
   was charged. */
#define HUGE_RESERVE_BYTES ((size_t)1 << 30)
#define HUGE_PAGE_BYTES    ((size_t)2 << 20)

/* Begins at a huge page, so that the first bytes have one, too. */
static void *reserve_huge(size_t size) {
    uint8_t *memory = mmap(NULL, size + HUGE_PAGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        return MAP_FAILED;
    }
    const size_t before = (size_t)(-(uintptr_t)memory % HUGE_PAGE_BYTES);
    ASSERT(before == 0 || munmap(memory, before) == 0);
    ASSERT(munmap(memory + before + size, HUGE_PAGE_BYTES - before) == 0);
    /* A Linux without huge pages refuses, and does without. */
    (void)madvise(memory + before, size, MADV_HUGEPAGE);
    return memory + before;
}

static enum error host_reserve(void *context, size_t size, void **address) {
    (void)context;
    void *memory = size >= HUGE_RESERVE_BYTES ? reserve_huge(size) : mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        return host_error();
    }
    *address = memory;
    return ERROR_NONE;
}

static void host_unreserve(void *context, void *address, size_t size) {
    (void)context;
    ASSERT(munmap(address, size) == 0);
}

static enum error host_commit(void *context, void *address, size_t size) {
    (void)context;
    if (size == 0) {
        return ERROR_NONE;
    }
    return mprotect(address, size, PROT_READ | PROT_WRITE) == 0 ? ERROR_NONE : host_error();
}

static void host_decommit(void *context, void *address, size_t size) {
    (void)context;
    if (size == 0) {
        return;
    }
    void *memory = mmap(address, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    ASSERT(memory == address);
}

static enum error host_map(void *context, void *address, size_t size, uint64_t object, uint64_t offset, enum wasm_access access) {
    (void)context;
    if (object > INT_MAX || offset > INT64_MAX || size == 0) {
        return ERROR_ARGUMENT;
    }
    int protection = access == WASM_ACCESS_READ_WRITE ? PROT_READ | PROT_WRITE : PROT_READ;
    void *memory = mmap(address, size, protection, MAP_SHARED | MAP_FIXED, (int)object, (off_t)offset);
    if (memory == MAP_FAILED) {
        return host_error();
    }
    return ERROR_NONE;
}

/* The mapping stays where it was, without its pages, until address space takes its place: at no time is there a hole that another thread could
   map into. */
static enum error host_move(void *context, void *from, void *to, size_t size) {
    if (mremap(from, size, size, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, to) != to) {
        return host_error();
    }
    host_decommit(context, from, size);
    return ERROR_NONE;
}

static enum error host_protect(void *context, void *address, size_t size, enum wasm_access access) {
    (void)context;
    return mprotect(address, size, access == WASM_ACCESS_READ_WRITE ? PROT_READ | PROT_WRITE : PROT_READ) == 0 ? ERROR_NONE : host_error();
}

static enum error host_seal_code(void *context, void *address, size_t size) {
    (void)context;
    if (mprotect(address, size, PROT_READ | PROT_EXEC) != 0) {
        return host_error();
    }
    /* Nothing on x86; elsewhere the instruction cache does not see stores by itself. */
    __builtin___clear_cache((char *)address, (char *)address + size);
    return ERROR_NONE;
}

static enum error host_map_code(void *context, void *address, size_t size, uint64_t object, uint64_t offset) {
    (void)context;
    if (object > INT_MAX || offset > INT64_MAX || size == 0) {
        return ERROR_ARGUMENT;
    }
    void *memory = mmap(address, size, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, (int)object, (off_t)offset);
    return memory == address ? ERROR_NONE : host_error();
}

/* The pages are the file's until the program writes to them. */
static enum error host_map_copy(void *context, void *address, size_t size, uint64_t object, uint64_t offset) {
    (void)context;
    if (object > INT_MAX || offset > INT64_MAX || size == 0) {
        return ERROR_ARGUMENT;
    }
    void *memory = mmap(address, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, (int)object, (off_t)offset);
    return memory == address ? ERROR_NONE : host_error();
}

static bool host_guard(void *context, void (*run)(void *argument), void *argument, struct wasm_fault *fault) {
    (void)context;
    return fault_guard(run, argument, fault);
}

static struct wasm_thread *host_thread(void *context) {
    (void)context;
    return fault_thread();
}

static void host_interrupt(void *context, uint64_t thread_id) {
    (void)context;
    fault_interrupt(thread_id);
}

enum error host_create(struct wasm_host *out) {
    long page_size = sysconf(_SC_PAGESIZE);
    if (page_size <= 0) {
        return ERROR_HOST;
    }
    fault_install();
    *out = (struct wasm_host){
        .page_size = (size_t)page_size,
        .reserve = host_reserve,
        .unreserve = host_unreserve,
        .commit = host_commit,
        .decommit = host_decommit,
        .map = host_map,
        .move = host_move,
        .protect = host_protect,
        .seal_code = host_seal_code,
        .map_code = host_map_code,
        .map_copy = host_map_copy,
        .guard = host_guard,
        .thread = host_thread,
        .interrupt = host_interrupt,
    };
    return ERROR_NONE;
}
