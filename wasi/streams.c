/* File descriptors: which stream each stands for, what a program may do with it, its status, flags and position (witx:
   fd_* without the data). The table lives in the struct wasi; only stream_close, stream_renumber and stream_rights_set
   change it. A closed stream is closed for the program alone: whoever runs the program still has it. */
#include "wasi/layout.h"
#include "wasi/process.h"

#include "base/assert.h"

enum wasi_errno stream_find(struct wasi *wasi, uint32_t descriptor, uint64_t rights, struct wasi_stream **out) {
    if (descriptor >= WASI_STREAM_COUNT || !wasi->streams[descriptor].is_open) {
        return WASI_BADF;
    }
    *out = &wasi->streams[descriptor];
    ASSERT((*out)->number < WASI_STREAM_COUNT);
    return (rights & ~(*out)->rights) == 0 ? WASI_SUCCESS : WASI_NOTCAPABLE;
}

static enum wasi_errno stream_find_status(struct wasi *wasi, uint32_t descriptor, uint64_t rights, struct wasi_stream_status *status) {
    struct wasi_stream *stream;
    enum wasi_errno code = stream_find(wasi, descriptor, rights, &stream);
    *status = (struct wasi_stream_status){0};
    return code != WASI_SUCCESS ? code : wasi->outside->stream_status(wasi->outside->context, stream->number, status);
}

static bool stream_has_position(const struct wasi *wasi, const struct wasi_stream *stream) {
    uint64_t position = 0;
    return wasi->outside->stream_seek(wasi->outside->context, stream->number, 0, WASI_WHENCE_CURRENT, &position) == WASI_SUCCESS;
}

/* What can be done with a stream. A C library takes a character device without the rights to seek and tell for a terminal,
   so these depend on what the stream can do, not on its type: /dev/null has a position. */
static uint64_t stream_rights(const struct wasi *wasi, const struct wasi_stream *stream, const struct wasi_stream_status *status) {
    uint64_t rights = WASI_RIGHT_SET_FLAGS | WASI_RIGHT_FILESTAT_GET | WASI_RIGHT_POLL;
    if (status->can_read) {
        rights |= WASI_RIGHT_READ;
    }
    if (status->can_write) {
        rights |= WASI_RIGHT_WRITE;
    }
    if (stream_has_position(wasi, stream)) {
        rights |= WASI_RIGHT_SEEK | WASI_RIGHT_TELL | WASI_RIGHT_ADVISE | WASI_RIGHT_SYNC | WASI_RIGHT_DATASYNC;
    }
    return rights & stream->rights;
}

/* ---- The table ---- */

enum wasi_errno stream_close(struct wasi *wasi, uint32_t descriptor) {
    struct wasi_stream *stream;
    enum wasi_errno code = stream_find(wasi, descriptor, 0, &stream);
    if (code == WASI_SUCCESS) {
        stream->is_open = false;
    }
    return code;
}

/* Both are open before; the first is closed after. */
enum wasi_errno stream_renumber(struct wasi *wasi, uint32_t from_descriptor, uint32_t to_descriptor) {
    struct wasi_stream *from, *to;
    enum wasi_errno code = stream_find(wasi, from_descriptor, 0, &from);
    if (code == WASI_SUCCESS) {
        code = stream_find(wasi, to_descriptor, 0, &to);
    }
    if (code == WASI_SUCCESS && from != to) {
        *to = *from;
        from->is_open = false;
    }
    return code;
}

/* Rights can be given up, never gained; a stream has none to inherit. */
enum wasi_errno stream_rights_set(struct wasi *wasi, uint32_t descriptor, uint64_t rights, uint64_t inherited) {
    struct wasi_stream_status status;
    enum wasi_errno code = stream_find_status(wasi, descriptor, 0, &status);
    if (code != WASI_SUCCESS) {
        return code;
    }
    struct wasi_stream *stream = &wasi->streams[descriptor];
    uint64_t owned = stream_rights(wasi, stream, &status);
    if ((rights & ~owned) != 0 || inherited != 0) {
        return WASI_NOTCAPABLE;
    }
    stream->rights = rights;
    return WASI_SUCCESS;
}

/* ---- Status ---- */

enum wasi_errno stream_status_get(struct wasi *wasi, uint32_t descriptor, uint32_t address) {
    struct wasi_stream_status status;
    uint8_t *result;
    enum wasi_errno code = stream_find_status(wasi, descriptor, 0, &status);
    if (code == WASI_SUCCESS) {
        code = guest_writable(wasi, address, LAYOUT_FDSTAT_SIZE, &result);
    }
    if (code == WASI_SUCCESS) {
        layout_store_fdstat(result, &status, stream_rights(wasi, &wasi->streams[descriptor], &status));
    }
    return code;
}

