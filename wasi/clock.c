/* Clocks (witx: clock_res_get, clock_time_get). What a clock shows comes from the outside; the program's wish for a
   precision is only that. Handlers; nothing here is kept. */
#include "wasi/process.h"

enum wasi_errno clock_resolution_get(struct wasi *wasi, const union wasm_value *arguments) {
    uint8_t *result;
    uint64_t resolution_ns = 0;
    if (arguments[0].i32 > WASI_CLOCK_THREAD_CPUTIME) {
        return WASI_INVAL;
    }
    enum wasi_errno code = guest_writable(wasi, arguments[1].i32, 8, &result);
    if (code == WASI_SUCCESS) {
        code = wasi->outside->clock_resolution(wasi->outside->context, (enum wasi_clock)arguments[0].i32, &resolution_ns);
    }
    if (code == WASI_SUCCESS) {
        bytes_store_u64(result, resolution_ns);
    }
    return code;
}

enum wasi_errno clock_time_get(struct wasi *wasi, const union wasm_value *arguments) {
    uint8_t *result;
    uint64_t time_ns = 0;
    if (arguments[0].i32 > WASI_CLOCK_THREAD_CPUTIME) {
        return WASI_INVAL;
    }
    enum wasi_errno code = guest_writable(wasi, arguments[2].i32, 8, &result);
    if (code == WASI_SUCCESS) {
        code = wasi->outside->clock_time(wasi->outside->context, (enum wasi_clock)arguments[0].i32, &time_ns);
    }
    if (code == WASI_SUCCESS) {
        bytes_store_u64(result, time_ns);
    }
    return code;
}
