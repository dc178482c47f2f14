/* SSA of modules that nobody wrote: `wasm-opt -ttf` makes them from seeded random bytes, and each function must compute what
   the interpreter computes (ir_compare_test.h), plain and after tidying. COUNT says how many modules, MODULES names a folder whose
   modules are compared instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wasm/compile/ir_compare_test.h"

#include <dirent.h>

static void transform_tidy(struct ir_function *function) {
    ir_clean(function);
    ir_split_edges(function);
}

/* Follows constants through branches, so that blocks go away. */
static void transform_fold(struct ir_function *function) {
    for (uint32_t block = 0; block < function->block_count; block++) {
        const struct ir_block *at = &function->blocks[block];
        if (at->successor_count < 2 || function->values[at->operand].op != IR_CONSTANT)
            continue;
        uint32_t number = function->values[at->operand].a, last = at->successor_count - 1;
        if (at->end == IR_END_BRANCH)
            number = number != 0 ? 0 : 1;
        ir_end_fold(function, block, number < last ? number : last);
    }
    ir_number(function);
    transform_tidy(function);
}

static struct bytes file_read(const char *path) {
    struct bytes bytes = {0};
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return bytes;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    uint8_t *data = malloc((size_t)size + 1);
    bytes.size = fread(data, 1, (size_t)size, file);
    bytes.data = data;
    fclose(file);
    return bytes;
}

static void file_compare(const char *path, uint64_t seed, struct ir_totals *totals) {
    struct bytes bytes = file_read(path);
    if (getenv("VERBOSE") != NULL)
        printf("%s\n", path);
    struct ir_totals tidied = {0};
    ir_compare(bytes, path, seed, false, NULL, totals);
    ir_compare(bytes, path, seed + 1, false, transform_tidy, &tidied);
    ir_compare(bytes, path, seed + 2, true, transform_fold, &tidied);
    ir_compare(bytes, path, seed + 3, false, ir_transform_homes, &tidied);
    ir_compare(bytes, path, seed + 4, true, ir_transform_homes, &tidied);
    free((void *)(uintptr_t)bytes.data);
}

static void totals_print(const struct ir_totals *totals) {
    printf("%u modules, %u functions, %u calls, of these %u trap and %u end early\n", totals->modules, totals->functions, totals->calls,
           totals->traps, totals->limits);
}

static void folder_compare(const char *folder, uint64_t seed) {
    struct ir_totals totals = {0};
    char path[1024];
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        size_t length = strlen(entry->d_name);
        if (length < 5 || strcmp(entry->d_name + length - 5, ".wasm") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        file_compare(path, seed, &totals);
    }
    closedir(directory);
    totals_print(&totals);
}

/* Writes a module to the path; false when wasm-opt could not make one. */
static bool module_make(const char *folder, const char *path, uint64_t *random) {
    /* Not threads: its memories are shared. Reference types it confuses now and then. */
    static const char *const features[] = {
        "",
        "--enable-sign-ext --enable-bulk-memory --enable-multivalue",
        "--enable-simd --enable-sign-ext --enable-bulk-memory --enable-multivalue --enable-nontrapping-float-to-int",
        "--enable-simd --enable-reference-types --enable-bulk-memory",
    };
    char input[512], command[2048];
    snprintf(input, sizeof input, "%s/bytes", folder);
    FILE *file = fopen(input, "wb");
    assert_non_null(file);
    uint64_t size = 500 + support_random(random) % 8000;
    for (uint64_t index = 0; index < size; index++)
        fputc((int)(support_random(random) & 0xFF), file);
    fclose(file);
    snprintf(command, sizeof command, "wasm-opt -ttf --mvp-features %s %s -o %s 2>/dev/null", features[support_random(random) % 4], input, path);
    return system(command) == 0;
}

static void test_random(void **state) {
    (void)state;
    uint64_t seed = support_seed(), random = seed;
    if (getenv("MODULES") != NULL) {
        folder_compare(getenv("MODULES"), seed);
        return;
    }
    if (system("command -v wasm-opt >/dev/null") != 0)
        skip();
    char folder[] = "/tmp/argos-random-XXXXXX", path[512], command[512];
    assert_non_null(mkdtemp(folder));
    struct ir_totals totals = {0};
    long count = getenv("COUNT") != NULL ? atol(getenv("COUNT")) : 20;
    for (long number = 0; number < count; number++) {
        snprintf(path, sizeof path, "%s/%ld.wasm", folder, number);
        if (module_make(folder, path, &random))
            file_compare(path, random, &totals);
        remove(path);
    }
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    totals_print(&totals);
    assert_true(totals.calls > 0 || count == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
