/* Images of modules without compiled code: the same module comes out, and whatever is wrong with an image is noticed. */
#include "wasm/image_test.h"

#include "tests/support/build.h"

#include <dirent.h>

#define LIMIT_BYTES (1ull << 30)

/* A module, and its image. */
struct fixture {
    struct build build;
    struct attempt attempt;
    struct image_memory image;
};

static void fixture_begin(struct fixture *fixture) {
    *fixture = (struct fixture){0};
    build_everything(&fixture->build);
    attempt_begin(&fixture->attempt, build_bytes(&fixture->build), LIMIT_BYTES);
    assert_int_equal(fixture->attempt.error, ERROR_NONE);
    const struct wasm_image_identity identity = image_identity();
    const struct wasm_image_sink sink = image_memory_sink(&fixture->image);
    assert_int_equal(wasm_image_write(fixture->attempt.module, &identity, &sink), ERROR_NONE);
}

static void fixture_end(struct fixture *fixture) {
    attempt_end(&fixture->attempt);
    build_end(&fixture->build);
    free(fixture->image.data);
    assert_int_equal(support_live_bytes(), 0);
}

/* Everything that a module says of itself is looked up, so that the sanitizer sees an index that is none. */
static void module_walk(const struct wasm_module *module) {
    struct wasm_import import;
    struct wasm_export export;
    for (uint32_t i = 0; i < wasm_module_import_count(module); i++) {
        wasm_module_import(module, i, &import);
    }
    for (uint32_t i = 0; i < wasm_module_export_count(module); i++) {
        wasm_module_export(module, i, &export);
        assert_true(export.type.kind <= WASM_KIND_GLOBAL);
        const uint32_t counts[] = {module->function_count, module->table_count, module->memory_count, module->global_count};
        assert_true(export.index < counts[export.type.kind]);
        assert_true(wasm_module_find_export(module, export.name, &export));
    }
    for (uint32_t i = 0; i < module->function_count; i++) {
        const struct module_function *function = &module->functions[i];
        assert_true((uint64_t)function->body_offset + function->body_size <= module->bytes.size);
        assert_true(function->type->parameter_count <= LIMIT_PARAMETERS);
    }
    for (uint32_t i = 0; i < module->element_count; i++) {
        const struct module_element *element = &module->elements[i];
        assert_true(element->mode != SEGMENT_ACTIVE || element->table < module->table_count);
    }
    for (uint32_t i = 0; i < module->data_count; i++) {
        const struct module_data *data = &module->data[i];
        assert_true(data->mode != SEGMENT_ACTIVE || data->memory < module->memory_count);
        assert_true(data->content.size <= module->bytes.size);
    }
    assert_true(module->start_function == UINT32_MAX || module->start_function < module->function_count);
}

/* From a block of its exact size, so that the sanitizer sees every read behind its end. What comes out, if anything, is `equal`. */
static enum error image_try(struct fixture *fixture, const uint8_t *data, size_t size, bool *equal) {
    struct attempt *attempt = &fixture->attempt;
    struct wasm_module *module = NULL;
    struct report report;
    report_init(&report);
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    assert_non_null(copy);
    memcpy(copy, data, size);
    const struct wasm_image image = image_of((struct bytes){copy, size});
    const uint64_t used = attempt->budget.used_bytes;
    enum error error = wasm_module_create_from_image(attempt->engine, &attempt->budget, build_bytes(&fixture->build), &image, &report, &module);
    *equal = true;
    if (error == ERROR_NONE) {
        module_walk(module);
        *equal = modules_equal(attempt->module, module) && modules_equal(module, attempt->module);
        wasm_module_destroy(module);
    } else {
        assert_int_equal(report.error, error);
        assert_true(report.text[0] != 0);
    }
    assert_int_equal(attempt->budget.used_bytes, used);
    free(copy);
    return error;
}

/* The checksum as it should be, whatever the rest is. */
static void image_seal(uint8_t *data, size_t size) {
    uint64_t metadata = bytes_load_u64(data + 8 + 4 + 32 + 32 + 16 + 4 + 8);
    if (metadata % 8 == 0 && metadata <= size - IMAGE_HEADER_BYTES) {
        uint64_t sum = image_checksum(0, data + IMAGE_HEADER_BYTES, metadata);
        bytes_store_u64(data + IMAGE_HEADER_BYTES - 8, image_checksum(sum, data, IMAGE_HEADER_BYTES - 8));
    }
}

