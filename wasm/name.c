/* Function names from the name section (core spec appendix, 7.4.1). It is looked at only when somebody asks: a trap, a
   listing. It was not validated, and a broken one is ignored: every step checks the end. */
#include "base/leb128.h"
#include "wasm/module.h"

#define SUBSECTION_FUNCTIONS 1

struct cursor {
    const uint8_t *at;
    const uint8_t *end;
};

static bool cursor_u32(struct cursor *cursor, uint32_t *out) {
    enum leb128_problem problem;
    const size_t used = leb128_decode_u32(cursor->at, cursor->end, out, &problem);
    cursor->at += used;
    return used != 0;
}

/* A view of size bytes, behind which the cursor then stands. */
static bool cursor_bytes(struct cursor *cursor, struct bytes *out) {
    uint32_t size = 0;
    if (!cursor_u32(cursor, &size) || size > (size_t)(cursor->end - cursor->at)) {
        return false;
    }
    *out = (struct bytes){cursor->at, size};
    cursor->at += size;
    return true;
}

/* The subsection of function names, without its header. */
static bool cursor_find_functions(struct cursor *cursor) {
    while (cursor->at < cursor->end) {
        const uint8_t id = *cursor->at++;
        struct bytes content;
        if (!cursor_bytes(cursor, &content)) {
            return false;
        }
        if (id == SUBSECTION_FUNCTIONS) {
            *cursor = (struct cursor){content.data, content.data + content.size};
            return true;
        }
    }
    return false;
}

struct bytes wasm_module_function_name(const struct wasm_module *module, uint32_t function_index) {
    const struct bytes none = {NULL, 0};
    const struct bytes section = module->name_section;
    if (section.size == 0) {
        return none;
    }
    struct cursor cursor = {section.data, section.data + section.size};
    uint32_t count = 0;
    if (!cursor_find_functions(&cursor) || !cursor_u32(&cursor, &count)) {
        return none;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = 0;
        struct bytes name;
        if (!cursor_u32(&cursor, &index) || !cursor_bytes(&cursor, &name)) {
            return none;
        }
        if (index == function_index) {
            return bytes_are_utf8(name) ? name : none;
        }
        /* Indices ascend; what comes behind a larger one is not there, or not well-formed. */
        if (index > function_index) {
            return none;
        }
    }
    return none;
}
