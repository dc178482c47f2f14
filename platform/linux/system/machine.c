/* The machine on Linux. All pages that are shared with apps are in one sparse memfd, which the kernel sees as a whole and apps through windows: a
   page costs no descriptor and no mapping of the kernel's. What is given back is punched out of the file, so that it is zero when it is taken again.
 */
#include "platform/linux/system/machine.h"

#include "base/assert.h"
#include "platform/cpu/x86_64/cycles.h"
#include "platform/linux/host.h"
#include "platform/linux/message.h"
#include "platform/linux/system/stack_switch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

/* Of each class of runs there may be as much free as was ever in use, in runs of up to twice what was asked for. */
#define POOL_FACTOR      64u
#define POOL_BYTES_LEAST (1ull << 26) /* where addresses are rationed */
#define CLOCK_AGE_US     10u          /* the oldest that the time may be while apps run */
/* Free runs that keep their memory, zeroed: what apps take whenever they start. */
#define RESIDENT_PAGES_MAX 16u
#define RESIDENT_BYTES_MAX (16u << 20)
#define SLOT_BYTES_LEAST   ((size_t)1 << 32)

/* ---- Pages ---- */

/* What stands in a free run: the rest of it is zero. */
struct free_run {
    uint64_t next;           /* offset + 1 */
    uint64_t resident_bytes; /* that it keeps */
};

static struct free_run *run_at(const struct linux_machine *machine, uint64_t offset) {
    return (struct free_run *)(void *)(machine->pool_base + offset);
}

/* A run serves whoever takes no more than the power of two that it was made for: so however sizes change, all that is free of a class serves the next
   of that class, and addresses, which are all that is wasted, last. */
static uint32_t class_of(uint64_t pages) {
    return pages <= 1 ? 0 : 64 - (uint32_t)__builtin_clzll(pages - 1);
}

static enum error pages_take(void *context, size_t size, struct machine_pages *out) {
    struct linux_machine *machine = context;
    uint32_t class = class_of(size / machine->host.page_size);
    uint64_t offset, run_bytes = (uint64_t)machine->host.page_size << class;
    if (machine->free_runs[class] != 0) {
        offset = machine->free_runs[class] - 1;
        struct free_run *run = run_at(machine, offset);
        machine->free_runs[class] = run->next;
        machine->resident_bytes -= run->resident_bytes;
        *run = (struct free_run){0};
    } else if (run_bytes <= machine->pool_bytes - machine->pool_next) {
        offset = machine->pool_next;
        machine->pool_next += run_bytes;
    } else {
        return ERROR_NO_MEMORY;
    }
    *out = (struct machine_pages){.address = machine->pool_base + offset, .object = (uint64_t)machine->pool, .offset = offset, .size = size};
    return ERROR_NONE;
}

static void pages_give(void *context, const struct machine_pages *given) {
    struct linux_machine *machine = context;
    uint64_t pages = given->size / machine->host.page_size;
    uint32_t class = class_of(pages);
    uint64_t run_bytes = (uint64_t)machine->host.page_size << class;
    bool is_resident = pages <= RESIDENT_PAGES_MAX && machine->resident_bytes + run_bytes <= RESIDENT_BYTES_MAX;
    if (is_resident) {
        memset(given->address, 0, given->size);
        machine->resident_bytes += run_bytes;
    } else {
        ASSERT(fallocate(machine->pool, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)given->offset, (off_t)run_bytes) == 0);
    }
    *run_at(machine, given->offset) = (struct free_run){.next = machine->free_runs[class], .resident_bytes = is_resident ? run_bytes : 0};
    machine->free_runs[class] = given->offset + 1;
}

/* ---- Reservations ---- */

/* The reservation of a linear memory that has ended serves for the next one: making it empty takes less time than giving it back and finding another,
   and its tables of pages stay. */
static enum error slot_reserve(void *context, size_t size, void **address) {
    struct linux_machine *machine = context;
    if (size == machine->slot_bytes && machine->slot_count > 0) {
        *address = machine->slots[--machine->slot_count];
        return ERROR_NONE;
    }
    *address = cells_reserve(&machine->cells, size);
    return *address != NULL ? ERROR_NONE : machine->plain.reserve(context, size, address);
}

static bool slot_is_kept(struct linux_machine *machine, size_t size) {
    if (size >= SLOT_BYTES_LEAST && machine->slot_count == 0) {
        machine->slot_bytes = size;
    }
    return size >= SLOT_BYTES_LEAST && size == machine->slot_bytes && machine->slot_count < MACHINE_SLOTS_MAX;
}

