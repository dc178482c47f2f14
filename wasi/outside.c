/* What a process reaches through messages: how one is sent and waited for, clocks and random numbers. */
#include "wasi/outside.h"

#include "base/assert.h"
#include "interfaces/clock.h"
#include "interfaces/random.h"

#define RANDOM_PIECE_MAX 4096u
#define WRITE_PIECE_MAX  (1u << 20)

/* ---- Messages ---- */

enum wasi_errno outside_errno(int32_t error) {
    switch (-error) {
    case 0: return WASI_SUCCESS;
    case WIRE_NO_GRANT:
    case WIRE_REVOKED: return WASI_NOTCAPABLE;
    case WIRE_REFUSED: return WASI_PERM;
    case WIRE_NO_MEMORY: return WASI_NOMEM;
    case WIRE_CANCELLED: return WASI_INTR;
    case WIRE_LIMIT: return WASI_AGAIN;
    case WIRE_UNSUPPORTED: return WASI_NOTSUP;
    case WIRE_TOO_LARGE: return WASI_2BIG;
    default: return WASI_IO;
    }
}

static void call_answered(struct guest_request *request, int32_t error, const uint64_t words[4], struct bytes block) {
    struct outside_call *call = LIST_ENTRY(request, struct outside_call, request);
    call->content = (struct wire_content){.block = call->to, .block_size = (uint32_t)block.size};
    memcpy(call->content.words, words, sizeof call->content.words);
    call->code = outside_errno(error);
    if (block.size > call->room) {
        call->code = call->code == WASI_SUCCESS ? WASI_IO : call->code; /* more than was asked for */
    } else if (block.size != 0) {
        memcpy(call->to, block.data, block.size);
    }
}

void outside_send(struct outside *outside, const uint8_t *interface, uint32_t operation, struct outside_call *call) {
    struct ask_message message = {.operation = operation, .block = {call->content.block, call->content.block_size}};
    memcpy(message.words, call->content.words, sizeof message.words);
    call->request.answered = call_answered;
    int32_t error = guest_send(outside->app, interface, &message, &call->request);
    if (error != 0) {
        call->code = outside_errno(error);
    }
}

enum wasi_errno outside_call(struct outside *outside, const uint8_t *interface, uint32_t operation, struct outside_call *call) {
    struct guest_request *const requests[] = {&call->request};
    outside_send(outside, interface, operation, call);
    if (!guest_wait(outside->app, requests, 1)) {
        guest_cancel(outside->app, &call->request);
        return WASI_INTR;
    }
    return call->code;
}

/* ---- Clocks ---- */

static const uint8_t clock_hash[] = CLOCK_HASH;

static enum wasi_errno clock_moment_get(struct outside *outside, uint32_t operation, struct clock_moment *out) {
    struct outside_call call = {.room = 0};
    enum wasi_errno code = outside_call(outside, clock_hash, operation, &call);
    if (code == WASI_SUCCESS && !clock_now_result_decode(&call.content, out)) {
        code = WASI_IO;
    }
    return code;
}

static enum wasi_errno clock_resolution(void *context, enum wasi_clock clock, uint64_t *resolution_ns) {
    struct clock_moment resolution;
    enum wasi_errno code = clock_moment_get(context, CLOCK_OPERATION_RESOLUTION, &resolution);
    if (code == WASI_SUCCESS) {
        *resolution_ns = clock == WASI_CLOCK_REALTIME ? resolution.wall_ns : resolution.monotonic_ns;
    }
    return code;
}

static enum wasi_errno clock_time(void *context, enum wasi_clock clock, uint64_t *time_ns) {
    struct outside *outside = context;
    struct clock_moment now;
    enum wasi_errno code = clock_moment_get(outside, CLOCK_OPERATION_NOW, &now);
    if (code != WASI_SUCCESS) {
        return code;
    }
    *time_ns = clock == WASI_CLOCK_REALTIME ? now.wall_ns : now.monotonic_ns;
    if (clock == WASI_CLOCK_PROCESS_CPUTIME || clock == WASI_CLOCK_THREAD_CPUTIME) {
        outside->started_ns = outside->started_ns == 0 ? now.monotonic_ns : outside->started_ns;
        *time_ns = now.monotonic_ns - outside->started_ns;
    }
    return WASI_SUCCESS;
}

/* ---- Random numbers ---- */

static enum wasi_errno random_piece(struct outside *outside, uint8_t *out, uint32_t size) {
    static const uint8_t random_hash[] = RANDOM_HASH;
    struct outside_call call = {.to = out, .room = size};
    struct wire_bytes bytes;
    int32_t error = random_bytes_arguments_encode(&(struct random_bytes_arguments){size}, wire_memory_of(NULL, 0), &call.content);
    ASSERT(error == 0);
    enum wasi_errno code = outside_call(outside, random_hash, RANDOM_OPERATION_BYTES, &call);
    if (code == WASI_SUCCESS && (!random_bytes_result_decode(&call.content, &bytes) || bytes.data != out || bytes.size != size)) {
        code = WASI_IO;
    }
    return code;
}

static enum wasi_errno random_fill(void *context, uint8_t *out, size_t size) {
    enum wasi_errno code = WASI_SUCCESS;
    for (size_t done = 0; code == WASI_SUCCESS && done < size;) {
        uint32_t piece = size - done < RANDOM_PIECE_MAX ? (uint32_t)(size - done) : RANDOM_PIECE_MAX;
        code = random_piece(context, out + done, piece);
        done += piece;
    }
    return code;
}

/* ---- The whole ---- */

static void outside_yield(void *context) {
    const struct outside *outside = context;
    guest_yield(outside->app);
}

void outside_begin(struct outside *outside, struct app *app) {
    *outside = (struct outside){.app = app, .piece_max = WRITE_PIECE_MAX};
    outside->functions = (struct wasi_outside){
        .context = outside,
        .clock_resolution = clock_resolution,
        .clock_time = clock_time,
        .random = random_fill,
        .stream_read = outside_read,
        .stream_write = outside_write,
        .stream_status = outside_status,
        .stream_seek = outside_seek,
        .stream_set_flags = outside_set_flags,
        .stream_sync = outside_sync,
        .poll = outside_poll,
        .yield = outside_yield,
    };
}

void outside_end(struct outside *outside) {
    if (outside->is_looking) {
        guest_cancel(outside->app, &outside->look.request);
    }
}
