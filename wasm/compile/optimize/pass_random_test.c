/* The passes against the interpreter: modules made at random, of expressions that the rules are about, of loops, branches and calls, and
   those that wasm-opt makes of random bytes. Each goes through every pass alone, and through all of them, and must compute, trap
   and leave behind the same. ROUNDS says how many modules. Memory that ends at any point ends well. */
#include "tests/support/wat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "wasm/compile/optimize/pass_test.h"

/* ---- Text that grows ---- */

struct text {
    char *data;
    size_t size, capacity;
};

static void text_add(struct text *text, const char *pattern, ...) __attribute__((format(printf, 2, 3)));
static void text_add(struct text *text, const char *pattern, ...) {
    if (text->capacity - text->size < 1024) {
        text->capacity = text->capacity * 2 + 4096;
        text->data = realloc(text->data, text->capacity);
        assert_non_null(text->data);
    }
    va_list arguments;
    va_start(arguments, pattern);
    text->size += (size_t)vsnprintf(text->data + text->size, text->capacity - text->size, pattern, arguments);
    va_end(arguments);
}

static void text_end(struct text *text) {
    free(text->data);
    *text = (struct text){0};
}

/* ---- Random modules ---- */

enum { LOCAL_COUNT = 8, EXPRESSION_DEPTH = 5, STATEMENT_DEPTH = 3 };

/* Locals 0 to 3 are i32, 4 to 7 are i64. */
struct maker {
    struct text text;
    uint64_t random;
    uint32_t loops; /* that are open: each has a counter of its own behind the locals */
};

static uint32_t choose(struct maker *maker, uint32_t count) {
    return (uint32_t)(support_random(&maker->random) >> 20) % count;
}

static int64_t choose_constant(struct maker *maker, bool wide) {
    static const int64_t usual[] = {0,  1,  -1, 2,  3,   5,   7,   8,   10,  16,     24, 31,  32,
                                    33, 48, 63, 64, 100, 127, 128, 255, 256, 0xFFFF, -2, -16, 1000000007};
    switch (choose(maker, 5)) {
    case 0: return wide ? (int64_t)support_random(&maker->random) : (int32_t)support_random(&maker->random);
    case 1: return wide ? (int64_t)(1ull << choose(maker, 64)) : (int32_t)(1u << choose(maker, 32));
    default: return usual[choose(maker, sizeof usual / sizeof *usual)];
    }
}

static void make_expression(struct maker *maker, bool wide, uint32_t depth);

static void make_operands(struct maker *maker, const char *op, bool wide, uint32_t count, uint32_t depth) {
    text_add(&maker->text, "(%s ", op);
    for (uint32_t index = 0; index < count; index++)
        make_expression(maker, wide, depth);
    text_add(&maker->text, ")");
}

static void make_leaf(struct maker *maker, bool wide) {
    const char *type = wide ? "i64" : "i32";
    if (choose(maker, 5) < 2)
        text_add(&maker->text, "(%s.const %lld)", type, (long long)choose_constant(maker, wide));
    else if (choose(maker, 12) == 0)
        text_add(&maker->text, "(global.get $g%s)", type);
    else
        text_add(&maker->text, "(local.get %u)", choose(maker, 4) + (wide ? 4 : 0));
}

static void make_binary(struct maker *maker, bool wide, uint32_t depth) {
    static const char *const names[] = {"add",  "sub",  "mul", "and", "or",    "xor",   "shl",   "shr_s", "shr_u",
                                        "rotl", "rotr", "add", "sub", "div_s", "div_u", "rem_s", "rem_u", "and"};
    char op[16];
    const char *name = names[choose(maker, sizeof names / sizeof *names)], *type = wide ? "i64" : "i32";
    snprintf(op, sizeof op, "%s.%s", type, name);
    bool divides = name[0] == 'd' || (name[0] == 'r' && name[1] == 'e');
    if (divides ? choose(maker, 8) != 0 : choose(maker, 2) == 0) {
        text_add(&maker->text, "(%s ", op);
        make_expression(maker, wide, depth);
        text_add(&maker->text, "(%s.const %lld))", type, (long long)choose_constant(maker, wide));
    } else {
        make_operands(maker, op, wide, 2, depth);
    }
}

static void make_compare(struct maker *maker, uint32_t depth) {
    static const char *const names[] = {"eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"};
    char op[16];
    bool wide = choose(maker, 3) == 0;
    snprintf(op, sizeof op, "%s.%s", wide ? "i64" : "i32", names[choose(maker, 10)]);
    make_operands(maker, op, wide, 2, depth);
}