static void slot_unreserve(void *context, void *address, size_t size) {
    struct linux_machine *machine = context;
    if (slot_is_kept(machine, size)) {
        machine->plain.decommit(context, address, size);
        machine->slots[machine->slot_count++] = address;
        return;
    }
    stack_forget(address, size < SLOT_BYTES_LEAST ? size : 0);
    if (cells_have(&machine->cells, address)) {
        cells_unreserve(&machine->cells, address, size);
    } else {
        machine->plain.unreserve(context, address, size);
    }
}

static void slot_unreserve_empty(void *context, void *address, size_t size) {
    struct linux_machine *machine = context;
    if (slot_is_kept(machine, size)) {
        machine->slots[machine->slot_count++] = address;
    } else {
        slot_unreserve(context, address, size);
    }
}

static enum error cell_commit(void *context, void *address, size_t size) {
    struct linux_machine *machine = context;
    bool is_cell = cells_have(&machine->cells, address);
    return is_cell ? cells_commit(&machine->cells, address, size) : machine->plain.commit(context, address, size);
}

static void cell_change(struct linux_machine *machine, const void *address) {
    if (cells_have(&machine->cells, address)) {
        cells_change(&machine->cells, address);
    }
}

static void cell_decommit(void *context, void *address, size_t size) {
    struct linux_machine *machine = context;
    cell_change(machine, address);
    machine->plain.decommit(context, address, size);
}

static enum error cell_seal_code(void *context, void *address, size_t size) {
    struct linux_machine *machine = context;
    cell_change(machine, address);
    return machine->plain.seal_code(context, address, size);
}

static enum error cell_map_code(void *context, void *address, size_t size, uint64_t object, uint64_t offset) {
    struct linux_machine *machine = context;
    cell_change(machine, address);
    return machine->plain.map_code(context, address, size, object, offset);
}

static enum error cell_map_copy(void *context, void *address, size_t size, uint64_t object, uint64_t offset) {
    struct linux_machine *machine = context;
    cell_change(machine, address);
    return machine->plain.map_copy(context, address, size, object, offset);
}

/* ---- Time ---- */

static uint64_t clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Asking Linux costs as much as a turn does: the processor's counter tells when it is worth it. Where that counter jumps or stands still, the
   clock is read sooner, or at the latest after the next sleep. */
static uint64_t monotonic_ns(void *context) {
    struct linux_machine *machine = context;
    uint64_t cycles = cpu_cycles(), passed = cycles - machine->read_at_cycles;
    if (passed < machine->period_cycles) {
        return machine->monotonic_ns;
    }
    uint64_t now_ns = clock_ns(CLOCK_MONOTONIC), passed_us = (now_ns - machine->monotonic_ns) / 1000;
    if (passed_us != 0) {
        machine->period_cycles = passed / passed_us * CLOCK_AGE_US;
    }
    machine->read_at_cycles = cycles;
    machine->monotonic_ns = now_ns;
    return now_ns;
}

static uint64_t wall_ns(void *context) {
    (void)context;
    return clock_ns(CLOCK_REALTIME);
}

static void random_fill(void *context, uint8_t *out, size_t size) {
    (void)context;
    while (size > 0) {
        ssize_t done = getrandom(out, size, 0);
        if (done < 0) {
            ASSERT(errno == EINTR);
            continue;
        }
        out += done;
        size -= (size_t)done;
    }
}

/* ---- Sleeping ---- */

/* poll takes milliseconds: the last part of a wait is as exact as ppoll is. */
static void poll_until(struct pollfd *descriptors, uint32_t count, uint64_t until_ns) {
    struct timespec wait = {0};
    uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
    if (until_ns > now_ns && until_ns != UINT64_MAX) {
        wait.tv_sec = (time_t)((until_ns - now_ns) / 1000000000u);
        wait.tv_nsec = (long)((until_ns - now_ns) % 1000000000u);
    }
    if (ppoll(descriptors, count, until_ns == UINT64_MAX ? NULL : &wait, NULL) < 0) {
        ASSERT(errno == EINTR || errno == ENOMEM);
        for (uint32_t index = 0; index < count; index++) {
            descriptors[index].revents = 0;
        }
    }
}

