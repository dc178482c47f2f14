/* Values and types as text. */
#include "platform/linux/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static char written[512];

static FILE *out_open(void) {
    memset(written, 0, sizeof written);
    FILE *out = fmemopen(written, sizeof written, "w");
    assert_non_null(out);
    return out;
}

static const char *print(uint8_t type, const union wasm_value *value) {
    FILE *out = out_open();
    value_print(out, type, value);
    fclose(out);
    return written;
}

/* What is read, written again. */
static const char *again(uint8_t type, const char *text) {
    union wasm_value value;
    return value_parse(type, text, &value) ? print(type, &value) : NULL;
}

static void test_integers(void **state) {
    (void)state;
    assert_string_equal(again(WASM_I32, "42"), "42");
    assert_string_equal(again(WASM_I32, "-0x80000000"), "-2147483648");
    assert_string_equal(again(WASM_I32, "4294967295"), "-1");
    assert_string_equal(again(WASM_I32, "0xffffFFFF"), "-1");
    assert_string_equal(again(WASM_I32, "010"), "10");
    assert_string_equal(again(WASM_I64, "18446744073709551615"), "-1");
    assert_string_equal(again(WASM_I64, "-9223372036854775808"), "-9223372036854775808");
    static const char *const bad_32[] = {"", "-", "0x", "1x", "4294967296", "-2147483649", " 1", "1 ", "--1", "0xg", "1.5"};
    for (size_t i = 0; i < COUNT(bad_32); i++) {
        assert_null(again(WASM_I32, bad_32[i]));
    }
    assert_null(again(WASM_I64, "18446744073709551616"));
    assert_null(again(WASM_I64, "-9223372036854775809"));
}

static void test_floats(void **state) {
    (void)state;
    static const char *const same[] = {"0", "-0", "1", "0.1", "-1.5", "1e+100", "5e-324", "1.7976931348623157e+308", "inf", "-inf", "nan"};
    for (size_t i = 0; i < COUNT(same); i++) {
        assert_string_equal(again(WASM_F64, same[i]), same[i]);
    }
    assert_string_equal(again(WASM_F32, "0.1"), "0.1");
    assert_string_equal(again(WASM_F32, "16777217"), "16777216");
    assert_string_equal(again(WASM_F32, "0x1p-149"), "1e-45");
    assert_null(again(WASM_F32, ""));
    assert_null(again(WASM_F64, " 1"));
    assert_null(again(WASM_F64, "1,5"));
}

static void test_vectors_and_references(void **state) {
    (void)state;
    union wasm_value value;
    assert_true(value_parse(WASM_V128, "0x0f0e0d0c0b0a09080706050403020100", &value));
    for (uint8_t i = 0; i < 16; i++) {
        assert_int_equal(value.v128[i], i);
    }
    assert_string_equal(print(WASM_V128, &value), "0x0f0e0d0c0b0a09080706050403020100");
    assert_null(again(WASM_V128, "0x1"));
    assert_null(again(WASM_V128, "0x0f0e0d0c0b0a0908070605040302010g"));
    assert_string_equal(again(WASM_EXTERNREF, "null"), "null");
    assert_null(again(WASM_FUNCREF, "3"));
    value.reference = &value;
    assert_string_equal(print(WASM_FUNCREF, &value), "funcref");
}

static void type_is(const struct wasm_extern_type *type, const char *text) {
    FILE *out = out_open();
    extern_type_print(out, type);
    fclose(out);
    assert_string_equal(written, text);
}

static void test_types(void **state) {
    (void)state;
    static const uint8_t types[] = {WASM_I32, WASM_F64, WASM_V128};
    const struct wasm_function_type function = {.parameter_count = 2, .result_count = 1, .types = types};
    const struct wasm_function_type nothing = {.types = types};
    type_is(&(struct wasm_extern_type){.kind = WASM_KIND_FUNCTION, .function = &function}, "(func (param i32 f64) (result v128))");
    type_is(&(struct wasm_extern_type){.kind = WASM_KIND_FUNCTION, .function = &nothing}, "(func)");
    type_is(&(struct wasm_extern_type){.kind = WASM_KIND_MEMORY, .limits = {2, 5, true}}, "(memory 2 5)");
    type_is(&(struct wasm_extern_type){.kind = WASM_KIND_TABLE, .limits = {1, UINT32_MAX, false}, .value_type = WASM_EXTERNREF},
            "(table 1 externref)");
    type_is(&(struct wasm_extern_type){.kind = WASM_KIND_GLOBAL, .value_type = WASM_I64}, "(global i64)");
    type_is(&(struct wasm_extern_type){.kind = WASM_KIND_GLOBAL, .value_type = WASM_F32, .is_mutable = true}, "(global (mut f32))");
    assert_string_equal(value_type_name(WASM_FUNCREF), "funcref");
    assert_string_equal(value_type_name(0), "unknown");
}

static void test_names(void **state) {
    (void)state;
    FILE *out = out_open();
    name_print(out, bytes_from_text("a \"b\"\\\x1b[31m\xc3\xbc"));
    fclose(out);
    assert_string_equal(written, "\"a \\22b\\22\\5c\\1b[31m\\c3\\bc\"");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers), cmocka_unit_test(test_floats), cmocka_unit_test(test_vectors_and_references),
        cmocka_unit_test(test_types),    cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
