/* Function names from the name section (core spec appendix, 7.4.1). It is looked at only when somebody asks: a trap, a
   listing. It was not validated, and a broken one is ignored: every step checks the end. */
#include "base/leb128.h"
#include "wasm/module.h"

#define SUBSECTION_FUNCTIONS 1

static bool names_u32(struct wasm_function_names *names, uint32_t *out) {
    enum leb128_problem problem;
    const size_t used = leb128_decode_u32(names->at, names->end, out, &problem);
    names->at += used;
    return used != 0;
}

/* A view of size bytes, behind which the cursor then stands. */
static bool names_bytes(struct wasm_function_names *names, struct bytes *out) {
    uint32_t size = 0;
    if (!names_u32(names, &size) || size > (size_t)(names->end - names->at)) {
        return false;
    }
    *out = (struct bytes){names->at, size};
    names->at += size;
    return true;
}

/* The subsection of function names, without its header. */
static bool names_find(struct wasm_function_names *names) {
    while (names->at < names->end) {
        const uint8_t id = *names->at++;
        struct bytes content;
        if (!names_bytes(names, &content)) {
            return false;
        }
        if (id == SUBSECTION_FUNCTIONS) {
            *names = (struct wasm_function_names){.at = content.data, .end = content.data + content.size};
            return true;
        }
    }
    return false;
}

void wasm_module_function_names(const struct wasm_module *module, struct wasm_function_names *out) {
    const struct bytes section = module->name_section;
    uint32_t count = 0;
    *out = (struct wasm_function_names){0};
    if (section.size != 0) {
        *out = (struct wasm_function_names){.at = section.data, .end = section.data + section.size};
        out->left = names_find(out) && names_u32(out, &count) ? count : 0;
    }
}

bool wasm_next_function_name(struct wasm_function_names *names, uint32_t *function_index, struct bytes *name) {
    while (names->left > 0 && names_u32(names, function_index) && names_bytes(names, name)) {
        names->left--;
        if (bytes_are_utf8(*name)) {
            return true;
        }
    }
    names->left = 0;
    return false;
}

struct bytes wasm_module_function_name(const struct wasm_module *module, uint32_t function_index) {
    struct wasm_function_names names;
    struct bytes name;
    uint32_t index;
    wasm_module_function_names(module, &names);
    while (wasm_next_function_name(&names, &index, &name)) {
        if (index == function_index) {
            return name;
        }
        /* Indices ascend; what comes behind a larger one is not there, or not well-formed. */
        if (index > function_index) {
            break;
        }
    }
    return (struct bytes){NULL, 0};
}
