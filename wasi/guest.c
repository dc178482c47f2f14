/* The memory of the program that called, as handlers may reach it. Every address and size comes from the program: the
   engine says whether the range is all memory. An address of 32 bits and a size of at most 35 cannot wrap in 64.
   A call from what has no memory gets WASI_FAULT, as every address is outside of no memory. */
#include "wasi/process.h"

enum wasi_errno guest_readable(const struct wasi *wasi, uint32_t address, uint64_t size, const uint8_t **out) {
    *out = wasi->memory == NULL ? NULL : wasm_memory_range(wasi->memory, address, size, WASM_ACCESS_READ);
    return *out == NULL ? WASI_FAULT : WASI_SUCCESS;
}

enum wasi_errno guest_writable(const struct wasi *wasi, uint32_t address, uint64_t size, uint8_t **out) {
    *out = wasi->memory == NULL ? NULL : wasm_memory_range(wasi->memory, address, size, WASM_ACCESS_READ_WRITE);
    return *out == NULL ? WASI_FAULT : WASI_SUCCESS;
}
