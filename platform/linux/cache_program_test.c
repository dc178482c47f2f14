/* Programs by way of the cache: each start gives the same program, whatever the cache is worth. */
#include "base/sha256.h"
#include "platform/linux/cache_program.h"
#include "platform/linux/cache_test.h"
#include "tests/support/wat.h"

static const char program_text[] = "(module (func (export \"f\") (result i32) (call $g)) (func $g (result i32) (i32.const 5)))";

struct source {
    bool is_fast; /* how it is compiled */
    char path[160];
    uint8_t hash[CACHE_HASH_SIZE];
    struct stat status;
};

static void source_begin(struct source *source, const struct place *place) {
    struct bytes bytes = support_wat(program_text);
    source->is_fast = false;
    snprintf(source->path, sizeof source->path, "%s/program.wasm", place->folder);
    FILE *file = fopen(source->path, "wb");
    assert_int_equal(fwrite(bytes.data, 1, bytes.size, file), bytes.size);
    fclose(file);
    sha256(bytes, source->hash);
    support_wat_release(bytes);
    assert_int_equal(stat(source->path, &source->status), 0);
}

static void program_begin(struct program *program, const struct source *source, struct place *place) {
    struct report report;
    report_init(&report);
    *program = (struct program){.path = source->path, .budget = &place->budget, .options.compile_fast = source->is_fast};
    assert_int_equal(program_load(program, &place->cache, &report), ERROR_NONE);
}

/* How much of a program comes from the cache. */
enum origin { FROM_FILE, IMAGE_ONLY, NOT_READ };

static enum origin program_origin(const struct source *source, struct place *place) {
    struct program program;
    struct wasm_export found;
    program_begin(&program, source, place);
    assert_true(wasm_module_find_export(program.module, bytes_from_text("f"), &found));
    const bool is_read = program.file.bytes.data != NULL, has_image = program.image.content.data != NULL;
    assert_int_equal(is_read, program.copy.content.data == NULL);
    program_end(&program);
    return !is_read ? NOT_READ : has_image ? IMAGE_ONLY : FROM_FILE;
}

/* The program's file was written just now; later it is trusted not to have changed. */
static void remember_later(const struct source *source, struct place *place) {
    struct timespec later;
    clock_gettime(CLOCK_REALTIME, &later);
    later.tv_sec += 10;
    cache_remember(&place->cache, &source->status, &later, source->hash);
}

static void save_compiled(const struct source *source, struct place *place) {
    struct program program;
    struct wasm_code_summary summary;
    struct wasm_worker *worker;
    program_begin(&program, source, place);
    assert_int_equal(wasm_worker_create(program.module, &place->budget, 1 << 20, &worker), ERROR_NONE);
    while (wasm_worker_step(worker) == ERROR_NONE) {
    }
    wasm_worker_destroy(worker);
    wasm_module_code_summary(program.module, &summary);
    assert_int_equal(summary.function_count, 2);
    assert_int_equal(program_save(&program, &place->cache, PROGRAM_SAVE_ALL), ERROR_NONE);
    program_end(&program);
}

static void test_program(void **state) {
    (void)state;
    struct place place;
    struct source source;
    struct program program;
    struct wasm_code_summary summary;
    place_begin(&place);
    source_begin(&source, &place);
    assert_int_equal(program_origin(&source, &place), FROM_FILE);
    save_compiled(&source, &place);
    assert_int_equal(program_origin(&source, &place), IMAGE_ONLY);
    remember_later(&source, &place);
    assert_int_equal(program_origin(&source, &place), NOT_READ);
    program_begin(&program, &source, &place);
    wasm_module_code_summary(program.module, &summary);
    assert_int_equal(summary.loaded_count, 2);
    /* Nothing is new, so nothing is written. */
    const size_t count = file_count(&place.cache);
    set_age(&place.cache, CACHE_MEMO_NAME, 100);
    assert_int_equal(program_save(&program, &place.cache, PROGRAM_SAVE_ALL), ERROR_NONE);
    assert_int_equal(file_count(&place.cache), count);
    program_end(&program);
    /* Code that was compiled in the other way is another image's. */
    source.is_fast = true;
    assert_int_equal(program_origin(&source, &place), FROM_FILE);
    save_compiled(&source, &place);
    assert_int_equal(program_origin(&source, &place), NOT_READ);
    place_end(&place);
}

