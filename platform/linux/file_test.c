/* Whole files: what is read is what was there, and what cannot be read is said. */
#include "platform/linux/file.h"
#include "tests/support/support.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SIZE_MAX_HERE ((size_t)1 << 20)

static char folder[] = "/tmp/argos-file-test-XXXXXX";
static struct budget budget;

static const char *path_of(const char *name) {
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static const char *file_make(const char *name, size_t size) {
    const char *path = path_of(name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (size_t i = 0; i < size; i++) {
        fputc((int)(i * 7 % 251), file);
    }
    assert_int_equal(fclose(file), 0);
    return path;
}

static void file_check(const struct file *file, size_t size) {
    assert_int_equal(file->bytes.size, size);
    for (size_t i = 0; i < size; i++) {
        assert_int_equal(file->bytes.data[i], (uint8_t)(i * 7 % 251));
    }
}

static void test_regular_files_are_read(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, SIZE_MAX_HERE};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct file file;
        struct report report;
        report_init(&report);
        assert_int_equal(file_read(file_make("regular", sizes[i]), SIZE_MAX_HERE, &budget, &report, &file), ERROR_NONE);
        file_check(&file, sizes[i]);
        assert_int_equal(budget.used_bytes, sizes[i] + 1);
        file_release(&file);
        assert_int_equal(budget.used_bytes, 0);
    }
}

static void read_fails(const char *path, enum error error, const char *text) {
    struct file file;
    struct report report;
    report_init(&report);
    assert_int_equal(file_read(path, SIZE_MAX_HERE, &budget, &report, &file), error);
    assert_int_equal(report.error, error);
    assert_non_null(strstr(report.text, text));
    assert_int_equal(budget.used_bytes, 0);
    assert_int_equal(support_live_blocks(), 0);
    assert_int_equal(file_read(path, SIZE_MAX_HERE, &budget, NULL, &file), error);
}

static void test_failures_are_said(void **state) {
    (void)state;
    read_fails(path_of("missing"), ERROR_NOT_FOUND, "no such file");
    read_fails("", ERROR_NOT_FOUND, "no such file");
    read_fails(folder, ERROR_HOST, "is a directory");
    read_fails(file_make("large", SIZE_MAX_HERE + 1), ERROR_LIMIT, "larger than 1048576 bytes");
    read_fails("/dev/zero", ERROR_LIMIT, "larger than 1048576 bytes");
    if (geteuid() != 0) {
        chmod(file_make("secret", 3), 0);
        read_fails(path_of("secret"), ERROR_HOST, "permission denied");
    }
    const char *path = file_make("path", 1);
    char below[300];
    snprintf(below, sizeof below, "%s/below", path);
    read_fails(below, ERROR_NOT_FOUND, "no such file");
}

static void test_limit_in_gibibytes(void **state) {
    (void)state;
    struct file file;
    struct report report;
    report_init(&report);
    const char *path = file_make("sparse", 0);
    assert_int_equal(truncate(path, ((off_t)1 << 30) + 1), 0);
    assert_int_equal(file_read(path, (size_t)1 << 30, &budget, &report, &file), ERROR_LIMIT);
    assert_non_null(strstr(report.text, "larger than 1 GiB"));
}

static void test_memory_that_is_not_there(void **state) {
    (void)state;
    struct budget small;
    budget_init(&small, &budget, 1000);
    struct file file;
    struct report report;
    report_init(&report);
    assert_int_equal(file_read(file_make("medium", 1000), SIZE_MAX_HERE, &small, &report, &file), ERROR_NO_MEMORY);
    assert_non_null(strstr(report.text, "does not fit into the memory budget"));
    budget_end(&small);
    support_fail_after(0);
    assert_int_equal(file_read(path_of("medium"), SIZE_MAX_HERE, &budget, NULL, &file), ERROR_NO_MEMORY);
    support_fail_after(-1);
    assert_int_equal(support_live_blocks(), 0);
}

struct feed {
    int descriptor;
    size_t size;
};

static void *feed_run(void *argument) {
    struct feed *feed = argument;
    for (size_t i = 0; i < feed->size; i++) {
        uint8_t byte = (uint8_t)(i * 7 % 251);
        if (write(feed->descriptor, &byte, 1) != 1) {
            break;
        }
    }
    close(feed->descriptor);
    return NULL;
}

static void test_standard_input_is_read_to_its_end(void **state) {
    (void)state;
    int ends[2], saved = dup(STDIN_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
    close(ends[0]);
    struct feed feed = {.descriptor = ends[1], .size = 200000};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, feed_run, &feed), 0);
    struct file file;
    assert_int_equal(file_read("-", SIZE_MAX_HERE, &budget, NULL, &file), ERROR_NONE);
    assert_int_equal(pthread_join(thread, NULL), 0);
    file_check(&file, 200000);
    file_release(&file);
    if (saved >= 0) {
        dup2(saved, STDIN_FILENO);
        close(saved);
    }
}

static void test_release_of_nothing(void **state) {
    (void)state;
    struct file file = {0};
    file_release(&file);
}

static int folder_remove(void **state) {
    (void)state;
    static const char *const names[] = {"regular", "large", "secret", "path", "sparse", "medium"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        unlink(path_of(names[i]));
    }
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regular_files_are_read),
        cmocka_unit_test(test_failures_are_said),
        cmocka_unit_test(test_limit_in_gibibytes),
        cmocka_unit_test(test_memory_that_is_not_there),
        cmocka_unit_test(test_standard_input_is_read_to_its_end),
        cmocka_unit_test(test_release_of_nothing),
    };
    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    budget_init_root(&budget, support_memory(), BUDGET_UNLIMITED);
    return cmocka_run_group_tests(tests, NULL, folder_remove);
}
