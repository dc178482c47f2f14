/* Validation of bodies: what the specification's suite does not say, that is messages, offsets, limits, what the validator
   notes for the executors, and the time that hostile bodies take. */
#include "base/format.h"
#include "tests/support/build.h"
#include "tests/support/support.h"
#include "wasm/module.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* No hostile module here takes a tenth of this, sanitizers included; a quadratic one takes hours. */
#define SECONDS_MAX 20

/* The attempt stays where it is: the engine knows its budget. */
static void expect_attempt(struct attempt *attempt, struct build *build, enum error error, const char *text) {
    attempt_begin(attempt, build_bytes(build), BUDGET_UNLIMITED);
    if (attempt->error != error || strstr(attempt->report.text, text) == NULL) {
        fail_msg("expected: %s: %s; found: %s: %s", error_text(error), text, error_text(attempt->error), attempt->report.text);
    }
}

static void expect(struct build *build, enum error error, const char *text) {
    struct attempt attempt;
    expect_attempt(&attempt, build, error, text);
    attempt_end(&attempt);
    build_end(build);
    assert_int_equal(support_live_bytes(), 0);
}

/* The report is at `instruction` bytes behind the locals of a body without any. */
static void expect_body(const char *type, const char *body, enum error error, const char *text, uint64_t instruction) {
    struct build build = {0};
    char digits[512];
    (void)format(digits, sizeof digits, "00 %s", body);
    build_function(&build, type, digits);
    struct attempt attempt;
    expect_attempt(&attempt, &build, error, text);
    if (error != ERROR_NONE) {
        /* The body ends the module, with the `end` that build_function adds. */
        struct build only = {0};
        build_hex(&only, body);
        assert_int_equal(attempt.report.offset, build.size - 1 - only.size + instruction);
        build_end(&only);
    }
    attempt_end(&attempt);
    build_end(&build);
}

static void messages_and_offsets(void **state) {
    (void)state;
    expect_body("60 00 00", "41 00 42 00 6a 1a", ERROR_INVALID, "type mismatch: i32.add expects i32, found i64", 4);
    expect_body("60 00 00", "41 00 6a 1a", ERROR_INVALID, "type mismatch: i32.add expects i32, found an empty stack", 2);
    expect_body("60 00 00", "41 00", ERROR_INVALID, "type mismatch: the block has 0 results, and 1 more values remain", 2);
    expect_body("60 00 01 7f", "", ERROR_INVALID, "type mismatch: end expects i32, found an empty stack", 0);
    expect_body("60 00 01 7f", "43 00 00 00 00", ERROR_INVALID, "type mismatch: end expects i32, found f32", 5);
    expect_body("60 00 00", "20 03 1a", ERROR_INVALID, "unknown local 3", 0);
    expect_body("60 00 00", "01 0c 01", ERROR_INVALID, "unknown label 1", 1);
    expect_body("60 00 00", "01 10 07", ERROR_INVALID, "unknown function 7", 1);
    expect_body("60 00 00", "02 01 0b", ERROR_INVALID, "unknown type 1", 0);
    expect_body("60 00 00", "23 00 1a", ERROR_INVALID, "unknown global 0", 0);
    expect_body("60 00 00", "41 00 28 02 00 1a", ERROR_INVALID, "unknown memory 0", 2);
    expect_body("60 00 00", "41 00 25 00 1a", ERROR_INVALID, "unknown table 0", 2);
    expect_body("60 00 00", "d2 00 1a", ERROR_INVALID, "undeclared function reference: function 0", 0);
    expect_body("60 00 00", "d0 70 d0 70 41 00 1b 1a", ERROR_INVALID, "type mismatch: select expects numbers or vectors, found funcref", 6);
    expect_body("60 00 00", "41 00 41 00 41 00 1c 00 1a", ERROR_INVALID, "invalid result arity", 6);
    expect_body("60 00 00", "41 00 d1 1a", ERROR_INVALID, "type mismatch: ref.is_null expects a reference, found i32", 2);
    expect_body("60 00 00", "41 00 04 7f 41 00 0b 1a", ERROR_INVALID, "an if without else", 6);
    expect_body("60 00 00", "41 00 fd 0f fd 15 10 1a", ERROR_INVALID, "invalid lane index 16", 6);
    expect_body("60 00 01 7f", "12 00", ERROR_NONE, "", 0);
    expect_body("60 00 00", "05", ERROR_MALFORMED, "unexpected else", 0);
    expect_body("60 00 00", "0b", ERROR_MALFORMED, "END opcode expected", 1);
    expect_body("60 00 00", "02 40", ERROR_MALFORMED, "unexpected end", 3);
    expect_body("60 00 00", "02 7a 0b", ERROR_MALFORMED, "malformed value type 0x7a", 1);
    expect_body("60 00 00", "02 ff 7f 0b", ERROR_MALFORMED, "malformed block type", 1);
    expect_body("60 00 00", "27", ERROR_MALFORMED, "illegal opcode 0x27", 0);
    expect_body("60 00 00", "fc 12", ERROR_MALFORMED, "illegal opcode 0xfc 0x12", 0);
    expect_body("60 00 00", "fc 80 02", ERROR_MALFORMED, "illegal opcode 0xfc 0x100", 0);
    expect_body("60 00 00", "fe 04", ERROR_MALFORMED, "illegal opcode 0xfe 0x04", 0);
    expect_body("60 00 00", "fe 03 01", ERROR_MALFORMED, "zero byte expected", 2);
}

