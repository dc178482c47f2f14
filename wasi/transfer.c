/* Bytes between a program's memory and a stream (witx: fd_read, fd_write, fd_pread, fd_pwrite).

   A program names memory by a list of (address, length) in its own memory. The list is checked as a whole before anything
   moves: WASI_FAULT when the list or a range is not in memory, WASI_INVAL when more than 2^32 - 1 bytes are named. It is
   then walked in place, nothing is allocated. What is small is gathered in a buffer of fixed size, so that a line written
   in pieces reaches the outside as one write, and one call reads at most once; what is large goes directly.

   A call returns what moved before an error, as in POSIX; the error itself shows when nothing moved. */
#include "wasi/layout.h"
#include "wasi/process.h"

#include "base/assert.h"

#define TRANSFER_BUFFER_SIZE 4096

/* A list of ranges, as fd_read and its kin take one. */
struct range_list {
    const uint8_t *entries; /* in memory of the program: may change when it is written to */
    uint32_t count;
    bool is_written; /* the ranges, by us */
    uint32_t total;  /* bytes of all ranges */
};

struct range {
    uint8_t *data; /* NULL when size is 0: an empty range may be anywhere. Written only when the list says so */
    uint32_t size;
};

/* Checked each time, because a write through one range may change the list. */
static enum wasi_errno range_list_get(const struct wasi *wasi, const struct range_list *list, uint32_t index, struct range *out) {
    const uint8_t *entry = list->entries + (size_t)index * LAYOUT_IOVEC_SIZE;
    uint32_t address = bytes_load_u32(entry);
    ASSERT(index < list->count);
    *out = (struct range){.size = bytes_load_u32(entry + 4)};
    if (out->size == 0) {
        return WASI_SUCCESS;
    }
    if (list->is_written) {
        return guest_writable(wasi, address, out->size, &out->data);
    }
    const uint8_t *data;
    enum wasi_errno code = guest_readable(wasi, address, out->size, &data);
    out->data = (uint8_t *)(uintptr_t)data;
    return code;
}

static enum wasi_errno range_list_init(struct range_list *list, const struct wasi *wasi, struct guest_list ranges, bool is_written) {
    *list = (struct range_list){.count = ranges.count, .is_written = is_written};
    enum wasi_errno code = guest_readable(wasi, ranges.address, (uint64_t)ranges.count * LAYOUT_IOVEC_SIZE, &list->entries);
    for (uint32_t i = 0; i < ranges.count && code == WASI_SUCCESS; i++) {
        struct range range;
        code = range_list_get(wasi, list, i, &range);
        if (code == WASI_SUCCESS && range.size > UINT32_MAX - list->total) {
            code = WASI_INVAL;
        }
        list->total += range.size;
    }
    return code;
}

/* ---- Reading ---- */

static enum wasi_errno read_outside(const struct wasi *wasi, const struct wasi_stream *stream, uint8_t *out, size_t size, size_t *done) {
    enum wasi_errno code = wasi->outside->stream_read(wasi->outside->context, stream->number, out, size, done);
    ASSERT(code != WASI_SUCCESS || *done <= size);
    return code;
}

static enum wasi_errno range_list_scatter(const struct wasi *wasi, const struct range_list *list, const uint8_t *data, size_t size) {
    for (uint32_t i = 0; i < list->count && size > 0; i++) {
        struct range range;
        enum wasi_errno code = range_list_get(wasi, list, i, &range);
        if (code != WASI_SUCCESS) {
            return code;
        }
        size_t part = range.size < size ? range.size : size;
        if (part > 0) {
            memcpy(range.data, data, part);
        }
        data += part;
        size -= part;
    }
    return WASI_SUCCESS;
}

/* One read of the outside, for a second one could block when there is something to return already. */
static enum wasi_errno range_list_read(const struct wasi *wasi, const struct wasi_stream *stream, const struct range_list *list, size_t *done) {
    struct range first = {0};
    *done = 0;
    for (uint32_t i = 0; i < list->count && first.size == 0; i++) {
        enum wasi_errno code = range_list_get(wasi, list, i, &first);
        if (code != WASI_SUCCESS) {
            return code;
        }
    }
    if (first.size == 0) {
        return WASI_SUCCESS;
    }
    if (first.size == list->total || first.size >= TRANSFER_BUFFER_SIZE) {
        return read_outside(wasi, stream, first.data, first.size, done);
    }
    uint8_t buffer[TRANSFER_BUFFER_SIZE];
    size_t size = list->total < sizeof(buffer) ? list->total : sizeof(buffer);
    enum wasi_errno code = read_outside(wasi, stream, buffer, size, done);
    return code == WASI_SUCCESS ? range_list_scatter(wasi, list, buffer, *done) : code;
}

/* ---- Writing ---- */

struct writer {
    const struct wasi *wasi;
    const struct wasi_stream *stream;
    size_t done; /* bytes that reached the outside */
    size_t used; /* of the buffer */
    uint8_t buffer[TRANSFER_BUFFER_SIZE];
};

/* False when the call is over: an error, or a stream that took less than it was given. */
static bool writer_put(struct writer *writer, const uint8_t *data, size_t size, enum wasi_errno *code) {
    const struct wasi_outside *outside = writer->wasi->outside;
    size_t done = 0;
    if (size == 0) {
        return true;
    }
    *code = outside->stream_write(outside->context, writer->stream->number, data, size, &done);
    if (*code != WASI_SUCCESS) {
        return false;
    }
    ASSERT(done <= size);
    writer->done += done;
    return done == size;
}

static bool writer_flush(struct writer *writer, enum wasi_errno *code) {
    size_t size = writer->used;
    writer->used = 0;
    return writer_put(writer, writer->buffer, size, code);
}

