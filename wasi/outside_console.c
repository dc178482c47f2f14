/* Streams as messages of the interface console. */
#include "wasi/outside.h"

#include "base/assert.h"
#include "interfaces/console.h"

#define READ_MAX        65536u
#define WRITE_PIECE_MIN 64u /* who takes no more than that at once takes nothing */

static const uint8_t console_hash[] = CONSOLE_HASH;

/* A process without a console has no streams. */
static enum wasi_errno console_errno(enum wasi_errno code) {
    return code == WASI_NOTCAPABLE ? WASI_BADF : code;
}

static enum wasi_errno errno_of(enum console_error error) {
    return error == CONSOLE_ERROR_CLOSED ? WASI_PIPE : WASI_IO;
}

/* ---- Reading ---- */

static void read_answered(struct guest_request *request, int32_t error, const uint64_t words[4], struct bytes block) {
    struct outside_read *read = LIST_ENTRY(request, struct outside_read, request);
    struct wire_content content = {.block = block.data, .block_size = (uint32_t)block.size};
    struct console_bytes_or_error result;
    memcpy(content.words, words, sizeof content.words);
    read->size = 0;
    if (error != 0) {
        read->code = console_errno(outside_errno(error));
    } else if (!console_read_result_decode(&content, &result) || (!result.is_error && result.ok.size > read->room)) {
        read->code = WASI_IO;
    } else if (result.is_error) {
        read->code = errno_of(result.error);
    } else {
        read->code = WASI_SUCCESS;
        read->size = result.ok.size;
        if (result.ok.size != 0) {
            memcpy(read->to, result.ok.data, result.ok.size);
        }
    }
}

/* Of at least one byte. */
static void read_send(struct outside *outside, struct outside_read *read, uint8_t *to, size_t size) {
    const struct console_read_arguments arguments = {size < READ_MAX ? (uint32_t)size : READ_MAX};
    struct wire_content content;
    int32_t error = console_read_arguments_encode(&arguments, wire_memory_of(NULL, 0), &content);
    ASSERT(error == 0);
    struct ask_message message = {.operation = CONSOLE_OPERATION_READ};
    memcpy(message.words, content.words, sizeof message.words);
    *read = (struct outside_read){.request = {.answered = read_answered}, .to = to, .room = arguments.limit};
    error = guest_send(outside->app, console_hash, &message, &read->request);
    if (error != 0) {
        read->code = console_errno(outside_errno(error));
    }
}

void outside_look(struct outside *outside) {
    if (!outside->is_looking) {
        outside->is_looking = true;
        read_send(outside, &outside->look, &outside->look_byte, 1);
    }
}

static enum wasi_errno read_wait(struct outside *outside, struct outside_read *read) {
    struct guest_request *const requests[] = {&read->request};
    return guest_wait(outside->app, requests, 1) ? WASI_SUCCESS : WASI_INTR;
}

/* What a look gave, and what else is there already. */
static enum wasi_errno read_looked(struct outside *outside, uint8_t *out, size_t size, size_t *done) {
    const struct outside_read *look = &outside->look;
    outside->is_looking = false;
    *done = look->size;
    if (look->code != WASI_SUCCESS || look->size == 0) {
        return look->code;
    }
    out[0] = outside->look_byte;
    if (size > 1) {
        struct outside_read rest;
        read_send(outside, &rest, out + 1, size - 1);
        guest_cancel(outside->app, &rest.request);
        *done += rest.code == WASI_SUCCESS ? rest.size : 0;
    }
    return WASI_SUCCESS;
}

enum wasi_errno outside_read(void *context, uint32_t stream, uint8_t *out, size_t size, size_t *done) {
    struct outside *outside = context;
    if (stream != 0) {
        return WASI_BADF;
    }
    if (outside->streams[stream].nonblocking) {
        outside_look(outside);
    }
    if (outside->is_looking) {
        if (outside->streams[stream].nonblocking && !outside->look.request.is_over) {
            return WASI_AGAIN;
        }
        enum wasi_errno code = read_wait(outside, &outside->look);
        return code == WASI_SUCCESS ? read_looked(outside, out, size, done) : code;
    }
    struct outside_read read;
    read_send(outside, &read, out, size);
    enum wasi_errno code = read_wait(outside, &read);
    guest_cancel(outside->app, &read.request);
    *done = read.size;
    return code == WASI_SUCCESS ? read.code : code;
}