static void test_same_module(void **state) {
    (void)state;
    struct fixture fixture;
    bool equal = false;
    fixture_begin(&fixture);
    assert_int_equal(image_try(&fixture, fixture.image.data, fixture.image.size, &equal), ERROR_NONE);
    assert_true(equal);
    fixture_end(&fixture);
}

static void test_same_bytes(void **state) {
    (void)state;
    struct fixture one, other;
    fixture_begin(&one);
    fixture_begin(&other);
    assert_int_equal(one.image.size, other.image.size);
    assert_memory_equal(one.image.data, other.image.data, one.image.size);
    attempt_end(&other.attempt);
    build_end(&other.build);
    free(other.image.data);
    fixture_end(&one);
}

static void test_description(void **state) {
    (void)state;
    struct fixture fixture;
    struct wasm_image_description description;
    uint8_t key[WASM_IMAGE_KEY_SIZE];
    fixture_begin(&fixture);
    const struct bytes content = {fixture.image.data, fixture.image.size};
    assert_int_equal(wasm_image_verify(content, true, NULL, &description), ERROR_NONE);
    const struct wasm_image_identity identity = image_identity();
    wasm_image_key(fixture.attempt.engine, &identity, key);
    assert_memory_equal(description.key, key, sizeof key);
    assert_memory_equal(description.program, identity.program, sizeof identity.program);
    assert_int_equal(description.program_bytes, fixture.build.size);
    assert_int_equal(description.function_count, 3);
    assert_int_equal(description.compiled_count, 0);
    assert_string_equal(description.isa, code_isa_name);
    fixture_end(&fixture);
}

static void test_other_identity(void **state) {
    (void)state;
    struct fixture fixture;
    bool equal = false;
    fixture_begin(&fixture);
    struct compile_options *options = &fixture.attempt.engine->compile_options;
    options->mode = COMPILE_FAST;
    assert_int_equal(image_try(&fixture, fixture.image.data, fixture.image.size, &equal), ERROR_UNSUPPORTED);
    *options = (struct compile_options){.isa_features = 1};
    assert_int_equal(image_try(&fixture, fixture.image.data, fixture.image.size, &equal), ERROR_UNSUPPORTED);
    *options = (struct compile_options){.check_bounds = true};
    assert_int_equal(image_try(&fixture, fixture.image.data, fixture.image.size, &equal), ERROR_UNSUPPORTED);
    *options = (struct compile_options){0};
    struct wasm_module *module = NULL;
    struct wasm_image image = image_of((struct bytes){fixture.image.data, fixture.image.size});
    image.identity.build = bytes_from_text("another");
    const struct bytes program = build_bytes(&fixture.build);
    assert_int_equal(wasm_module_create_from_image(fixture.attempt.engine, &fixture.attempt.budget, program, &image, NULL, &module),
                     ERROR_UNSUPPORTED);
    image = image_of((struct bytes){fixture.image.data, fixture.image.size});
    const struct bytes shorter = {program.data, program.size - 1};
    assert_int_equal(wasm_module_create_from_image(fixture.attempt.engine, &fixture.attempt.budget, shorter, &image, NULL, &module),
                     ERROR_UNSUPPORTED);
    fixture_end(&fixture);
}

static void test_truncations(void **state) {
    (void)state;
    struct fixture fixture;
    bool equal = false;
    fixture_begin(&fixture);
    for (size_t size = 0; size < fixture.image.size; size++) {
        assert_int_not_equal(image_try(&fixture, fixture.image.data, size, &equal), ERROR_NONE);
    }
    fixture_end(&fixture);
}

/* With the checksum as it was, each change is noticed. With the right one, each number has its own check: what comes out need not
   be equal, but it can be walked and destroyed. */
static void test_flips(void **state) {
    (void)state;
    static const uint8_t flips[] = {0x01, 0x02, 0x10, 0x80, 0xFF};
    struct fixture fixture;
    bool equal = false;
    fixture_begin(&fixture);
    uint8_t *copy = malloc(fixture.image.size);
    for (size_t at = 0; at < fixture.image.size; at++) {
        for (size_t i = 0; i < sizeof flips; i++) {
            memcpy(copy, fixture.image.data, fixture.image.size);
            copy[at] ^= flips[i];
            enum error error = image_try(&fixture, copy, fixture.image.size, &equal);
            assert_true(error == ERROR_MALFORMED || error == ERROR_UNSUPPORTED);
            image_seal(copy, fixture.image.size);
            error = image_try(&fixture, copy, fixture.image.size, &equal);
            assert_true(error == ERROR_NONE || error == ERROR_MALFORMED || error == ERROR_UNSUPPORTED);
        }
    }
    free(copy);
    fixture_end(&fixture);
}

