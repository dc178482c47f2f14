/* Arguments and environment: two lists of texts that the program reads in the same way, first the sizes, then everything
   (witx: args_sizes_get, args_get, environ_sizes_get, environ_get). Handlers; nothing here is kept. */
#include "wasi/process.h"

static enum wasi_errno text_list_sizes(const struct wasi *wasi, const struct text_list *list, uint32_t count_address, uint32_t size_address) {
    uint8_t *count, *size;
    enum wasi_errno code = guest_writable(wasi, count_address, 4, &count);
    if (code == WASI_SUCCESS) {
        code = guest_writable(wasi, size_address, 4, &size);
    }
    if (code == WASI_SUCCESS) {
        bytes_store_u32(count, list->count);
        bytes_store_u32(size, list->size);
    }
    return code;
}

/* The texts at the second address, as one block; a pointer to each at the first. */
static enum wasi_errno text_list_copy(const struct wasi *wasi, const struct text_list *list, uint32_t pointers_address, uint32_t block_address) {
    uint8_t *pointers, *block;
    enum wasi_errno code = guest_writable(wasi, pointers_address, (uint64_t)list->count * 4, &pointers);
    if (code == WASI_SUCCESS) {
        code = guest_writable(wasi, block_address, list->size, &block);
    }
    if (code != WASI_SUCCESS || list->size == 0) {
        return code;
    }
    memcpy(block, list->bytes, list->size);
    /* The two ranges may overlap, so the lengths come from our copy. */
    uint32_t at = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        bytes_store_u32(pointers + (size_t)i * 4, block_address + at);
        while (list->bytes[at] != 0) {
            at++;
        }
        at++;
    }
    return WASI_SUCCESS;
}

enum wasi_errno arguments_sizes_get(struct wasi *wasi, uint32_t count, uint32_t size) {
    return text_list_sizes(wasi, &wasi->arguments, count, size);
}

enum wasi_errno arguments_get(struct wasi *wasi, uint32_t pointers, uint32_t block) {
    return text_list_copy(wasi, &wasi->arguments, pointers, block);
}

enum wasi_errno environment_sizes_get(struct wasi *wasi, uint32_t count, uint32_t size) {
    return text_list_sizes(wasi, &wasi->environment, count, size);
}

enum wasi_errno environment_get(struct wasi *wasi, uint32_t pointers, uint32_t block) {
    return text_list_copy(wasi, &wasi->environment, pointers, block);
}
