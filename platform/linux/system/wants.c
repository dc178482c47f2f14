/* The section `argos.wants`: text, a line for each interface, with the interface first and the reason behind a blank. The bytes come from the
   program, and nothing of them is believed. */
#include "platform/linux/system/wants.h"

#include <string.h>

#define WANTS_MAX 64

static struct bytes wants_text(const struct wasm_module *module) {
    struct wasm_section section;
    uint64_t place = 0;
    while (wasm_module_next_section(module, &place, &section)) {
        if (section.id == 0 && bytes_equal(section.name, bytes_from_text("argos.wants"))) {
            return (struct bytes){wasm_module_bytes(module).data + section.offset, section.size};
        }
    }
    return (struct bytes){0};
}

static struct bytes text_until(struct bytes text, char end) {
    const uint8_t *found = text.size > 0 ? memchr(text.data, end, text.size) : NULL;
    return (struct bytes){text.data, found != NULL ? (size_t)(found - text.data) : text.size};
}

/* The place is how many bytes were read, and in its upper half how many lines were told. */
bool want_next(const struct wasm_module *module, uint64_t *place, struct want *out) {
    const struct bytes text = wants_text(module);
    uint64_t at = *place & UINT32_MAX, told = *place >> 32;
    while (at < text.size && told < WANTS_MAX) {
        const struct bytes line = text_until((struct bytes){text.data + at, text.size - at}, '\n');
        at += line.size + 1;
        out->interface = text_until(line, ' ');
        size_t skipped = out->interface.size < line.size ? out->interface.size + 1 : line.size;
        out->reason = (struct bytes){line.data + skipped, line.size - skipped};
        if (out->interface.size > 0) {
            *place = (told + 1) << 32 | at;
            return true;
        }
    }
    return false;
}