static void make_access(struct maker *maker, bool wide, uint32_t depth) {
    static const char *const names[] = {"load", "load8_u", "load8_s", "load16_u", "load16_s"};
    text_add(&maker->text, "(%s.%s offset=%u ", wide ? "i64" : "i32", names[choose(maker, 5)], choose(maker, 40));
    if (choose(maker, 2) == 0)
        text_add(&maker->text, "(i32.add (i32.and (local.get %u) (i32.const 0x7FFF)) (i32.const %u))", choose(maker, 4), choose(maker, 64));
    else if (choose(maker, 16) == 0)
        make_expression(maker, false, depth);
    else
        text_add(&maker->text, "(i32.const %u)", choose(maker, 70000));
    text_add(&maker->text, ")");
}

/* A rotation, or nearly one. */
static void make_shifts(struct maker *maker, bool wide) {
    static const char *const joins[] = {"or", "or", "add", "xor"};
    const char *type = wide ? "i64" : "i32", *left = choose(maker, 2) ? "shl" : "shr_u", *right = left[2] == 'l' ? "shr_u" : "shl";
    uint32_t value = choose(maker, 4) + (wide ? 4 : 0), other = choose(maker, 4) + (wide ? 4 : 0), bits = wide ? 64 : 32, count = choose(maker, bits);
    text_add(&maker->text, "(%s.%s ", type, joins[choose(maker, 4)]);
    if (choose(maker, 2) == 0)
        text_add(&maker->text, "(%s.%s (local.get %u) (%s.const %u)) (%s.%s (local.get %u) (%s.const %u)))", type, left, value, type, count, type,
                 right, value, type, (bits - count + (choose(maker, 8) == 0)) % bits);
    else
        text_add(&maker->text, "(%s.%s (local.get %u) (local.get %u)) (%s.%s (local.get %u) (%s.sub (%s.const %u) (local.get %u))))", type, left,
                 value, other, type, right, value, type, type, bits * choose(maker, 2), other);
}

static void make_narrow(struct maker *maker, uint32_t depth) {
    switch (choose(maker, 8)) {
    case 0: make_operands(maker, "i32.eqz", false, 1, depth); break;
    case 1: make_operands(maker, "i64.eqz", true, 1, depth); break;
    case 2: make_operands(maker, "i32.wrap_i64", true, 1, depth); break;
    case 3: make_operands(maker, "i32.extend8_s", false, 1, depth); break;
    case 4: make_operands(maker, "i32.extend16_s", false, 1, depth); break;
    default: make_compare(maker, depth); break;
    }
}

static void make_wide(struct maker *maker, uint32_t depth) {
    static const char *const names[] = {"i64.extend_i32_s", "i64.extend_i32_u", "i64.extend8_s", "i64.extend16_s", "i64.extend32_s"};
    uint32_t kind = choose(maker, 5);
    make_operands(maker, names[kind], kind >= 2, 1, depth);
}

static void make_expression(struct maker *maker, bool wide, uint32_t depth) {
    if (depth == 0) {
        make_leaf(maker, wide);
        return;
    }
    switch (choose(maker, 12)) {
    case 0: make_leaf(maker, wide); break;
    case 1:
    case 2: wide ? make_wide(maker, depth - 1) : make_narrow(maker, depth - 1); break;
    case 3: make_access(maker, wide, depth - 1); break;
    case 4: make_shifts(maker, wide); break;
    case 5:
        text_add(&maker->text, "(select ");
        make_expression(maker, wide, depth - 1);
        make_expression(maker, wide, depth - 1);
        make_narrow(maker, depth - 1);
        text_add(&maker->text, ")");
        break;
    case 6: wide ? make_wide(maker, depth - 1) : make_compare(maker, depth - 1); break;
    default: make_binary(maker, wide, depth - 1); break;
    }
}

static void make_statement(struct maker *maker, uint32_t depth);

static void make_statements(struct maker *maker, uint32_t depth) {
    for (uint32_t count = 1 + choose(maker, 3); count > 0; count--)
        make_statement(maker, depth);
}

/* At most eight rounds. */
static void make_loop(struct maker *maker, uint32_t depth) {
    uint32_t counter = LOCAL_COUNT + maker->loops++;
    text_add(&maker->text, "(local.set %u (i32.const 0)) (block (loop ", counter);
    if (choose(maker, 2) == 0) {
        text_add(&maker->text, "(br_if 1 ");
        make_compare(maker, 1);
        text_add(&maker->text, ")");
    }
    make_statements(maker, depth - 1);
    text_add(&maker->text, "(br_if 0 (i32.lt_u (local.tee %u (i32.add (local.get %u) (i32.const 1))) (i32.const %u)))))\n", counter, counter,
             1 + choose(maker, 8));
    maker->loops--;
}

