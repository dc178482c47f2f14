/* Outlets. A descriptor that is shared with other processes must not be made non-blocking, so each write is of no more than a pipe takes when poll
   says that it takes something. */
#include "platform/linux/system/outlet.h"

#include "base/assert.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct item {
    struct list link;
    uint64_t id;
    uint32_t size, done;
    uint32_t first; /* bytes that were written before it was kept */
    uint8_t data[];
};

static bool is_writable(const struct outlet *outlet, int wait_ms) {
    struct pollfd descriptor = {.fd = outlet->descriptor, .events = POLLOUT};
    return poll(&descriptor, 1, wait_ms) == 1;
}

/* As much as goes without waiting; its size. */
static uint32_t write_some(struct outlet *outlet, const uint8_t *data, uint32_t size) {
    uint32_t done = 0;
    while (done < size && outlet->failure == 0 && (outlet->is_file || is_writable(outlet, 0))) {
        uint32_t piece = outlet->is_file || size - done < PIPE_BUF ? size - done : PIPE_BUF;
        ssize_t written = write(outlet->descriptor, data + done, piece);
        if (written >= 0) {
            done += (uint32_t)written;
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            outlet->failure = errno;
        }
    }
    return done;
}

static void item_free(struct outlet *outlet, struct item *item) {
    list_remove(&item->link);
    outlet->kept_bytes -= item->size;
    budget_release(outlet->budget, item, sizeof *item + item->size);
}

static void outlet_ready(void *context) {
    struct outlet *outlet = context;
    while (!list_is_empty(&outlet->items)) {
        struct item *item = LIST_ENTRY(outlet->items.next, struct item, link);
        item->done += write_some(outlet, item->data + item->done, item->size - item->done);
        if (item->done < item->size && outlet->failure == 0) {
            return;
        }
        uint64_t id = item->id;
        uint32_t count = item->first + item->done;
        item_free(outlet, item);
        if (id != 0 && outlet->written != NULL) {
            outlet->written(outlet->context, id, count);
        }
    }
    linux_machine_unwatch(outlet->machine, outlet->descriptor);
    outlet->is_watched = false;
}

void outlet_begin(struct outlet *outlet, struct linux_machine *machine, struct budget *budget, int descriptor) {
    struct stat status;
    *outlet = (struct outlet){.machine = machine, .budget = budget, .descriptor = descriptor};
    outlet->is_file = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
    list_init(&outlet->items);
}

static bool outlet_watch(struct outlet *outlet) {
    const struct machine_event event = {.descriptor = outlet->descriptor, .is_output = true, .ready = outlet_ready, .context = outlet};
    outlet->is_watched = outlet->is_watched || linux_machine_watch(outlet->machine, &event);
    return outlet->is_watched;
}

/* What was not written of it. */
static bool outlet_keep(struct outlet *outlet, struct bytes bytes, uint64_t id, uint32_t first) {
    uint32_t size = (uint32_t)bytes.size - first;
    struct item *item = budget_allocate(outlet->budget, sizeof *item + size);
    if (item == NULL) {
        return false;
    }
    if (!outlet_watch(outlet)) {
        budget_release(outlet->budget, item, sizeof *item + size);
        return false;
    }
    *item = (struct item){.id = id, .size = size, .first = first};
    memcpy(item->data, bytes.data + first, size);
    list_push_back(&outlet->items, &item->link);
    outlet->kept_bytes += size;
    return true;
}

enum outlet_result outlet_write(struct outlet *outlet, struct bytes bytes, uint64_t id, uint32_t *count) {
    ASSERT(bytes.size <= UINT32_MAX);
    *count = list_is_empty(&outlet->items) ? write_some(outlet, bytes.data, (uint32_t)bytes.size) : 0;
    if (*count == bytes.size || outlet->failure != 0) {
        return OUTLET_WRITTEN;
    }
    return outlet_keep(outlet, bytes, id, *count) ? OUTLET_KEPT : OUTLET_FULL;
}

void outlet_end(struct outlet *outlet, bool gives_up) {
    LIST_EACH(link, &outlet->items) {
        struct item *item = LIST_ENTRY(link, struct item, link);
        while (!gives_up && item->done < item->size && outlet->failure == 0) {
            (void)is_writable(outlet, -1);
            item->done += write_some(outlet, item->data + item->done, item->size - item->done);
        }
        item_free(outlet, item);
    }
    if (outlet->is_watched) {
        linux_machine_unwatch(outlet->machine, outlet->descriptor);
    }
}
