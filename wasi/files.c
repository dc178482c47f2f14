/* Functions on what a process without files does not have: directories, preopened or not, sockets, and files whose size
   and times can be set. They look at their descriptors and nothing else, since no argument could make them succeed: a
   descriptor that is not open is WASI_BADF, a stream is not what the function is for. Handlers; nothing here is kept. */
#include "wasi/process.h"

static enum wasi_errno refuse(struct wasi *wasi, uint32_t descriptor, enum wasi_errno reason) {
    struct wasi_stream *stream;
    enum wasi_errno code = stream_find(wasi, descriptor, 0, &stream);
    return code == WASI_SUCCESS ? reason : code;
}

/* Streams never have the rights FD_ALLOCATE, FD_FILESTAT_SET_SIZE and FD_FILESTAT_SET_TIMES. */
enum wasi_errno file_refuse(struct wasi *wasi, uint32_t descriptor) {
    return refuse(wasi, descriptor, WASI_NOTCAPABLE);
}

/* No descriptor is preopened. A program looks for the first that is not, from 3 on. */
enum wasi_errno preopen_refuse(struct wasi *wasi, uint32_t descriptor) {
    return refuse(wasi, descriptor, WASI_BADF);
}

enum wasi_errno directory_refuse(struct wasi *wasi, uint32_t descriptor) {
    return refuse(wasi, descriptor, WASI_NOTDIR);
}

enum wasi_errno directory_refuse_pair(struct wasi *wasi, uint32_t old_descriptor, uint32_t new_descriptor) {
    enum wasi_errno code = refuse(wasi, old_descriptor, WASI_NOTDIR);
    return code == WASI_NOTDIR ? refuse(wasi, new_descriptor, WASI_NOTDIR) : code;
}

enum wasi_errno socket_refuse(struct wasi *wasi, uint32_t descriptor) {
    return refuse(wasi, descriptor, WASI_NOTSOCK);
}
