/* Modules byte by byte: see build.h. */
#include "tests/support/build.h"

#include "base/assert.h"
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

#define SIZE_BYTES 5

static void room(struct build *build, size_t size) {
    if (build->capacity - build->size >= size) {
        return;
    }
    while (build->capacity - build->size < size) {
        build->capacity = build->capacity == 0 ? 64 : build->capacity * 2;
    }
    build->data = realloc(build->data, build->capacity);
    ASSERT(build->data != NULL);
}

void build_end(struct build *build) {
    free(build->data);
    *build = (struct build){0};
}

struct bytes build_bytes(const struct build *build) {
    return (struct bytes){build->data, build->size};
}

void build_byte(struct build *build, uint8_t byte) {
    room(build, 1);
    build->data[build->size++] = byte;
}

static uint8_t digit(char character) {
    const char *digits = "0123456789abcdef";
    const char *found = strchr(digits, character);
    ASSERT(character != '\0' && found != NULL);
    return (uint8_t)(found - digits);
}

void build_hex(struct build *build, const char *digits) {
    for (const char *at = digits; *at != '\0'; at++) {
        if (*at != ' ') {
            build_byte(build, (uint8_t)(digit(at[0]) << 4 | digit(at[1])));
            at++;
        }
    }
}

void build_repeat(struct build *build, const char *digits, size_t count) {
    const size_t start = build->size;
    build_hex(build, digits);
    const size_t size = build->size - start;
    if (count == 0) {
        build->size = start;
        return;
    }
    room(build, size * (count - 1));
    for (size_t i = 1; i < count; i++) {
        memcpy(build->data + build->size, build->data + start, size);
        build->size += size;
    }
}

void build_u32(struct build *build, uint32_t value) {
    while (value >= 0x80) {
        build_byte(build, (uint8_t)(value | 0x80));
        value >>= 7;
    }
    build_byte(build, (uint8_t)value);
}

void build_name(struct build *build, const char *text) {
    const size_t size = strlen(text);
    build_u32(build, (uint32_t)size);
    for (size_t i = 0; i < size; i++) {
        build_byte(build, (uint8_t)text[i]);
    }
}

void build_preamble(struct build *build) {
    build_hex(build, "0061736d 01000000");
}

size_t build_open(struct build *build) {
    build_repeat(build, "00", SIZE_BYTES);
    return build->size;
}

void build_close(struct build *build, size_t mark) {
    size_t size = build->size - mark;
    for (int i = 0; i < SIZE_BYTES; i++) {
        const uint8_t more = i < SIZE_BYTES - 1 ? 0x80 : 0;
        build->data[mark - SIZE_BYTES + (size_t)i] = (uint8_t)((size & 0x7F) | more);
        size >>= 7;
    }
}

size_t build_section_open(struct build *build, uint8_t id) {
    build_byte(build, id);
    return build_open(build);
}

void build_section(struct build *build, uint8_t id, const char *digits) {
    const size_t mark = build_section_open(build, id);
    build_hex(build, digits);
    build_close(build, mark);
}

void build_custom(struct build *build, const char *name, const char *digits) {
    const size_t mark = build_section_open(build, 0);
    build_name(build, name);
    build_hex(build, digits);
    build_close(build, mark);
}

/* Digits of the body stand between its size and its end, which is added. */
static void build_body(struct build *build, const char *digits) {
    const size_t mark = build_open(build);
    build_hex(build, digits);
    build_byte(build, 0x0B);
    build_close(build, mark);
}

void build_function(struct build *build, const char *type, const char *body) {
    build_preamble(build);
    size_t mark = build_section_open(build, 1);
    build_byte(build, 1);
    build_hex(build, type);
    build_close(build, mark);
    build_section(build, 3, "01 00");
    mark = build_section_open(build, 10);
    build_byte(build, 1);
    build_body(build, body);
    build_close(build, mark);
}

