/* Decoding of sections: what is accepted, what is refused with which words at which offset, and that no byte, no cut and
   no failing allocation does harm. */
#include "base/format.h"
#include "tests/support/build.h"
#include "tests/support/support.h"
#include "wasm/module.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ANYWHERE UINT64_MAX

/* Loads and forgets; *text must occur in the report. */
static void expect_bytes(struct bytes bytes, enum error error, uint64_t offset, const char *text) {
    struct attempt attempt;
    attempt_begin(&attempt, bytes, BUDGET_UNLIMITED);
    if (attempt.error != error || strstr(attempt.report.text, text) == NULL || (offset != ANYWHERE && attempt.report.offset != offset)) {
        fail_msg("expected: %s at %llu: %s; found: %s at %llu: %s", error_text(error), (unsigned long long)offset, text, error_text(attempt.error),
                 (unsigned long long)attempt.report.offset, attempt.report.text);
    }
    attempt_end(&attempt);
    assert_int_equal(support_live_bytes(), 0);
}

static void expect(struct build *build, enum error error, uint64_t offset, const char *text) {
    expect_bytes(build_bytes(build), error, offset, text);
    build_end(build);
}

/* A module of bytes behind the preamble. */
static void expect_hex(const char *digits, enum error error, uint64_t offset, const char *text) {
    struct build build = {0};
    build_preamble(&build);
    build_hex(&build, digits);
    expect(&build, error, offset, text);
}

static void preambles(void **state) {
    (void)state;
    struct build build = {0};
    expect_bytes((struct bytes){NULL, 0}, ERROR_MALFORMED, 0, "unexpected end");
    build_hex(&build, "0061");
    expect(&build, ERROR_MALFORMED, 2, "unexpected end");
    build_hex(&build, "7f454c46 02010100");
    expect(&build, ERROR_MALFORMED, 0, "magic header not detected");
    build_hex(&build, "0061736d 02000000");
    expect(&build, ERROR_MALFORMED, 4, "unknown binary version 0x2");
    build_hex(&build, "0061736d 0d000100");
    expect(&build, ERROR_UNSUPPORTED, 4, "component model");
    expect_hex("", ERROR_NONE, ANYWHERE, "");
}

static void sections_in_order(void **state) {
    (void)state;
    expect_hex("01 01 00  01 01 00", ERROR_MALFORMED, 11, "unexpected content after last section");
    expect_hex("03 01 00  01 01 00", ERROR_MALFORMED, 11, "unexpected content after last section");
    expect_hex("0a 01 00  0c 01 00", ERROR_MALFORMED, 11, "unexpected content after last section");
    expect_hex("0c 01 00  0a 01 00  0b 01 00", ERROR_NONE, ANYWHERE, "");
    expect_hex("7f 01 00", ERROR_MALFORMED, 8, "malformed section id 127");
    expect_hex("01 02 00 00", ERROR_MALFORMED, 11, "section size mismatch");
    expect_hex("01 05 00", ERROR_MALFORMED, 10, "length out of bounds");
    expect_hex("01 ff ff ff ff 1f", ERROR_MALFORMED, 9, "integer too large");
    expect_hex("01 80 80 80 80 80 00", ERROR_MALFORMED, 9, "integer representation too long");
    expect_hex("01 80", ERROR_MALFORMED, 9, "unexpected end");
    expect_hex("00 00", ERROR_MALFORMED, 10, "unexpected end");
    expect_hex("00 02 01 80", ERROR_MALFORMED, 10, "malformed UTF-8 encoding");
}

