/* What is shown of functions is all that there is of them, once, and compiling is the same whether somebody looks on or not. */
#include "tests/support/build.h"
#include "tests/support/programs.h"
#include "tests/support/support.h"
#include "tests/support/wat.h"
#include "wasm/body.h"
#include "wasm/compile/code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FUNCTIONS_PER_PROGRAM 60u

/* Loops, calls that are inlined, constants, a jump table, traps, calls of all kinds. */
static const char *const sample =
    "(module (import \"a\" \"b\" (func $b (param i64) (result f64))) (memory 1) (table 10 funcref) (global $g (mut i32) (i32.const 1))"
    "(func $load (param i32) (result i32) (i32.load offset=4 (local.get 0)))"
    "(func $check (param i32) (if (i32.eq (local.get 0) (i32.const 8)) (then unreachable)))"
    "(func (export \"loop\") (param i32) (result i32) (local i32 f64 f64) (loop (result i32) (call $check (local.get 1))"
    " (local.set 1 (i32.add (local.get 1) (call $load (local.get 0)))) (global.set $g (local.get 1))"
    " (br_if 0 (i32.lt_u (local.get 1) (i32.const 100))) (i32.div_s (local.get 1) (local.get 0))))"
    "(func (param i32) (result i32) (block (block (block (block (block (block (br_table 0 1 2 3 1 4 0 0 3 2 1 5 (local.get 0)))"
    " (return (i32.const 1))) (return (i32.const 2))) (return (call_indirect (result i32) (local.get 0)))) (return_call_indirect (result i32)"
    " (local.get 0))) (drop (call $b (i64.const -5)))) (call_indirect (param i32) (result i32) (local.get 0) (i32.const 4)))"
    "(func (param f64 v128) (result f64) (f64.add (f64.mul (local.get 0) (f64.const 0x1.8p+4)) (f64x2.extract_lane 1 (i8x16.shuffle"
    " 0 1 2 3 4 5 6 7 31 30 29 28 3 2 1 0 (local.get 1) (local.get 1)))))"
    "(func (param i64) (result i32) (drop (local.get 0)) unreachable (i32.const 4) (drop))"
    /* More on the stack than the caller has: not compiled. */
    "(func $wide (param i64 i64 i64 i64 i64 i64 i64 i64) (result i32) (i32.wrap_i64 (local.get 7)))"
    "(func $refused (param i64) (result i32) (return_call $wide (local.get 0) (local.get 0) (local.get 0) (local.get 0) (local.get 0)"
    " (local.get 0) (local.get 0) (local.get 0)))"
    "(func $self (param i32) (result i32) (i32.add (i32.const 1) (call $self (local.get 0)))))";
#define REFUSED 8u

struct output {
    char *data;
    size_t size;
};

static void output_take(void *context, const char *text, size_t size) {
    struct output *output = context;
    output->data = realloc(output->data, output->size + size + 1);
    assert_non_null(output->data);
    memcpy(output->data + output->size, text, size);
    output->size += size;
    output->data[output->size] = 0;
}

static struct output function_output(const struct wasm_module *module, uint32_t function, const uint32_t *stage, enum error expected) {
    struct output output = {0};
    output_take(&output, "", 0);
    assert_int_equal(wasm_function_show(module, function, stage, output_take, &output), expected);
    return output;
}

/* ---- What is in a text ---- */

static bool is_hex(const char *text, uint32_t count) {
    return strspn(text, "0123456789abcdef") == count;
}

/* Notes each byte that the line shows at its address: "0010  8b 44 24 08", behind two blanks or at the start of the line. */
static void line_bytes(const char *line, const struct code *code, uint8_t *seen) {
    for (const char *at = line; *at != 0; at++) {
        const bool is_begin = at == line || at[-1] == ' ';
        if (!is_begin || !is_hex(at, 4) || strncmp(at + 4, "  ", 2) != 0 || !is_hex(at + 6, 2)) {
            continue;
        }
        uint32_t offset = (uint32_t)strtoul(at, NULL, 16);
        for (at += 6; is_hex(at, 2) && (at[2] == ' ' || at[2] == 0); at += at[2] == ' ' ? 3 : 2, offset++) {
            assert_in_range(offset, 0, code->size - 1);
            assert_int_equal(strtoul(at, NULL, 16), code->bytes[offset]);
            seen[offset]++;
        }
        return;
    }
}