/* Function 3: (i32) -> i32, with locals and blocks. */
static const char body_mixed[] = "02 02 7f 01 7d"                      /* two i32, one f32 */
                                 "02 40 20 00 45 0d 00 20 00 21 01 0b" /* block, br_if, local.set */
                                 "20 00 03 01 41 01 6a 22 02 20 02 0d 00 0b" /* loop of type 1: (i32) -> i32 */;

void build_everything(struct build *build) {
    build_preamble(build);
    build_custom(build, "before", "01 02 03");
    /* () -> (); (i32) -> i32; (i64, f32) -> (f64, v128); (funcref, externref) -> () */
    build_section(build, 1, "04 60 00 00 60 01 7f 01 7f 60 02 7e 7d 02 7c 7b 60 02 70 6f 00");
    /* A function, a table, a memory, and globals: mutable i32, i32, funcref. */
    build_section(build, 2,
                  "06 01 6d 01 66 00 01  01 6d 01 74 01 70 01 01 02  01 6d 01 6d 02 01 01 02"
                  "   01 6d 01 67 03 7f 01  01 6d 01 68 03 7f 00  01 6d 01 69 03 70 00");
    build_section(build, 3, "03 00 02 01");
    build_section(build, 4, "02 70 00 0a 6f 01 00 05");
    build_section(build, 5, "01 01 01 10");
    /* Constants: i32 with arithmetic, i64, f32, f64, v128, funcref twice, externref, the value of an import. */
    build_section(build, 6,
                  "09 7f 01 41 02 41 03 6c 23 01 6a 41 01 6b 0b  7e 00 42 02 42 03 7e 42 01 7c 42 01 7d 0b"
                  "   7d 00 43 00 00 80 3f 0b  7c 01 44 00 00 00 00 00 00 f0 3f 0b"
                  "   7b 00 fd 0c 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 0b"
                  "   70 00 d2 01 0b  70 01 d0 70 0b  6f 00 d0 6f 0b  7f 00 23 01 0b");
    build_section(build, 7, "05 01 66 00 03 01 74 01 01 01 6d 02 01 01 67 03 03 00 00 02");
    build_section(build, 8, "01");
    /* The eight kinds of segments. */
    build_section(build, 9,
                  "08 00 41 00 0b 02 00 01  01 00 01 02  02 01 41 01 0b 00 01 01  03 00 01 03"
                  "   04 41 00 0b 01 d2 00 0b  05 6f 01 d0 6f 0b  06 02 41 00 0b 6f 01 d0 6f 0b  07 70 01 23 02 0b");
    build_section(build, 12, "03");
    const size_t mark = build_section_open(build, 10);
    build_byte(build, 3);
    build_body(build, "00");
    build_body(build, "00 44 00 00 00 00 00 00 00 00 20 00 fd 12");
    build_body(build, body_mixed);
    build_close(build, mark);
    build_section(build, 11, "03 00 41 00 0b 02 68 69  01 01 21  02 01 41 00 0b 00");
    /* The names of functions 0 and 3, behind a module name. */
    build_custom(build, "name", "00 02 01 6d 01 0c 02 00 02 69 6e 03 05 6d 69 78 65 64");
}

void attempt_begin(struct attempt *attempt, struct bytes bytes, uint64_t limit_bytes) {
    *attempt = (struct attempt){.error = ERROR_NONE};
    budget_init_root(&attempt->budget, support_memory(), limit_bytes);
    report_init(&attempt->report);
    /* Nothing is run, so no host is needed. */
    attempt->error = wasm_engine_create(NULL, &attempt->budget, &attempt->engine);
    if (attempt->error == ERROR_NONE) {
        attempt->error = wasm_module_create(attempt->engine, &attempt->budget, bytes, &attempt->report, &attempt->module);
    }
}

void attempt_end(struct attempt *attempt) {
    if (attempt->module != NULL) {
        wasm_module_destroy(attempt->module);
    }
    if (attempt->engine != NULL) {
        wasm_engine_destroy(attempt->engine);
    }
    budget_end(&attempt->budget);
}
