/* Waiting: for a look at the input, and for a moment. Output is always ready: who writes waits while the other end is slow. */
#include "wasi/outside.h"

#include "base/assert.h"
#include "interfaces/clock.h"

static void entry_report(const struct outside *outside, struct wasi_poll *entry) {
    const struct outside_read *look = &outside->look;
    entry->ready = entry->for_write || look->request.is_over;
    entry->hangup = !entry->for_write && entry->ready && look->code == WASI_SUCCESS && look->size == 0;
    entry->error = (uint16_t)(!entry->for_write && entry->ready ? look->code : WASI_SUCCESS);
    entry->available = entry->ready && !entry->hangup && entry->error == WASI_SUCCESS ? 1 : 0;
}

static bool is_any_ready(const struct wasi_poll *entries, size_t count) {
    for (size_t index = 0; index < count; index++) {
        if (entries[index].ready) {
            return true;
        }
    }
    return false;
}

/* Until the look has something, when there is one, or this moment comes. */
static enum wasi_errno moment_wait(struct outside *outside, bool has_look, uint64_t until_ns) {
    static const uint8_t clock_hash[] = CLOCK_HASH;
    struct outside_call call = {.room = 0, .request = {.is_over = true}};
    struct guest_request *requests[] = {&outside->look.request, &call.request};
    bool has_moment = until_ns != UINT64_MAX;
    if (has_moment) {
        int32_t error = clock_wait_until_arguments_encode(&(struct clock_wait_until_arguments){until_ns}, wire_memory_of(NULL, 0), &call.content);
        ASSERT(error == 0);
        outside_send(outside, clock_hash, CLOCK_OPERATION_WAIT_UNTIL, &call);
    }
    bool goes_on = guest_wait(outside->app, has_look ? requests : requests + 1, (uint32_t)has_look + (uint32_t)has_moment);
    bool is_late = call.request.is_over;
    guest_cancel(outside->app, &call.request);
    return !goes_on ? WASI_INTR : has_moment && is_late ? call.code : WASI_SUCCESS;
}

enum wasi_errno outside_poll(void *context, struct wasi_poll *entries, size_t count, uint64_t deadline_ns) {
    struct outside *outside = context;
    bool has_look = false;
    for (size_t index = 0; index < count; index++) {
        if (entries[index].stream == 0 && !entries[index].for_write) {
            outside_look(outside);
            has_look = true;
        }
        entry_report(outside, &entries[index]);
    }
    enum wasi_errno code = WASI_SUCCESS;
    if (!is_any_ready(entries, count) && deadline_ns != 0) {
        code = moment_wait(outside, has_look, deadline_ns);
    }
    for (size_t index = 0; index < count; index++) {
        entry_report(outside, &entries[index]);
    }
    return code;
}