static void expect_all_bytes(const struct output *output, const struct code *code) {
    uint8_t *seen = calloc(code->size, 1);
    char *text = strdup(output->data);
    for (char *line = text, *end; *line != 0; line = end + 1) {
        end = strchr(line, '\n');
        *end = 0;
        line_bytes(line, code, seen);
    }
    for (uint32_t offset = 0; offset < code->size; offset++) {
        if (seen[offset] != 1) {
            fail_msg("byte 0x%x of %u is shown %u times:\n%s", offset, code->size, seen[offset], output->data);
        }
    }
    free(text);
    free(seen);
}

/* Each instruction has its line, in their order. */
static void expect_all_instructions(const struct wasm_module *module, uint32_t function, const struct output *output) {
    struct body body;
    struct instruction instruction;
    const char *at = output->data;
    body_begin(&body, module, function);
    uint8_t *types = malloc(module->functions[function].local_count + 1u);
    body_read_locals(&body, &module->functions[function], types);
    free(types);
    while (body.at < body.end) {
        char wanted[32];
        body_next(&body, &instruction);
        snprintf(wanted, sizeof wanted, "\n0x%06x  ", instruction.source);
        at = strstr(at, wanted);
        if (at == NULL) {
            fail_msg("instruction%s is not shown:\n%s", wanted, output->data);
        }
        assert_non_null(strstr(at, opcode_name(instruction.opcode)));
    }
}

static uint32_t occurrences(const char *text, const char *wanted) {
    uint32_t count = 0;
    for (const char *at = text; (at = strstr(at, wanted)) != NULL; at++) {
        count++;
    }
    return count;
}