static bool machine_sleep(void *context, uint64_t until_ns) {
    struct linux_machine *machine = context;
    if (until_ns == UINT64_MAX && machine->event_count == 0) {
        return false;
    }
    struct machine_event events[MACHINE_EVENTS_MAX];
    struct pollfd descriptors[MACHINE_EVENTS_MAX + 1] = {{.fd = machine->wake, .events = POLLIN}};
    uint32_t count = machine->event_count;
    for (uint32_t index = 0; index < count; index++) {
        events[index] = machine->events[index];
        descriptors[index + 1] = (struct pollfd){.fd = events[index].descriptor, .events = events[index].is_output ? POLLOUT : POLLIN};
    }
    poll_until(descriptors, count + 1, until_ns);
    machine->period_cycles = 0;
    uint64_t wakes;
    if (descriptors[0].revents != 0 && read(machine->wake, &wakes, sizeof wakes) < 0) {
        ASSERT(errno == EAGAIN || errno == EINTR);
    }
    for (uint32_t index = 0; index < count; index++) {
        if (descriptors[index + 1].revents != 0) {
            events[index].ready(events[index].context);
        }
    }
    return true;
}

static void machine_wake(void *context) {
    const struct linux_machine *machine = context;
    const uint64_t one = 1;
    ssize_t written = write(machine->wake, &one, sizeof one);
    (void)written; /* EAGAIN: it is awake for long */
}

static void machine_log(void *context, const char *text, size_t length) {
    (void)context;
    message("%.*s", (int)length, text);
}

bool linux_machine_watch(struct linux_machine *machine, const struct machine_event *event) {
    if (machine->event_count == MACHINE_EVENTS_MAX) {
        return false;
    }
    machine->events[machine->event_count++] = *event;
    return true;
}

void linux_machine_unwatch(struct linux_machine *machine, int descriptor) {
    for (uint32_t index = 0; index < machine->event_count; index++) {
        if (machine->events[index].descriptor == descriptor) {
            machine->events[index] = machine->events[--machine->event_count];
            return;
        }
    }
}

/* ---- The whole ---- */

static enum error pool_create(struct linux_machine *machine, struct report *report) {
    machine->pool = memfd_create("argos", MFD_CLOEXEC);
    machine->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    void *base = MAP_FAILED;
    uint64_t bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * machine->host.page_size * POOL_FACTOR;
    if (machine->pool < 0 || machine->wake < 0) {
        return report_fail(report, ERROR_HOST, REPORT_NO_OFFSET, "the host gives no memory that can be shared with apps");
    }
    for (; base == MAP_FAILED && bytes >= POOL_BYTES_LEAST; bytes /= 2) {
        machine->pool_bytes = bytes - bytes % POOL_BYTES_LEAST;
        base = mmap(NULL, machine->pool_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, machine->pool, 0);
    }
    if (base == MAP_FAILED || ftruncate(machine->pool, (off_t)machine->pool_bytes) != 0) {
        return report_fail(report, ERROR_NO_MEMORY, REPORT_NO_OFFSET, "the host has no room for the memory that is shared with apps");
    }
    machine->pool_base = base;
    return ERROR_NONE;
}

enum error linux_machine_create(struct linux_machine *machine, struct report *report) {
    *machine = (struct linux_machine){.pool = -1, .wake = -1};
    enum error error = host_create(&machine->plain);
    if (error != ERROR_NONE) {
        return report_fail(report, error, REPORT_NO_OFFSET, "the host does not tell how large its pages are");
    }
    cells_begin(&machine->cells, &machine->plain);
    machine->host = machine->plain;
    machine->host.context = machine;
    machine->host.reserve = slot_reserve;
    machine->host.unreserve = slot_unreserve;
    machine->host.unreserve_empty = slot_unreserve_empty;
    machine->host.commit = cell_commit;
    machine->host.decommit = cell_decommit;
    machine->host.seal_code = cell_seal_code;
    machine->host.map_code = cell_map_code;
    machine->host.map_copy = cell_map_copy;
    error = pool_create(machine, report);
    if (error != ERROR_NONE) {
        linux_machine_destroy(machine);
        return error;
    }
    machine->machine = (struct machine){
        .context = machine,
        .host = &machine->host,
        .pages_take = pages_take,
        .pages_give = pages_give,
        .stack_prepare = stack_prepare,
        .stack_switch = stack_switch,
        .monotonic_ns = monotonic_ns,
        .wall_ns = wall_ns,
        .random = random_fill,
        .sleep = machine_sleep,
        .wake = machine_wake,
        .log = machine_log,
    };
    return ERROR_NONE;
}

void linux_machine_destroy(struct linux_machine *machine) {
    while (machine->slot_count > 0) {
        machine->plain.unreserve(machine, machine->slots[--machine->slot_count], machine->slot_bytes);
    }
    if (machine->pool_base != NULL) {
        munmap(machine->pool_base, machine->pool_bytes);
    }
    if (machine->pool >= 0) {
        close(machine->pool);
    }
    if (machine->wake >= 0) {
        close(machine->wake);
    }
    if (machine->cells.host != NULL) {
        cells_end(&machine->cells);
    }
    *machine = (struct linux_machine){.pool = -1, .wake = -1};
}