enum wasi_errno stream_attributes_get(struct wasi *wasi, uint32_t descriptor, uint32_t address) {
    struct wasi_stream_status status;
    uint8_t *result;
    enum wasi_errno code = stream_find_status(wasi, descriptor, WASI_RIGHT_FILESTAT_GET, &status);
    if (code == WASI_SUCCESS) {
        code = guest_writable(wasi, address, LAYOUT_FILESTAT_SIZE, &result);
    }
    if (code == WASI_SUCCESS) {
        layout_store_filestat(result, &status);
    }
    return code;
}

enum wasi_errno stream_flags_set(struct wasi *wasi, uint32_t descriptor, uint32_t flags) {
    const uint32_t synchronous = 1u << 1 | 1u << 3 | 1u << 4; /* DSYNC, RSYNC, SYNC: for those who open files */
    struct wasi_stream *stream;
    enum wasi_errno code = stream_find(wasi, descriptor, WASI_RIGHT_SET_FLAGS, &stream);
    if (code != WASI_SUCCESS) {
        return code;
    }
    if ((flags & ~(LAYOUT_FDFLAG_APPEND | LAYOUT_FDFLAG_NONBLOCK | synchronous)) != 0) {
        return WASI_INVAL;
    }
    if ((flags & synchronous) != 0) {
        return WASI_NOTSUP;
    }
    bool append = (flags & LAYOUT_FDFLAG_APPEND) != 0, nonblocking = (flags & LAYOUT_FDFLAG_NONBLOCK) != 0;
    return wasi->outside->stream_set_flags(wasi->outside->context, stream->number, append, nonblocking);
}

/* Advice may be ignored, and is; asking for it where no position exists is a mistake of the program, as in POSIX. */
enum wasi_errno stream_advise(struct wasi *wasi, uint32_t descriptor, uint32_t advice) {
    const uint32_t advice_last = 5;
    struct wasi_stream *stream;
    enum wasi_errno code = stream_find(wasi, descriptor, 0, &stream);
    if (code != WASI_SUCCESS) {
        return code;
    }
    if (advice > advice_last) {
        return WASI_INVAL;
    }
    return stream_has_position(wasi, stream) ? WASI_SUCCESS : WASI_SPIPE;
}

/* ---- Position ---- */

static enum wasi_errno stream_move(struct wasi *wasi, const struct wasi_stream *stream, int64_t offset, enum wasi_whence whence, uint32_t address) {
    uint8_t *result;
    uint64_t position = 0;
    enum wasi_errno code = guest_writable(wasi, address, 8, &result);
    if (code == WASI_SUCCESS) {
        code = wasi->outside->stream_seek(wasi->outside->context, stream->number, offset, whence, &position);
    }
    if (code == WASI_SUCCESS) {
        bytes_store_u64(result, position);
    }
    return code;
}

enum wasi_errno stream_seek(struct wasi *wasi, uint32_t descriptor, uint64_t offset, uint32_t whence, uint32_t address) {
    struct wasi_stream *stream;
    enum wasi_errno code = stream_find(wasi, descriptor, WASI_RIGHT_SEEK, &stream);
    if (code != WASI_SUCCESS) {
        return code;
    }
    if (whence > WASI_WHENCE_END) {
        return WASI_INVAL;
    }
    return stream_move(wasi, stream, (int64_t)offset, (enum wasi_whence)whence, address);
}

enum wasi_errno stream_tell(struct wasi *wasi, uint32_t descriptor, uint32_t address) {
    struct wasi_stream *stream;
    enum wasi_errno code = stream_find(wasi, descriptor, WASI_RIGHT_TELL, &stream);
    return code != WASI_SUCCESS ? code : stream_move(wasi, stream, 0, WASI_WHENCE_CURRENT, address);
}

/* ---- Sync ---- */

enum wasi_errno stream_sync_all(struct wasi *wasi, uint32_t descriptor) {
    struct wasi_stream *stream;
    enum wasi_errno code = stream_find(wasi, descriptor, WASI_RIGHT_SYNC, &stream);
    return code != WASI_SUCCESS ? code : wasi->outside->stream_sync(wasi->outside->context, stream->number, true);
}

enum wasi_errno stream_sync_data(struct wasi *wasi, uint32_t descriptor) {
    struct wasi_stream *stream;
    enum wasi_errno code = stream_find(wasi, descriptor, WASI_RIGHT_DATASYNC, &stream);
    return code != WASI_SUCCESS ? code : wasi->outside->stream_sync(wasi->outside->context, stream->number, false);
}