static void proposals_by_name(void **state) {
    (void)state;
    static const struct {
        const char *digits;
        const char *words;
    } cases[] = {
        {"05 04 01 03 01 02", "shared memories (threads proposal)"},
        {"05 03 01 04 01", "memory64"},
        {"05 04 01 08 01 00", "custom-page-sizes"},
        {"04 04 01 70 04 00", "memory64"},
        {"0d 03 01 00 00", "exception handling"},
        {"02 06 01 00 00 04 00 00", "exception handling"},
        {"01 04 01 5f 00 00", "garbage collection"},
        {"01 04 01 50 00 00", "garbage collection"},
        {"01 05 01 60 01 63 00", "typed function references"},
        {"01 05 01 60 01 6e 00", "garbage collection"},
        {"01 05 01 60 01 69 00", "exception handling"},
        {"04 09 01 40 00 70 00 00 d0 70 0b", "typed function references"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expect_hex(cases[i].digits, ERROR_UNSUPPORTED, ANYWHERE, cases[i].words);
    }
}

/* Each vector claims 2^32 - 1 things in a section of a few bytes. */
static void counts_that_lie(void **state) {
    (void)state;
    static const uint8_t ids[] = {1, 2, 3, 4, 5, 6, 7, 9, 10, 11};
    for (size_t i = 0; i < sizeof ids; i++) {
        struct build build = {0};
        build_preamble(&build);
        build_section(&build, ids[i], "ff ff ff ff 0f 00 00 00 00 00");
        struct attempt attempt;
        attempt_begin(&attempt, build_bytes(&build), BUDGET_UNLIMITED);
        assert_int_equal(attempt.error, ERROR_MALFORMED);
        assert_int_equal(attempt.report.offset, 14);
        assert_non_null(strstr(attempt.report.text, "4294967295"));
        /* The engine and the module, and nothing for what was claimed. */
        assert_true(attempt.budget.peak_bytes < 4096);
        attempt_end(&attempt);
        build_end(&build);
    }
    expect_hex("01 08 01 60 ff ff ff ff 0f 00", ERROR_MALFORMED, 12, "parameters of a function");
    expect_hex("00 05 ff ff ff ff 0f", ERROR_MALFORMED, 15, "length out of bounds");
    expect_hex("01 04 01 60 00 00 03 02 01 00 0a 07 01 ff ff ff ff 0f 00", ERROR_MALFORMED, ANYWHERE, "length out of bounds");
    expect_hex("05 03 01 00 00 0b 0a 01 00 41 00 0b ff ff ff ff 0f", ERROR_MALFORMED, ANYWHERE, "length out of bounds");
    expect_hex("04 04 01 70 00 00 09 0a 01 00 41 00 0b ff ff ff ff 0f", ERROR_MALFORMED, ANYWHERE, "elements do not fit");
    expect_hex("0c 05 ff ff ff ff 0f", ERROR_LIMIT, 10, "data segments");
}

static void limits_are_kept(void **state) {
    (void)state;
    struct build build = {0};
    build_preamble(&build);
    size_t mark = build_section_open(&build, 4);
    build_u32(&build, 1001);
    build_repeat(&build, "70 00 00", 1001);
    build_close(&build, mark);
    expect(&build, ERROR_LIMIT, 14, "1001 tables");

    build_preamble(&build);
    mark = build_section_open(&build, 2);
    build_u32(&build, 60);
    build_repeat(&build, "00 00 02 00 00", 60);
    build_close(&build, mark);
    mark = build_section_open(&build, 5);
    build_u32(&build, 5);
    build_repeat(&build, "00 00", 5);
    build_close(&build, mark);
    expect(&build, ERROR_LIMIT, ANYWHERE, "65 memories");

    build_preamble(&build);
    mark = build_section_open(&build, 1);
    build_hex(&build, "01 60");
    build_u32(&build, 1001);
    build_repeat(&build, "7f", 1001);
    build_hex(&build, "00");
    build_close(&build, mark);
    expect(&build, ERROR_LIMIT, 16, "1001 parameters");

    build_preamble(&build);
    mark = build_section_open(&build, 3);
    build_u32(&build, 1000001);
    build_repeat(&build, "00", 1000001);
    build_close(&build, mark);
    expect(&build, ERROR_LIMIT, ANYWHERE, "functions");

    expect_hex("04 07 01 70 00 81 ad e2 04", ERROR_LIMIT, 11, "10000001 elements in a table");
    expect_hex("05 05 01 00 81 80 04", ERROR_INVALID, ANYWHERE, "memory size must be at most 65536 pages");
    expect_hex("05 04 01 01 02 01", ERROR_INVALID, ANYWHERE, "size minimum must not be greater than maximum");
    expect_hex("05 03 01 80 00", ERROR_MALFORMED, ANYWHERE, "integer representation too long");
    expect_hex("05 03 01 02 00", ERROR_MALFORMED, ANYWHERE, "integer too large");
}

static void module_that_is_too_large(void **state) {
    (void)state;
    static const uint8_t byte;
    expect_bytes((struct bytes){&byte, (size_t)LIMIT_MODULE_BYTES + 1}, ERROR_LIMIT, REPORT_NO_OFFSET, "bytes in a module");
}

static void imports_and_exports(void **state) {
    (void)state;
    expect_hex("02 05 01 00 00 00 00", ERROR_INVALID, 14, "unknown type 0");
    expect_hex("02 05 01 00 00 05 00", ERROR_MALFORMED, 13, "malformed import kind 0x05");
    expect_hex("02 06 01 00 00 03 7f 02", ERROR_MALFORMED, 15, "malformed mutability");
    expect_hex("02 06 01 00 00 03 40 00", ERROR_MALFORMED, 14, "malformed value type 0x40");
    expect_hex("02 07 01 02 c0 80 00 02 00 00", ERROR_MALFORMED, 11, "malformed UTF-8 encoding");
    expect_hex("07 04 01 00 00 00", ERROR_INVALID, 13, "unknown function 0");
    expect_hex("07 04 01 00 01 00", ERROR_INVALID, 13, "unknown table 0");
    expect_hex("07 04 01 00 02 00", ERROR_INVALID, 13, "unknown memory 0");
    expect_hex("07 04 01 00 03 00", ERROR_INVALID, 13, "unknown global 0");
    expect_hex("07 04 01 00 04 00", ERROR_MALFORMED, 12, "malformed export kind 0x04");
    expect_hex("05 03 01 00 00 07 09 02 01 61 02 00 01 61 02 00", ERROR_INVALID, 20, "duplicate export name \"a\"");
    expect_hex("01 05 01 60 01 7f 00 03 02 01 00 08 01 00", ERROR_INVALID, 21, "start function");
    expect_hex("08 01 00", ERROR_INVALID, 10, "unknown function 0");
}

/* Globals of one type and expression; imports are a mutable and an immutable i32. */
static void expect_constant(const char *digits, enum error error, const char *text) {
    struct build build = {0};
    build_preamble(&build);
    build_section(&build, 1, "01 60 00 00");
    build_section(&build, 2, "03 00 00 00 00  00 00 03 7f 01  00 00 03 7f 00");
    const size_t mark = build_section_open(&build, 6);
    build_byte(&build, 1);
    build_hex(&build, digits);
    build_close(&build, mark);
    expect(&build, error, ANYWHERE, text);
}

static void constant_expressions(void **state) {
    (void)state;
    expect_constant("7f 00 41 00 0b", ERROR_NONE, "");
    expect_constant("7f 00 23 01 0b", ERROR_NONE, "");
    expect_constant("7e 00 42 01 42 02 7c 42 03 7d 42 04 7e 0b", ERROR_NONE, "");
    expect_constant("70 00 d2 00 0b", ERROR_NONE, "");
    expect_constant("7f 00 23 00 0b", ERROR_INVALID, "constant expression required: global 0 is mutable");
    expect_constant("7f 00 23 02 0b", ERROR_INVALID, "unknown global 2");
    expect_constant("70 00 d2 01 0b", ERROR_INVALID, "unknown function 1");
    expect_constant("7f 00 41 00 45 0b", ERROR_INVALID, "constant expression required: i32.eqz");
    expect_constant("7f 00 fd 0f 0b", ERROR_INVALID, "constant expression required: i8x16.splat");
    expect_constant("7f 00 ff 0b", ERROR_MALFORMED, "illegal opcode 0xff");
    expect_constant("7f 00 fb 1c 0b", ERROR_UNSUPPORTED, "garbage collection");
    expect_constant("7f 00 0b", ERROR_INVALID, "type mismatch");
    expect_constant("7f 00 41 00 41 00 0b", ERROR_INVALID, "type mismatch");
    expect_constant("7f 00 42 00 0b", ERROR_INVALID, "type mismatch: a constant expression of type i32 is needed, found i64");
    expect_constant("7f 00 41 00 6a 0b", ERROR_INVALID, "type mismatch: i32.add");
    expect_constant("7f 00 41 00 42 00 6a 0b", ERROR_INVALID, "type mismatch: i32.add");
    expect_constant("7f 00 41 00", ERROR_MALFORMED, "unexpected end");
    expect_constant("7d 00 43 00 00 00", ERROR_MALFORMED, "unexpected end");
    expect_constant("6f 00 d0 7f 0b", ERROR_MALFORMED, "malformed reference type");
}

static void constant_depth(void **state) {
    (void)state;
    for (size_t depth = LIMIT_CONSTANT_DEPTH; depth <= LIMIT_CONSTANT_DEPTH + 1; depth++) {
        struct build build = {0};
        build_preamble(&build);
        const size_t mark = build_section_open(&build, 6);
        build_hex(&build, "01 7f 00");
        build_repeat(&build, "41 00", depth);
        build_repeat(&build, "6a", depth - 1);
        build_hex(&build, "0b");
        build_close(&build, mark);
        const bool fits = depth <= LIMIT_CONSTANT_DEPTH;
        expect(&build, fits ? ERROR_NONE : ERROR_LIMIT, ANYWHERE, fits ? "" : "65 operands on the stack of a constant expression");
    }
}

static void segments(void **state) {
    (void)state;
    expect_hex("09 06 01 00 41 00 0b 00", ERROR_INVALID, 12, "unknown table 0");
    expect_hex("09 04 01 08 00 00", ERROR_MALFORMED, 11, "malformed elements segment kind 8");
    expect_hex("09 04 01 01 01 00", ERROR_MALFORMED, 12, "malformed element kind 0x01");
    expect_hex("09 05 01 01 00 01 00", ERROR_INVALID, 14, "unknown function 0");
    expect_hex("04 04 01 6f 00 00 09 06 01 00 41 00 0b 00", ERROR_INVALID, 17,
               "type mismatch: elements of type funcref for table 0 of type externref");
    expect_hex("04 04 01 70 00 00 09 06 01 00 42 00 0b 00", ERROR_INVALID, ANYWHERE, "type mismatch");
    expect_hex("09 07 01 05 6f 01 d0 70 0b", ERROR_INVALID, ANYWHERE, "type mismatch");
    expect_hex("0b 06 01 00 41 00 0b 00", ERROR_INVALID, 12, "unknown memory 0");
    expect_hex("0b 03 01 03 00", ERROR_MALFORMED, 11, "malformed data segment kind 3");
    expect_hex("0c 01 01", ERROR_MALFORMED, 11, "data count and data section have inconsistent lengths");
    expect_hex("0c 01 01 0b 01 00", ERROR_MALFORMED, 13, "data count and data section have inconsistent lengths");
    expect_hex("0b 03 01 01 00", ERROR_NONE, ANYWHERE, "");
}

static void function_and_body_counts(void **state) {
    (void)state;
    expect_hex("01 04 01 60 00 00 03 02 01 00", ERROR_MALFORMED, 18, "function and code section have inconsistent lengths: 1 functions, 0 bodies");
    expect_hex("0a 04 01 02 00 0b", ERROR_MALFORMED, 10, "function and code section have inconsistent lengths: 0 functions, 1 bodies");
    expect_hex("01 04 01 60 00 00 03 02 01 00 0a 04 01 02 00 0b", ERROR_NONE, ANYWHERE, "");
}

/* A body may name a data segment only when a count came before. */
static void data_count_is_required(void **state) {
    (void)state;
    const char *head = "01 04 01 60 00 00 03 02 01 00 0a 07 01 05 00 fc 09 00 0b";
    char digits[256];
    (void)format(digits, sizeof digits, "%s 0b 03 01 01 00", head);
    expect_hex(digits, ERROR_MALFORMED, 23, "data count section required");
    expect_hex(head, ERROR_INVALID, 23, "unknown data segment 0");
    expect_hex("01 04 01 60 00 00 03 02 01 00 0c 01 01 0a 07 01 05 00 fc 09 00 0b 0b 03 01 01 00", ERROR_NONE, ANYWHERE, "");
}

static void check_everything(const struct wasm_module *module) {
    assert_int_equal(wasm_module_import_count(module), 6);
    struct wasm_import import;
    wasm_module_import(module, 1, &import);
    assert_true(bytes_equal(import.name, bytes_from_text("t")));
    assert_int_equal(import.type.kind, WASM_KIND_TABLE);
    assert_int_equal(import.type.limits.maximum, 2);
    wasm_module_import(module, 0, &import);
    assert_int_equal(import.type.function->parameter_count, 1);
    struct wasm_export export;
    assert_true(wasm_module_find_export(module, bytes_from_text("g"), &export));
    assert_int_equal(export.index, 3);
    assert_int_equal(export.type.value_type, WASM_I32);
    assert_false(wasm_module_find_export(module, bytes_from_text("none"), &export));
    wasm_module_export(module, 4, &export);
    assert_int_equal(export.name.size, 0);
    struct wasm_limits limits;
    wasm_module_memory_type(module, 1, &limits);
    assert_int_equal(limits.maximum, 16);
    struct wasm_module_summary summary;
    wasm_module_summary(module, &summary);
    assert_int_equal(summary.function_count, 4);
    assert_int_equal(summary.table_count, 3);
    assert_int_equal(summary.global_count, 12);
    assert_int_equal(summary.element_count, 8);
    assert_int_equal(summary.data_count, 3);
    assert_true(summary.has_start);
    assert_true(bytes_equal(wasm_module_function_name(module, 3), bytes_from_text("mixed")));
    assert_int_equal(module->elements[5].mode, SEGMENT_PASSIVE);
    assert_int_equal(module->elements[3].mode, SEGMENT_DECLARATIVE);
    assert_int_equal(module->functions[3].local_count, 4);
    assert_int_equal(module->functions[3].nesting_max, 2);
}

static void everything(void **state) {
    (void)state;
    struct build build = {0};
    build_everything(&build);
    struct attempt attempt;
    attempt_begin(&attempt, build_bytes(&build), BUDGET_UNLIMITED);
    if (attempt.error != ERROR_NONE) {
        fail_msg("%s", attempt.report.text);
    }
    check_everything(attempt.module);
    static const char *const names[] = {"before", "type",  "import",  "function",   "table", "memory", "global",
                                        "export", "start", "element", "data count", "code",  "data",   "name"};
    uint64_t cursor = 0;
    struct wasm_section section;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_true(wasm_module_next_section(attempt.module, &cursor, &section));
        assert_true(bytes_equal(section.name, bytes_from_text(names[i])));
    }
    assert_int_equal(section.id, 0);
    assert_int_equal(section.offset + section.size, build.size);
    assert_false(wasm_module_next_section(attempt.module, &cursor, &section));
    attempt_end(&attempt);
    build_end(&build);
    assert_int_equal(support_live_bytes(), 0);
}