/* Each value of the last stage before machine code is in the listing, once. */
static void expect_all_values(const char *listing, char *stage) {
    for (char *line = strtok(stage, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        const char *equals = strstr(line, " = ");
        if (strncmp(line, "    v", 5) != 0 || equals == NULL) {
            continue;
        }
        char wanted[32];
        snprintf(wanted, sizeof wanted, " %.*s", (int)(equals + 3 - (line + 4)), line + 4);
        if (occurrences(listing, wanted) != 1) {
            fail_msg("'%s' is %u times in:\n%s", wanted, occurrences(listing, wanted), listing);
        }
    }
}

/* ---- Functions ---- */

static uint32_t stage_find(const char *name) {
    uint32_t stage = 0;
    while (strcmp(wasm_stage_name(stage), name) != 0) {
        stage++;
    }
    return stage;
}

static void function_expect(const struct wasm_module *module, struct budget *budget, uint32_t function) {
    struct code code;
    const uint32_t layout = stage_find("layout"), encode = stage_find("encode");
    assert_int_equal(compile_function(module, function, &module->engine->compile_options, budget, &code), ERROR_NONE);
    assert_int_equal(code.line_count, 0);
    struct output listing = function_output(module, function, NULL, ERROR_NONE);
    struct output values = function_output(module, function, &layout, ERROR_NONE);
    struct output bytes = function_output(module, function, &encode, ERROR_NONE);
    expect_all_bytes(&listing, &code);
    expect_all_bytes(&bytes, &code);
    expect_all_instructions(module, function, &listing);
    expect_all_values(listing.data, values.data);
    assert_null(strstr(listing.data, "?"));
    code_release(&code);
    free(listing.data);
    free(values.data);
    free(bytes.data);
}

static void test_sample(void **state) {
    (void)state;
    struct bytes bytes = support_wat(sample);
    struct attempt attempt;
    attempt_begin(&attempt, bytes, BUDGET_UNLIMITED);
    assert_int_equal(attempt.error, ERROR_NONE);
    for (uint32_t function = 1; function < attempt.module->function_count; function++) {
        if (function != REFUSED) {
            function_expect(attempt.module, &attempt.budget, function);
        }
    }
    /* An inlined call has its instructions, and those what became of them. */
    struct output listing = function_output(attempt.module, 3, NULL, ERROR_NONE);
    assert_int_equal(occurrences(listing.data, ", inlined\n"), 2);
    const char *inlined = strstr(listing.data, "| i32.load offset=4 ");
    assert_non_null(inlined);
    assert_in_range((size_t)(strstr(inlined, "i32 i32.load v") - inlined), 1, 60);
    free(listing.data);
    /* A direct call says whom it calls: its distance is not known yet. */
    listing = function_output(attempt.module, 9, NULL, ERROR_NONE);
    assert_int_equal(occurrences(listing.data, "call function 9\n"), 1);
    free(listing.data);
    attempt_end(&attempt);
    support_wat_release(bytes);
}

/* Every stage has a name and something to show. */
static void test_stages(void **state) {
    (void)state;
    struct bytes bytes = support_wat(sample);
    struct attempt attempt;
    uint32_t stage = 0;
    attempt_begin(&attempt, bytes, BUDGET_UNLIMITED);
    assert_int_equal(attempt.error, ERROR_NONE);
    for (; wasm_stage_name(stage) != NULL; stage++) {
        struct output output = function_output(attempt.module, 3, &stage, ERROR_NONE);
        const bool is_inlined = stage > stage_find("build") && stage < stage_find("encode");
        assert_true(output.size > 100);
        assert_true((strstr(output.data, " in 0x") != NULL) == is_inlined || stage == stage_find("encode"));
        free(output.data);
    }
    assert_in_range(stage, 5, 100);
    assert_int_equal(stage_find("build"), 0);
    attempt_end(&attempt);
    support_wat_release(bytes);
}

static void test_refused(void **state) {
    (void)state;
    struct bytes bytes = support_wat(sample);
    struct attempt attempt;
    const uint32_t encode = stage_find("encode");
    attempt_begin(&attempt, bytes, BUDGET_UNLIMITED);
    assert_int_equal(attempt.error, ERROR_NONE);
    struct output output = function_output(attempt.module, REFUSED, NULL, ERROR_LIMIT);
    expect_all_instructions(attempt.module, REFUSED, &output);
    assert_non_null(strstr(output.data, "not compiled"));
    free(output.data);
    output = function_output(attempt.module, REFUSED, &encode, ERROR_LIMIT);
    assert_int_equal(output.size, 0);
    free(output.data);
    attempt_end(&attempt);
    support_wat_release(bytes);
}

/* Each allocation fails once. */
static void test_no_memory(void **state) {
    (void)state;
    struct bytes bytes = support_wat(sample);
    struct attempt attempt;
    attempt_begin(&attempt, bytes, BUDGET_UNLIMITED);
    assert_int_equal(attempt.error, ERROR_NONE);
    enum error error = ERROR_NO_MEMORY;
    for (long allowed = 0; error == ERROR_NO_MEMORY; allowed++) {
        struct output output = {0};
        support_fail_after(allowed);
        error = wasm_function_show(attempt.module, 3, NULL, output_take, &output);
        support_fail_after(-1);
        assert_true(error == ERROR_NONE || error == ERROR_NO_MEMORY);
        free(output.data);
    }
    attempt_end(&attempt);
    support_wat_release(bytes);
}

static void program_expect(void *context, const struct program_visited *program) {
    const struct wasm_module *module = program->module;
    const uint32_t step = module->function_count / FUNCTIONS_PER_PROGRAM + 1;
    (void)context;
    for (uint32_t function = module->imported_function_count; function < module->function_count; function += step) {
        if (module->functions[function].body_size < 3000) {
            function_expect(module, program->budget, function);
        }
    }
}

static void test_programs(void **state) {
    (void)state;
    if (programs_visit(program_expect, NULL) == 0) {
        skip();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample),    cmocka_unit_test(test_stages),   cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_memory), cmocka_unit_test(test_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
