/* Clocks (witx: clock_res_get, clock_time_get). What a clock shows comes from the outside; the program's wish for a
   precision is only that. Handlers; nothing here is kept. */
#include "wasi/process.h"

enum wasi_errno clock_resolution_get(struct wasi *wasi, uint32_t clock, uint32_t address) {
    uint8_t *result;
    uint64_t resolution_ns = 0;
    if (clock > WASI_CLOCK_THREAD_CPUTIME) {
        return WASI_INVAL;
    }
    enum wasi_errno code = guest_writable(wasi, address, 8, &result);
    if (code == WASI_SUCCESS) {
        code = wasi->outside->clock_resolution(wasi->outside->context, (enum wasi_clock)clock, &resolution_ns);
    }
    if (code == WASI_SUCCESS) {
        bytes_store_u64(result, resolution_ns);
    }
    return code;
}

enum wasi_errno clock_time_get(struct wasi *wasi, uint32_t clock, uint32_t address) {
    uint8_t *result;
    uint64_t time_ns = 0;
    if (clock > WASI_CLOCK_THREAD_CPUTIME) {
        return WASI_INVAL;
    }
    enum wasi_errno code = guest_writable(wasi, address, 8, &result);
    if (code == WASI_SUCCESS) {
        code = wasi->outside->clock_time(wasi->outside->context, (enum wasi_clock)clock, &time_ns);
    }
    if (code == WASI_SUCCESS) {
        bytes_store_u64(result, time_ns);
    }
    return code;
}