static void proposals_by_name(void **state) {
    (void)state;
    expect_body("60 00 00", "06 40 0b", ERROR_UNSUPPORTED, "instruction 0x06 belongs to the exception handling proposal", 0);
    expect_body("60 00 00", "1f 40 00 0b", ERROR_UNSUPPORTED, "exception handling", 0);
    expect_body("60 00 00", "14 00", ERROR_UNSUPPORTED, "typed function references", 0);
    expect_body("60 00 00", "fb 00 00", ERROR_UNSUPPORTED, "garbage collection", 0);
    expect_body("60 00 00", "fd 80 02", ERROR_UNSUPPORTED, "instruction 0xfd 0x100 belongs to the relaxed SIMD proposal", 0);
    expect_body("60 00 00", "fc 13", ERROR_UNSUPPORTED, "wide arithmetic", 0);
    expect_body("60 00 00", "d0 6e 1a", ERROR_UNSUPPORTED, "garbage collection", 1);
}

/* What is invalid first and does not decode later is malformed, at the later place. */
static void malformed_behind_invalid(void **state) {
    (void)state;
    expect_body("60 00 00", "41 00 6a ff", ERROR_MALFORMED, "illegal opcode 0xff", 3);
    expect_body("60 00 00", "6a 02 40", ERROR_MALFORMED, "unexpected end", 4);
    expect_body("60 00 00", "6a 0b", ERROR_MALFORMED, "END opcode expected", 2);
    expect_body("60 00 00", "6a 28 80 01 00", ERROR_MALFORMED, "malformed memop flags", 2);
    /* Every kind of immediate, decoded to the end. */
    expect_body("60 00 00",
                "6a 02 40 0b 0c 00 0e 01 00 00 10 00 11 00 00 1c 01 7f 20 00 23 00 25 00 fc 0e 00 00 fc 0c 00 00 fc 0d 00 fc 09 00 fc 08 00 00"
                "3f 00 fc 0a 00 00 28 42 01 00 fd 54 00 00 00 41 7f 42 7f 43 00 00 00 00 44 00 00 00 00 00 00 00 00"
                "fd 0c 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 fd 15 00 d0 70 fe 03 00",
                ERROR_INVALID, "type mismatch: i32.add", 0);
}