/* Words of the metadata replaced by numbers that are wrong in one way or another, with the right checksum. */
static void test_words(void **state) {
    (void)state;
    static const uint32_t words[] = {0, 1, 2, 8, 1000, 1001, 65536, 65537, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
    struct fixture fixture;
    bool equal = false;
    fixture_begin(&fixture);
    uint8_t *copy = malloc(fixture.image.size);
    for (size_t at = IMAGE_HEADER_BYTES; at + 4 <= fixture.image.size; at += 4) {
        for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
            memcpy(copy, fixture.image.data, fixture.image.size);
            bytes_store_u32(copy + at, words[i]);
            image_seal(copy, fixture.image.size);
            image_try(&fixture, copy, fixture.image.size, &equal);
        }
    }
    free(copy);
    fixture_end(&fixture);
}

static void test_no_memory(void **state) {
    (void)state;
    struct fixture fixture;
    bool equal = false;
    fixture_begin(&fixture);
    const struct wasm_image_identity identity = image_identity();
    enum error error = ERROR_NO_MEMORY;
    for (long i = 0; error != ERROR_NONE; i++) {
        assert_true(i < 1000);
        support_fail_after(i);
        error = image_try(&fixture, fixture.image.data, fixture.image.size, &equal);
        assert_true(error == ERROR_NONE || error == ERROR_NO_MEMORY);
    }
    error = ERROR_NO_MEMORY;
    for (long i = 0; error != ERROR_NONE; i++) {
        struct image_memory memory = {0};
        const struct wasm_image_sink sink = image_memory_sink(&memory);
        support_fail_after(i);
        error = wasm_image_write(fixture.attempt.module, &identity, &sink);
        assert_true(error == ERROR_NONE || error == ERROR_NO_MEMORY);
        free(memory.data);
    }
    support_fail_after(-1);
    fixture_end(&fixture);
}

static void test_sink_fails(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture);
    const struct wasm_image_identity identity = image_identity();
    struct image_memory memory = {.fail_from = 1};
    const struct wasm_image_sink sink = image_memory_sink(&memory);
    assert_int_equal(wasm_image_write(fixture.attempt.module, &identity, &sink), ERROR_HOST);
    free(memory.data);
    fixture_end(&fixture);
}

/* ---- Programs that nobody here wrote ---- */

static void program_round_trip(const char *path) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    const size_t size = (size_t)ftell(file);
    rewind(file);
    struct fixture fixture = {.build = {.data = malloc(size), .size = size, .capacity = size}};
    assert_int_equal(fread(fixture.build.data, 1, size, file), size);
    fclose(file);
    attempt_begin(&fixture.attempt, build_bytes(&fixture.build), LIMIT_BYTES);
    assert_int_equal(fixture.attempt.error, ERROR_NONE);
    const struct wasm_image_identity identity = image_identity();
    const struct wasm_image_sink sink = image_memory_sink(&fixture.image);
    assert_int_equal(wasm_image_write(fixture.attempt.module, &identity, &sink), ERROR_NONE);
    bool equal = false;
    assert_int_equal(image_try(&fixture, fixture.image.data, fixture.image.size, &equal), ERROR_NONE);
    assert_true(equal);
    printf("%s: %llu bytes of metadata\n", path, (unsigned long long)fixture.image.size);
    fixture_end(&fixture);
}

/* The programs that tests/programs/fetch.sh brings, where they are. */
static void test_programs(void **state) {
    (void)state;
    const char *home = getenv("HOME");
    char folder[400], path[800];
    snprintf(folder, sizeof folder, "%s/.cache/argos-programs", home == NULL ? "" : home);
    DIR *directory = opendir(folder);
    if (directory == NULL) {
        skip();
    }
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        const char *dot = strrchr(entry->d_name, '.');
        if (dot != NULL && strcmp(dot, ".wasm") == 0) {
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            program_round_trip(path);
        }
    }
    closedir(directory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_module),    cmocka_unit_test(test_same_bytes),  cmocka_unit_test(test_description),
        cmocka_unit_test(test_other_identity), cmocka_unit_test(test_truncations), cmocka_unit_test(test_flips),
        cmocka_unit_test(test_words),          cmocka_unit_test(test_no_memory),   cmocka_unit_test(test_sink_fails),
        cmocka_unit_test(test_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