/* ---- Writing ---- */

/* One message; WASI_2BIG: its receiver takes no block of this size. */
static enum wasi_errno piece_write(struct outside *outside, uint32_t stream, struct bytes piece, uint32_t *done) {
    const struct console_write_arguments arguments = {.to = stream == 1 ? CONSOLE_DESTINATION_OUTPUT : CONSOLE_DESTINATION_MESSAGES,
                                                      .bytes = {piece.data, (uint32_t)piece.size}};
    struct outside_call call = {.room = 0};
    /* The bytes are the block as they stand. */
    struct wire_writer writer = wire_writer_of(&call.content, wire_memory_of(NULL, 0), true);
    console_write_arguments_lower(&writer, call.content.words, &arguments);
    int32_t error = wire_writer_end(&writer);
    ASSERT(error == 0);
    struct console_u32_or_error result;
    enum wasi_errno code = outside_call(outside, console_hash, CONSOLE_OPERATION_WRITE, &call);
    if (code != WASI_SUCCESS) {
        return console_errno(code);
    }
    if (!console_write_result_decode(&call.content, &result) || (!result.is_error && result.ok > piece.size)) {
        return WASI_IO;
    }
    *done = result.is_error ? 0 : result.ok;
    return result.is_error ? errno_of(result.error) : WASI_SUCCESS;
}

enum wasi_errno outside_write(void *context, uint32_t stream, const uint8_t *data, size_t size, size_t *done) {
    struct outside *outside = context;
    enum wasi_errno code = stream != 0 ? WASI_SUCCESS : WASI_BADF;
    *done = 0;
    while (code == WASI_SUCCESS && *done < size) {
        size_t left = size - *done;
        struct bytes piece = {data + *done, left < outside->piece_max ? left : outside->piece_max};
        uint32_t written = 0;
        code = piece_write(outside, stream, piece, &written);
        *done += written;
        if (code == WASI_2BIG && piece.size > WRITE_PIECE_MIN) {
            outside->piece_max = (uint32_t)piece.size / 2;
            code = WASI_SUCCESS;
        } else if (written < piece.size) {
            break;
        }
    }
    return *done > 0 ? WASI_SUCCESS : code;
}

/* ---- Status ---- */

static enum wasi_errno terminals_find(struct outside *outside) {
    struct outside_call call = {.room = 0};
    if (outside->has_terminals) {
        return WASI_SUCCESS;
    }
    enum wasi_errno code = outside_call(outside, console_hash, CONSOLE_OPERATION_DESCRIBE, &call);
    if (code == WASI_SUCCESS && !console_describe_result_decode(&call.content, &outside->terminals)) {
        code = WASI_IO;
    }
    outside->has_terminals = code == WASI_SUCCESS;
    return console_errno(code);
}

enum wasi_errno outside_status(void *context, uint32_t stream, struct wasi_stream_status *out) {
    struct outside *outside = context;
    enum wasi_errno code = terminals_find(outside);
    if (code == WASI_SUCCESS) {
        *out = (struct wasi_stream_status){
            .type = (outside->terminals >> stream & 1) != 0 ? WASI_FILETYPE_CHARACTER_DEVICE : WASI_FILETYPE_UNKNOWN,
            .can_read = stream == 0,
            .can_write = stream != 0,
            .append = outside->streams[stream].append,
            .nonblocking = outside->streams[stream].nonblocking,
        };
    }
    return code;
}

enum wasi_errno outside_seek(void *context, uint32_t stream, int64_t offset, enum wasi_whence whence, uint64_t *position) {
    (void)context, (void)stream, (void)offset, (void)whence, (void)position;
    return WASI_SPIPE;
}

enum wasi_errno outside_set_flags(void *context, uint32_t stream, bool append, bool nonblocking) {
    struct outside *outside = context;
    outside->streams[stream].append = append;
    outside->streams[stream].nonblocking = nonblocking;
    return WASI_SUCCESS;
}

/* What was answered is written. */
enum wasi_errno outside_sync(void *context, uint32_t stream, bool metadata) {
    (void)context, (void)stream, (void)metadata;
    return WASI_SUCCESS;
}