/* Memories 0 and 1; the alignment of atomics is exact, and a memory index may come with each access. */
static void accesses(void **state) {
    (void)state;
    static const struct {
        const char *body;
        enum error error;
        const char *text;
    } cases[] = {
        {"41 00 28 02 00 1a", ERROR_NONE, ""},
        {"41 00 28 42 01 00 1a", ERROR_NONE, ""},
        {"41 00 28 42 02 00 1a", ERROR_INVALID, "unknown memory 2"},
        {"41 00 28 03 00 1a", ERROR_INVALID, "alignment must not be larger than natural"},
        {"41 00 28 43 00 00 1a", ERROR_INVALID, "alignment must not be larger than natural"},
        {"41 00 28 80 01 00 1a", ERROR_MALFORMED, "malformed memop flags"},
        {"41 00 fe 10 02 00 1a", ERROR_NONE, ""},
        {"41 00 fe 10 42 01 00 1a", ERROR_NONE, ""},
        {"41 00 fe 10 01 00 1a", ERROR_INVALID, "atomic alignment must be natural"},
        {"41 00 fe 10 03 00 1a", ERROR_INVALID, "alignment must not be larger than natural"},
        {"41 00 42 00 42 00 fe 02 03 00 1a", ERROR_NONE, ""},
        {"41 00 41 00 41 00 fc 0a 01 00", ERROR_NONE, ""},
        {"41 00 41 00 41 00 fc 0a 01 02", ERROR_INVALID, "unknown memory 2"},
        {"3f 01 1a", ERROR_NONE, ""},
        {"41 00 40 02 1a", ERROR_INVALID, "unknown memory 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct build build = {0};
        build_preamble(&build);
        build_section(&build, 1, "01 60 00 00");
        build_section(&build, 3, "01 00");
        build_section(&build, 5, "02 00 00 00 00");
        const size_t section = build_section_open(&build, 10);
        build_byte(&build, 1);
        const size_t body = build_open(&build);
        build_hex(&build, "00");
        build_hex(&build, cases[i].body);
        build_hex(&build, "0b");
        build_close(&build, body);
        build_close(&build, section);
        expect(&build, cases[i].error, cases[i].text);
    }
}

static void unreachable_code(void **state) {
    (void)state;
    expect_body("60 00 01 7f", "00", ERROR_NONE, "", 0);
    expect_body("60 00 01 7f", "00 6a", ERROR_NONE, "", 0);
    expect_body("60 00 01 7f", "00 1b", ERROR_NONE, "", 0);
    expect_body("60 00 00", "00 42 00 6a 1a", ERROR_INVALID, "type mismatch: i32.add expects i32, found i64", 3);
    expect_body("60 00 00", "00 42 00 43 00 00 00 00 41 00 1b 1a", ERROR_INVALID, "type mismatch: select expects i64, found f32", 10);
    expect_body("60 00 01 7e", "00 1b 1b 0c 00", ERROR_NONE, "", 0);
    expect_body("60 00 00", "00 d1 1a", ERROR_NONE, "", 0);
    expect_body("60 00 00", "00 1a 1a 1a", ERROR_NONE, "", 0);
    /* Eight and more unknown values before known ones, against a list of types. */
    expect_body("60 00 0a 7f 7f 7f 7f 7f 7f 7f 7f 7f 7e", "00 1b 1b 1b 1b 1b 1b 1b 1b 1b 42 00", ERROR_NONE, "", 0);
    expect_body("60 00 0a 7f 7f 7f 7f 7f 7f 7f 7f 7f 7e", "00 1b 1b 1b 1b 1b 1b 1b 41 00 1b 41 00", ERROR_INVALID,
                "type mismatch: end expects i64, found i32", 13);
}

static void what_is_noted(void **state) {
    (void)state;
    struct build build = {0};
    /* Two blocks in one another; at most four values, after the third constant above the block's parameter. */
    build_function(&build, "60 02 7f 7e 00", "02 03 7f 02 7d 41 00 02 40 02 40 0b 41 01 41 02 41 03 1a 1a 1a 0b 1a");
    struct attempt attempt;
    expect_attempt(&attempt, &build, ERROR_NONE, "");
    const struct module_function *function = &attempt.module->functions[0];
    assert_int_equal(function->local_count, 7);
    assert_int_equal(function->nesting_max, 3);
    assert_int_equal(function->operand_max, 4);
    assert_int_equal(function->body_offset + function->body_size, build.size);
    attempt_end(&attempt);
    build_end(&build);
}

/* A body with this many locals, in alternating groups of 300 i32 and 200 f64, that reads one. */
static void expect_local(uint32_t groups, uint32_t index, const char *instruction) {
    struct build build = {0};
    build_preamble(&build);
    build_section(&build, 1, "01 60 03 7d 7d 7d 00");
    build_section(&build, 3, "01 00");
    const size_t section = build_section_open(&build, 10);
    build_byte(&build, 1);
    const size_t body = build_open(&build);
    build_u32(&build, groups * 3);
    build_repeat(&build, "ac 02 7f  00 7b  c8 01 7c", groups);
    build_hex(&build, "20");
    build_u32(&build, index);
    build_hex(&build, instruction);
    build_hex(&build, "1a 0b");
    build_close(&build, body);
    build_close(&build, section);
    expect(&build, ERROR_NONE, "");
}

static void locals_in_groups(void **state) {
    (void)state;
    /* i32.eqz, f64.neg and f32.neg say what the type is. */
    expect_local(90, 0, "8c");
    expect_local(90, 2, "8c");
    for (uint32_t group = 0; group < 90; group++) {
        const uint32_t start = 3 + group * 500;
        expect_local(90, start, "45");
        expect_local(90, start + 299, "45");
        expect_local(90, start + 300, "9a");
        expect_local(90, start + 499, "9a");
    }
}

static void locals_that_are_too_many(void **state) {
    (void)state;
    struct build build = {0};
    build_function(&build, "60 01 7f 00", "01 cf 86 03 7f 20 cf 86 03 1a");
    expect(&build, ERROR_NONE, "");
    build_function(&build, "60 01 7f 00", "01 d0 86 03 7f");
    expect(&build, ERROR_LIMIT, "50001 locals of a function");
    build_function(&build, "60 00 00", "01 ff ff ff ff 0f 7f");
    expect(&build, ERROR_LIMIT, "4294967295 locals of a function");
    build_function(&build, "60 00 00", "02 ff ff ff ff 0f 7f 01 7f");
    expect(&build, ERROR_MALFORMED, "too many locals");
    build_function(&build, "60 00 00", "02 ff ff ff ff 0f 7f 01 50");
    expect(&build, ERROR_UNSUPPORTED, "garbage collection");
    build_function(&build, "60 00 00", "ff ff ff ff 0f");
    expect(&build, ERROR_MALFORMED, "groups of locals do not fit");
}

static void nesting(void **state) {
    (void)state;
    for (uint32_t depth = LIMIT_NESTING; depth <= LIMIT_NESTING + 1; depth++) {
        struct build build = {0};
        build_preamble(&build);
        build_section(&build, 1, "01 60 00 00");
        build_section(&build, 3, "01 00");
        const size_t section = build_section_open(&build, 10);
        build_byte(&build, 1);
        const size_t body = build_open(&build);
        build_hex(&build, "00");
        build_repeat(&build, "02 40", depth);
        build_repeat(&build, "0b", depth + 1);
        build_close(&build, body);
        build_close(&build, section);
        expect(&build, depth <= LIMIT_NESTING ? ERROR_NONE : ERROR_LIMIT, depth <= LIMIT_NESTING ? "" : "100001 nested blocks");
    }
}

/* A module whose type 0 is () -> () and type 1 gives a thousand values; the body of function 0 is left open. */
struct wide {
    struct build build;
    size_t section;
    size_t body;
};

static void wide_begin(struct wide *wide) {
    *wide = (struct wide){.section = 0};
    build_preamble(&wide->build);
    const size_t types = build_section_open(&wide->build, 1);
    build_hex(&wide->build, "02 60 00 00 60 00");
    build_u32(&wide->build, LIMIT_RESULTS);
    build_repeat(&wide->build, "7f", LIMIT_RESULTS);
    build_close(&wide->build, types);
    build_section(&wide->build, 3, "02 00 01");
    wide->section = build_section_open(&wide->build, 10);
    build_byte(&wide->build, 2);
    wide->body = build_open(&wide->build);
    build_hex(&wide->build, "00");
}

static void wide_end(struct wide *wide, enum error error, const char *text) {
    build_hex(&wide->build, "0b");
    build_close(&wide->build, wide->body);
    wide->body = build_open(&wide->build);
    build_hex(&wide->build, "00 00 0b");
    build_close(&wide->build, wide->body);
    build_close(&wide->build, wide->section);
    const clock_t start = clock();
    expect(&wide->build, error, text);
    assert_true((clock() - start) / CLOCKS_PER_SEC < SECONDS_MAX);
}

static void operands(void **state) {
    (void)state;
    struct wide wide;
    wide_begin(&wide);
    build_repeat(&wide.build, "10 01", LIMIT_OPERANDS / LIMIT_RESULTS - 1);
    build_repeat(&wide.build, "41 00", LIMIT_RESULTS - 1);
    build_hex(&wide.build, "0f");
    wide_end(&wide, ERROR_NONE, "");
    /* Whatever instruction comes next, it would have to find room for a value. */
    wide_begin(&wide);
    build_repeat(&wide.build, "10 01", LIMIT_OPERANDS / LIMIT_RESULTS);
    build_hex(&wide.build, "0f");
    wide_end(&wide, ERROR_LIMIT, "1000001 operands on the stack");
    wide_begin(&wide);
    build_hex(&wide.build, "41 00");
    build_repeat(&wide.build, "10 01", LIMIT_OPERANDS / LIMIT_RESULTS);
    wide_end(&wide, ERROR_LIMIT, "1000001 operands on the stack");
}

/* A million targets, all to a label of a thousand values. */
static void branch_table_of_wide_labels(void **state) {
    (void)state;
    struct wide wide;
    wide_begin(&wide);
    build_hex(&wide.build, "02 01 10 01 41 00 0e");
    build_u32(&wide.build, LIMIT_BRANCH_TARGETS);
    build_repeat(&wide.build, "00", (size_t)LIMIT_BRANCH_TARGETS + 1);
    build_hex(&wide.build, "0b 0f");
    wide_end(&wide, ERROR_NONE, "");
    wide_begin(&wide);
    build_hex(&wide.build, "0e");
    build_u32(&wide.build, LIMIT_BRANCH_TARGETS + 1);
    build_repeat(&wide.build, "00", (size_t)LIMIT_BRANCH_TARGETS + 2);
    wide_end(&wide, ERROR_LIMIT, "1000001 targets of a br_table");
    /* Labels of different arity. */
    wide_begin(&wide);
    build_hex(&wide.build, "02 01 10 01 41 00 0e 01 00 01 0b 0f");
    wide_end(&wide, ERROR_INVALID, "type mismatch: labels of a br_table take 1000 and 0 values");
}

/* A hundred thousand wide values checked in unreachable code, where some are unknown. */
static void wide_unknown_values(void **state) {
    (void)state;
    struct wide wide;
    wide_begin(&wide);
    build_hex(&wide.build, "02 01 00");
    build_repeat(&wide.build, "1b", LIMIT_RESULTS);
    for (int i = 0; i < 100000; i++) {
        build_hex(&wide.build, "41 00 0e 00 00 00");
        build_byte(&wide.build, 0x1B);
    }
    build_hex(&wide.build, "0b 0f");
    wide_end(&wide, ERROR_NONE, "");
}

/* A hundred thousand bodies of a few bytes that declare 50,000 locals each. */
static void many_bodies_with_many_locals(void **state) {
    (void)state;
    enum { COUNT = 100000 };
    struct build build = {0};
    build_preamble(&build);
    build_section(&build, 1, "01 60 00 00");
    size_t section = build_section_open(&build, 3);
    build_u32(&build, COUNT);
    build_repeat(&build, "00", COUNT);
    build_close(&build, section);
    section = build_section_open(&build, 10);
    build_u32(&build, COUNT);
    build_repeat(&build, "0b 01 d0 86 03 7b 20 cf 86 03 0f 0b", COUNT);
    build_close(&build, section);
    const clock_t start = clock();
    expect(&build, ERROR_NONE, "");
    assert_true((clock() - start) / CLOCKS_PER_SEC < SECONDS_MAX);
}

/* Groups, operands and controls that grow, each allocation failing in turn. */
static void allocations_that_fail(void **state) {
    (void)state;
    struct wide wide;
    wide_begin(&wide);
    build_repeat(&wide.build, "02 40", 200);
    build_repeat(&wide.build, "10 01", 3);
    build_hex(&wide.build, "0f");
    build_repeat(&wide.build, "0b", 200);
    build_hex(&wide.build, "0b");
    build_close(&wide.build, wide.body);
    wide.body = build_open(&wide.build);
    build_u32(&wide.build, 60);
    build_repeat(&wide.build, "e4 00 7f", 60);
    build_hex(&wide.build, "00 0b");
    build_close(&wide.build, wide.body);
    build_close(&wide.build, wide.section);
    enum error error = ERROR_NO_MEMORY;
    long failures = 0;
    for (; error != ERROR_NONE; failures++) {
        struct attempt attempt;
        support_fail_after(failures);
        attempt_begin(&attempt, build_bytes(&wide.build), BUDGET_UNLIMITED);
        support_fail_after(-1);
        error = attempt.error;
        assert_true(error == ERROR_NONE || error == ERROR_NO_MEMORY);
        attempt_end(&attempt);
        assert_int_equal(support_live_bytes(), 0);
    }
    assert_true(failures > 10);
    build_end(&wide.build);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_and_offsets),
        cmocka_unit_test(proposals_by_name),
        cmocka_unit_test(malformed_behind_invalid),
        cmocka_unit_test(accesses),
        cmocka_unit_test(unreachable_code),
        cmocka_unit_test(what_is_noted),
        cmocka_unit_test(locals_in_groups),
        cmocka_unit_test(locals_that_are_too_many),
        cmocka_unit_test(nesting),
        cmocka_unit_test(operands),
        cmocka_unit_test(branch_table_of_wide_labels),
        cmocka_unit_test(wide_unknown_values),
        cmocka_unit_test(many_bodies_with_many_locals),
        cmocka_unit_test(allocations_that_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
