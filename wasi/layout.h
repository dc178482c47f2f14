/* The structs of preview 1 as bytes in a program's memory: little-endian, at the offsets that the witx types have, padding
   zero. No allocation, no failure. Private to wasi/. */
#ifndef WASI_LAYOUT_H
#define WASI_LAYOUT_H

#include "wasi/wasi.h"

#define LAYOUT_IOVEC_SIZE        8
#define LAYOUT_FDSTAT_SIZE       24
#define LAYOUT_FILESTAT_SIZE     64
#define LAYOUT_SUBSCRIPTION_SIZE 48
#define LAYOUT_EVENT_SIZE        32

#define LAYOUT_FDFLAG_APPEND   (1u << 0)
#define LAYOUT_FDFLAG_NONBLOCK (1u << 2)

enum layout_event_type { LAYOUT_EVENT_CLOCK, LAYOUT_EVENT_READ, LAYOUT_EVENT_WRITE, LAYOUT_EVENT_TYPE_COUNT };

#define LAYOUT_CLOCK_ABSOLUTE (1u << 0)

struct layout_subscription {
    uint64_t userdata;
    uint8_t type;        /* enum layout_event_type, or any other number */
    uint32_t descriptor; /* LAYOUT_EVENT_READ, LAYOUT_EVENT_WRITE */
    uint32_t clock;      /* LAYOUT_EVENT_CLOCK, and what follows */
    uint64_t timeout_ns;
    uint16_t clock_flags;
};

struct layout_event {
    uint64_t userdata;
    enum wasi_errno error;
    uint8_t type;
    uint64_t available; /* bytes */
    bool hangup;
};

/* The rights are those that fd_fdstat_get reports; none are inherited, since nothing can be opened through a stream. */
void layout_store_fdstat(uint8_t out[LAYOUT_FDSTAT_SIZE], const struct wasi_stream_status *status, uint64_t rights);
void layout_store_filestat(uint8_t out[LAYOUT_FILESTAT_SIZE], const struct wasi_stream_status *status);
void layout_store_event(uint8_t out[LAYOUT_EVENT_SIZE], const struct layout_event *event);
void layout_load_subscription(const uint8_t in[LAYOUT_SUBSCRIPTION_SIZE], struct layout_subscription *out);

#endif