static bool writer_add(struct writer *writer, const struct range *range, bool is_last, enum wasi_errno *code) {
    if (range->size > sizeof(writer->buffer) - writer->used && !writer_flush(writer, code)) {
        return false;
    }
    if (range->size >= sizeof(writer->buffer) || (is_last && writer->used == 0)) {
        return writer_put(writer, range->data, range->size, code);
    }
    memcpy(writer->buffer + writer->used, range->data, range->size);
    writer->used += range->size;
    return true;
}

static enum wasi_errno range_list_write(const struct wasi *wasi, const struct wasi_stream *stream, const struct range_list *list, size_t *done) {
    struct writer writer; /* The buffer stays as it is. */
    enum wasi_errno code = WASI_SUCCESS;
    bool goes_on = true;
    writer.wasi = wasi;
    writer.stream = stream;
    writer.done = 0;
    writer.used = 0;
    for (uint32_t i = 0; i < list->count && goes_on; i++) {
        struct range range;
        code = range_list_get(wasi, list, i, &range);
        goes_on = code == WASI_SUCCESS && (range.size == 0 || writer_add(&writer, &range, i + 1 == list->count, &code));
    }
    if (goes_on) {
        (void)writer_flush(&writer, &code);
    }
    *done = writer.done;
    return writer.done > 0 ? WASI_SUCCESS : code;
}

/* ---- Handlers ---- */

/* A call whose stream was found. */
struct transfer {
    struct wasi_stream *stream;
    struct range_list list;
    uint8_t *result; /* in memory of the program: how many bytes moved */
};

static enum wasi_errno transfer_begin(struct transfer *transfer, const struct wasi *wasi, struct guest_list ranges, uint32_t address, bool is_read) {
    enum wasi_errno code = guest_writable(wasi, address, 4, &transfer->result);
    return code == WASI_SUCCESS ? range_list_init(&transfer->list, wasi, ranges, is_read) : code;
}

static enum wasi_errno transfer_move(const struct wasi *wasi, const struct transfer *transfer, size_t *done) {
    const struct range_list *list = &transfer->list;
    return list->is_written ? range_list_read(wasi, transfer->stream, list, done) : range_list_write(wasi, transfer->stream, list, done);
}

static enum wasi_errno transfer_end(const struct transfer *transfer, enum wasi_errno code, size_t done) {
    if (code == WASI_SUCCESS) {
        bytes_store_u32(transfer->result, (uint32_t)done);
    }
    return code;
}

/* Go to the position, transfer, go back. Whoever shares the stream with the program could see the steps. */
static enum wasi_errno transfer_move_at(const struct wasi *wasi, const struct transfer *transfer, uint64_t position) {
    const struct wasi_outside *outside = wasi->outside;
    const uint32_t number = transfer->stream->number;
    uint64_t before = 0, moved = 0;
    size_t done = 0;
    if (position > INT64_MAX) {
        return WASI_INVAL;
    }
    enum wasi_errno code = outside->stream_seek(outside->context, number, 0, WASI_WHENCE_CURRENT, &before);
    if (code == WASI_SUCCESS) {
        code = outside->stream_seek(outside->context, number, (int64_t)position, WASI_WHENCE_SET, &moved);
    }
    if (code != WASI_SUCCESS) {
        return code;
    }
    code = transfer_move(wasi, transfer, &done);
    enum wasi_errno back = outside->stream_seek(outside->context, number, (int64_t)before, WASI_WHENCE_SET, &moved);
    return transfer_end(transfer, code != WASI_SUCCESS ? code : back, done);
}

static enum wasi_errno transfer_here(struct wasi *wasi, uint32_t descriptor, struct guest_list ranges, uint32_t address, bool is_read) {
    struct transfer transfer;
    size_t done = 0;
    enum wasi_errno code = stream_find(wasi, descriptor, is_read ? WASI_RIGHT_READ : WASI_RIGHT_WRITE, &transfer.stream);
    if (code == WASI_SUCCESS) {
        code = transfer_begin(&transfer, wasi, ranges, address, is_read);
    }
    if (code == WASI_SUCCESS) {
        code = transfer_move(wasi, &transfer, &done);
    }
    return transfer_end(&transfer, code, done);
}

enum wasi_errno transfer_read(struct wasi *wasi, uint32_t descriptor, struct guest_list ranges, uint32_t address) {
    return transfer_here(wasi, descriptor, ranges, address, true);
}

enum wasi_errno transfer_write(struct wasi *wasi, uint32_t descriptor, struct guest_list ranges, uint32_t address) {
    return transfer_here(wasi, descriptor, ranges, address, false);
}

enum wasi_errno transfer_read_at(struct wasi *wasi, uint32_t descriptor, struct guest_list ranges, uint64_t position, uint32_t address) {
    struct transfer transfer;
    enum wasi_errno code = stream_find(wasi, descriptor, WASI_RIGHT_READ | WASI_RIGHT_SEEK, &transfer.stream);
    if (code == WASI_SUCCESS) {
        code = transfer_begin(&transfer, wasi, ranges, address, true);
    }
    return code == WASI_SUCCESS ? transfer_move_at(wasi, &transfer, position) : code;
}

enum wasi_errno transfer_write_at(struct wasi *wasi, uint32_t descriptor, struct guest_list ranges, uint64_t position, uint32_t address) {
    struct transfer transfer;
    enum wasi_errno code = stream_find(wasi, descriptor, WASI_RIGHT_WRITE | WASI_RIGHT_SEEK, &transfer.stream);
    if (code == WASI_SUCCESS) {
        code = transfer_begin(&transfer, wasi, ranges, address, false);
    }
    return code == WASI_SUCCESS ? transfer_move_at(wasi, &transfer, position) : code;
}