/* Every prefix and every changed byte: accepted or refused with a reason, nothing leaked. Each is copied to a block of
   its own size, for the sanitizer. */
static void cuts_and_changes(void **state) {
    (void)state;
    struct build build = {0};
    build_everything(&build);
    for (size_t size = 0; size <= build.size; size++) {
        uint8_t *copy = malloc(size == 0 ? 1 : size);
        memcpy(copy, build.data, size);
        for (int change = 0; change < 3 && size > 0; change++) {
            copy[size - 1] = (uint8_t)(build.data[size - 1] ^ (change == 0 ? 0 : change == 1 ? 0x80 : 0xFF));
            struct attempt attempt;
            attempt_begin(&attempt, (struct bytes){copy, size}, BUDGET_UNLIMITED);
            assert_true(attempt.error == ERROR_NONE || (attempt.report.error == attempt.error && attempt.report.offset <= size));
            attempt_end(&attempt);
        }
        free(copy);
    }
    for (size_t i = 0; i < build.size; i++) {
        const uint8_t kept = build.data[i];
        for (unsigned value = 0; value < 256; value += 5) {
            build.data[i] = (uint8_t)(kept + value);
            struct attempt attempt;
            attempt_begin(&attempt, build_bytes(&build), BUDGET_UNLIMITED);
            attempt_end(&attempt);
        }
        build.data[i] = kept;
    }
    build_end(&build);
    assert_int_equal(support_live_bytes(), 0);
}

