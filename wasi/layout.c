/* Structs of preview 1 as bytes: see layout.h. Offsets are those of witx, snapshot_preview1, typenames.witx: each field at
   the next multiple of its own size. Owns nothing; called by handlers. */
#include "wasi/layout.h"

static void store_u16(uint8_t *at, uint16_t value) {
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

void layout_store_fdstat(uint8_t out[LAYOUT_FDSTAT_SIZE], const struct wasi_stream_status *status, uint64_t rights) {
    uint16_t flags = 0;
    if (status->append) {
        flags |= LAYOUT_FDFLAG_APPEND;
    }
    if (status->nonblocking) {
        flags |= LAYOUT_FDFLAG_NONBLOCK;
    }
    memset(out, 0, LAYOUT_FDSTAT_SIZE);
    out[0] = (uint8_t)status->type;
    store_u16(out + 2, flags);
    bytes_store_u64(out + 8, rights);
}

void layout_store_filestat(uint8_t out[LAYOUT_FILESTAT_SIZE], const struct wasi_stream_status *status) {
    memset(out, 0, LAYOUT_FILESTAT_SIZE);
    bytes_store_u64(out, status->device);
    bytes_store_u64(out + 8, status->inode);
    out[16] = (uint8_t)status->type;
    bytes_store_u64(out + 24, status->link_count);
    bytes_store_u64(out + 32, status->size);
    bytes_store_u64(out + 40, status->accessed_ns);
    bytes_store_u64(out + 48, status->modified_ns);
    bytes_store_u64(out + 56, status->changed_ns);
}

void layout_store_event(uint8_t out[LAYOUT_EVENT_SIZE], const struct layout_event *event) {
    memset(out, 0, LAYOUT_EVENT_SIZE);
    bytes_store_u64(out, event->userdata);
    store_u16(out + 8, (uint16_t)event->error);
    out[10] = event->type;
    bytes_store_u64(out + 16, event->available);
    store_u16(out + 24, event->hangup ? 1 : 0);
}

void layout_load_subscription(const uint8_t in[LAYOUT_SUBSCRIPTION_SIZE], struct layout_subscription *out) {
    *out = (struct layout_subscription){.userdata = bytes_load_u64(in), .type = in[8]};
    /* The union starts at 16, behind the tag. */
    if (out->type == LAYOUT_EVENT_CLOCK) {
        out->clock = bytes_load_u32(in + 16);
        out->timeout_ns = bytes_load_u64(in + 24);
        out->clock_flags = (uint16_t)(in[40] | in[41] << 8);
    } else {
        out->descriptor = bytes_load_u32(in + 16);
    }
}