static void damage(const struct cache *cache, enum cache_kind kind, off_t at, bool cut) {
    struct cache_files files;
    uint8_t byte;
    assert_int_equal(cache_files_read(cache, &files), ERROR_NONE);
    for (size_t i = 0; i < files.count; i++) {
        if (files.files[i].kind == kind) {
            int file = openat(cache->folder, files.files[i].name, O_RDWR);
            assert_true(file >= 0);
            assert_int_equal(pread(file, &byte, 1, at), 1);
            byte ^= 1;
            assert_int_equal(cut ? ftruncate(file, at) : pwrite(file, &byte, 1, at) - 1, 0);
            close(file);
        }
    }
    cache_files_release(&files);
}

/* Each time the program starts all the same. */
static void test_program_damaged(void **state) {
    (void)state;
    struct place place;
    struct source source;
    place_begin(&place);
    source_begin(&source, &place);
    save_compiled(&source, &place);
    remember_later(&source, &place);
    damage(&place.cache, CACHE_IMAGE, 200, false);
    assert_int_equal(program_origin(&source, &place), FROM_FILE);
    damage(&place.cache, CACHE_IMAGE, 200, false);
    assert_int_equal(program_origin(&source, &place), NOT_READ);
    damage(&place.cache, CACHE_IMAGE, 5000, true);
    assert_int_equal(program_origin(&source, &place), FROM_FILE);
    save_compiled(&source, &place);
    damage(&place.cache, CACHE_PROGRAM, 20, true);
    assert_int_equal(program_origin(&source, &place), IMAGE_ONLY);
    place.cache.build = bytes_from_text("another build");
    assert_int_equal(program_origin(&source, &place), FROM_FILE);
    place_end(&place);
}

static void test_program_changed(void **state) {
    (void)state;
    struct place place;
    struct source source;
    place_begin(&place);
    source_begin(&source, &place);
    save_compiled(&source, &place);
    remember_later(&source, &place);
    FILE *file = fopen(source.path, "ab");
    assert_int_equal(fwrite("\0\2\1x", 1, 4, file), 4); /* a custom section */
    fclose(file);
    assert_int_equal(program_origin(&source, &place), FROM_FILE);
    assert_int_equal(unlink(source.path), 0);
    struct program program = {.path = source.path, .budget = &place.budget};
    struct report report;
    report_init(&report);
    assert_int_equal(program_load(&program, &place.cache, &report), ERROR_NOT_FOUND);
    program_end(&program);
    place_end(&place);
}

/* Wherever the memory ends: a program, or the error, and nothing left behind. */
static void test_program_no_memory(void **state) {
    (void)state;
    struct place place;
    struct source source;
    place_begin(&place);
    source_begin(&source, &place);
    save_compiled(&source, &place);
    remember_later(&source, &place);
    enum error error = ERROR_NO_MEMORY;
    for (uint64_t limit = 0; error != ERROR_NONE; limit += 256) {
        struct budget budget;
        struct program program = {.path = source.path, .budget = &budget};
        struct report report;
        assert_true(limit < 1u << 20);
        report_init(&report);
        budget_init(&budget, &place.budget, limit);
        error = program_load(&program, &place.cache, &report);
        assert_true(error == ERROR_NONE || error == ERROR_NO_MEMORY);
        program_end(&program);
        budget_end(&budget);
    }
    place_end(&place);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_program),
        cmocka_unit_test(test_program_damaged),
        cmocka_unit_test(test_program_changed),
        cmocka_unit_test(test_program_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