static void allocations_that_fail(void **state) {
    (void)state;
    struct build build = {0};
    build_everything(&build);
    long failures = 0;
    for (;; failures++) {
        struct attempt attempt;
        support_fail_after(failures);
        attempt_begin(&attempt, build_bytes(&build), BUDGET_UNLIMITED);
        support_fail_after(-1);
        const enum error error = attempt.error;
        attempt_end(&attempt);
        assert_int_equal(support_live_bytes(), 0);
        if (error == ERROR_NONE) {
            break;
        }
        assert_int_equal(error, ERROR_NO_MEMORY);
    }
    assert_true(failures > 5);
    build_end(&build);
}

static void budgets_that_end(void **state) {
    (void)state;
    struct build build = {0};
    build_everything(&build);
    enum error error = ERROR_NO_MEMORY;
    for (uint64_t limit = 0; error != ERROR_NONE; limit += 64) {
        struct attempt attempt;
        attempt_begin(&attempt, build_bytes(&build), limit);
        error = attempt.error;
        assert_true(error == ERROR_NONE || error == ERROR_NO_MEMORY);
        assert_true(attempt.budget.peak_bytes <= limit);
        attempt_end(&attempt);
    }
    build_end(&build);
}

/* A report is not needed. */
static void no_report(void **state) {
    (void)state;
    static const uint8_t bytes[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 1};
    struct attempt attempt;
    attempt_begin(&attempt, (struct bytes){bytes, 8}, BUDGET_UNLIMITED);
    struct wasm_module *module = NULL;
    assert_int_equal(wasm_module_create(attempt.engine, &attempt.budget, (struct bytes){bytes, sizeof bytes}, NULL, &module), ERROR_MALFORMED);
    attempt_end(&attempt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preambles),
        cmocka_unit_test(sections_in_order),
        cmocka_unit_test(proposals_by_name),
        cmocka_unit_test(counts_that_lie),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(module_that_is_too_large),
        cmocka_unit_test(imports_and_exports),
        cmocka_unit_test(constant_expressions),
        cmocka_unit_test(constant_depth),
        cmocka_unit_test(segments),
        cmocka_unit_test(function_and_body_counts),
        cmocka_unit_test(data_count_is_required),
        cmocka_unit_test(everything),
        cmocka_unit_test(cuts_and_changes),
        cmocka_unit_test(allocations_that_fail),
        cmocka_unit_test(budgets_that_end),
        cmocka_unit_test(no_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