static void make_store(struct maker *maker) {
    static const char *const names[] = {"i32.store", "i32.store8", "i32.store16", "i64.store", "i64.store8", "i64.store16", "i64.store32"};
    uint32_t kind = choose(maker, 7);
    text_add(&maker->text, "(%s offset=%u (i32.and (local.get %u) (i32.const 0x7FFF)) ", names[kind], choose(maker, 64), choose(maker, 4));
    make_expression(maker, kind >= 3, 2);
    text_add(&maker->text, ")\n");
}

static void make_call(struct maker *maker) {
    text_add(&maker->text, "(local.set %u (call $small%u ", choose(maker, 4), choose(maker, 6));
    make_expression(maker, false, 1);
    make_expression(maker, true, 1);
    text_add(&maker->text, "))\n");
}

static void make_statement(struct maker *maker, uint32_t depth) {
    uint32_t local = choose(maker, LOCAL_COUNT);
    switch (choose(maker, depth == 0 ? 6 : 9)) {
    case 0: make_store(maker); break;
    case 1:
        text_add(&maker->text, "(global.set $g%s ", local >= 4 ? "i64" : "i32");
        make_expression(maker, local >= 4, 2);
        text_add(&maker->text, ")\n");
        break;
    case 2: make_call(maker); break;
    case 6:
    case 7:
        text_add(&maker->text, "(if ");
        make_narrow(maker, 2);
        text_add(&maker->text, "(then ");
        make_statements(maker, depth - 1);
        text_add(&maker->text, ")(else ");
        make_statements(maker, depth - 1);
        text_add(&maker->text, "))\n");
        break;
    case 8: make_loop(maker, depth); break;
    default:
        text_add(&maker->text, "(local.set %u ", local);
        make_expression(maker, local >= 4, EXPRESSION_DEPTH);
        text_add(&maker->text, ")\n");
        break;
    }
}

/* What is inlined: leaves of a few instructions, some with branches, effects and traps. */
static void make_small(struct maker *maker, uint32_t number) {
    text_add(&maker->text, "(func $small%u (param i32 i64) (result i32) (local i32 i32 i64 i64) ", number);
    if (number == 1)
        text_add(&maker->text, "(if (local.get 0) (then (return (i32.load (i32.and (local.get 0) (i32.const 0xFFF)))))) ");
    if (number == 2)
        text_add(&maker->text, "(global.set $gi32 (i32.add (global.get $gi32) (local.get 0))) ");
    if (number == 3)
        text_add(&maker->text, "(if (i32.eq (local.get 0) (i32.const 77)) (then (unreachable))) ");
    if (number == 4)
        text_add(&maker->text,
                 "(block (loop (br_if 1 (i32.gt_u (local.get 2) (i32.const 9))) (local.set 2 (i32.add (local.get 2) (i32.const 3))) (br 0)))"
                 "(return (i32.add (local.get 2) (local.get 0)))");
    text_add(&maker->text, "(i32.%s (i32.wrap_i64 (local.get 1)) (local.get 0)))\n", number == 5 ? "div_s" : choose(maker, 2) ? "add" : "xor");
}

static void make_module(struct maker *maker) {
    text_add(&maker->text, "(module (memory (export \"m\") 1) (global $gi32 (mut i32) (i32.const 5)) (global $gi64 (mut i64) (i64.const 7))\n");
    for (uint32_t number = 0; number < 6; number++)
        make_small(maker, number);
    for (uint32_t index = 0; index < 20; index++) {
        bool wide = choose(maker, 2) == 0;
        text_add(&maker->text, "(func (param i32 i32 i32 i32 i64 i64 i64 i64) (result %s) (local i32 i32 i32 i32)\n", wide ? "i64" : "i32");
        if (index % 2 == 0)
            make_statements(maker, STATEMENT_DEPTH);
        make_expression(maker, wide, EXPRESSION_DEPTH);
        text_add(&maker->text, ")\n");
    }
    text_add(&maker->text, ")");
}

/* ---- Every pass alone, and all of them ---- */

static void transform_all(struct ir_function *function) {
    struct compile_options options = {.check = true};
    assert_int_equal(passes_run(function, &options), ERROR_NONE);
    layout_expect_sound(function);
}

static void transform_all_twice(struct ir_function *function) {
    transform_all(function);
    transform_all(function);
}

static void transform_bounded(struct ir_function *function) {
    struct compile_options options = {.check = true, .check_bounds = true};
    assert_int_equal(passes_run(function, &options), ERROR_NONE);
}

static const struct {
    const char *name;
    ir_transform *run;
} transforms[] = {
#define PASS(bit, name, text, function) {text, function},
#include "wasm/compile/optimize/passes.def"
#undef PASS
    {"all", transform_all},
    {"all, twice", transform_all_twice},
    {"all, with checked bounds", transform_bounded},
};
#define TRANSFORM_COUNT (sizeof transforms / sizeof *transforms)

static uint32_t compare_with_passes(struct bytes bytes, uint64_t seed) {
    uint32_t calls = 0;
    for (size_t index = 0; index < TRANSFORM_COUNT; index++) {
        struct ir_pair pair;
        if (!ir_pair_begin(&pair, bytes, transforms[index].name, seed)) {
            if (pair.module != NULL)
                ir_pair_end(&pair);
            return 0;
        }
        pair.calls = 6;
        /* Where a call was inlined, a trap is no longer blamed on the call: then places are not compared. */
        pair.deep = transforms[index].run == inline_run || index >= PASS_COUNT;
        ir_pair_compare(&pair, transforms[index].run);
        calls += pair.call_count;
        ir_pair_end(&pair);
    }
    return calls;
}

static uint32_t rounds_wanted(uint32_t usual) {
    return getenv("ROUNDS") != NULL ? (uint32_t)atoi(getenv("ROUNDS")) : usual;
}

static void test_random_modules(void **state) {
    (void)state;
    uint64_t seed = support_seed();
    for (uint32_t round = 0; round < rounds_wanted(12); round++) {
        struct maker maker = {.random = seed + round};
        make_module(&maker);
        if (getenv("SHOW") != NULL)
            printf("%s\n", maker.text.data);
        struct bytes bytes = support_wat(maker.text.data);
        uint32_t calls = compare_with_passes(bytes, seed + round);
        if (calls == 0)
            fail_msg("seed %llu: the module does not come to life", (unsigned long long)(seed + round));
        support_wat_release(bytes);
        text_end(&maker.text);
    }
    assert_int_equal(support_live_bytes(), 0);
}

/* ---- Modules of wasm-opt ---- */

static bool file_take(const char *path, struct bytes *out) {
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    size_t size = (size_t)ftell(file);
    rewind(file);
    uint8_t *data = malloc(size + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, size, file), size);
    fclose(file);
    *out = (struct bytes){.data = data, .size = size};
    return true;
}

static void test_translated_modules(void **state) {
    (void)state;
    char folder[] = "/tmp/argos-pass-XXXXXX", from[64], to[64], command[256];
    uint64_t seed = support_seed(), random = seed;
    uint32_t calls = 0;
    assert_non_null(mkdtemp(folder));
    snprintf(from, sizeof from, "%s/random", folder);
    snprintf(to, sizeof to, "%s/module.wasm", folder);
    snprintf(command, sizeof command,
             "wasm-opt -ttf --mvp-features --enable-sign-ext --enable-bulk-memory --enable-nontrapping-float-to-int %s -o %s 2>/dev/null", from, to);
    for (uint32_t round = 0; round < rounds_wanted(6); round++) {
        FILE *file = fopen(from, "wb");
        assert_non_null(file);
        for (uint32_t byte = 0; byte < 4000; byte++)
            fputc((int)(support_random(&random) >> 30 & 0xFF), file);
        fclose(file);
        struct bytes bytes;
        if (system(command) != 0 || !file_take(to, &bytes))
            break;
        calls += compare_with_passes(bytes, seed + round);
        free((void *)(uintptr_t)bytes.data);
    }
    unlink(from);
    unlink(to);
    rmdir(folder);
    if (calls == 0)
        skip();
}

/* ---- Without memory ---- */

static void test_no_memory(void **state) {
    (void)state;
    struct maker maker = {.random = 7};
    make_module(&maker);
    struct bytes bytes = support_wat(maker.text.data);
    struct ir_pair pair;
    struct compile_options options = {.check_bounds = true};
    uint32_t failures = 0;
    assert_true(ir_pair_begin(&pair, bytes, "no memory", 1));
    for (uint32_t index = 0; index < pair.module->function_count; index++) {
        enum error error = ERROR_NO_MEMORY;
        for (long allocations = 0; error != ERROR_NONE; allocations++) {
            struct ir_function function;
            ir_begin(&function, &pair.budget, pair.module, index);
            assert_int_equal(ir_build(&function), ERROR_NONE);
            support_fail_after(allocations);
            error = passes_run(&function, &options);
            support_fail_after(-1);
            ir_release(&function);
            assert_true(error == ERROR_NONE || error == ERROR_NO_MEMORY);
            failures += error != ERROR_NONE;
        }
    }
    assert_true(failures > 100);
    ir_pair_end(&pair);
    support_wat_release(bytes);
    text_end(&maker.text);
    assert_int_equal(support_live_bytes(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_modules),
        cmocka_unit_test(test_translated_modules),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
