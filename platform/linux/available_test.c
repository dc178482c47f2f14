/* Available memory, read from folders that look like Linux's own. */
#include "platform/linux/available.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define LESS_MARGIN(bytes) ((bytes) - (bytes) / 16)

/* Removed again, in this order, by folder_remove. */
struct folder {
    char root[64];
    char paths[64][256];
    size_t count;
};

static void folder_open(struct folder *folder) {
    *folder = (struct folder){.root = "/tmp/argos-available-test-XXXXXX"};
    assert_non_null(mkdtemp(folder->root));
}

static void folder_remember(struct folder *folder, const char *path) {
    assert_true(folder->count < 64);
    snprintf(folder->paths[folder->count++], sizeof folder->paths[0], "%s", path);
}

/* Makes the file and the folders above it. */
static void folder_put(struct folder *folder, const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder->root, name);
    for (char *slash = strchr(path + strlen(folder->root) + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(path, 0700) == 0) {
            folder_remember(folder, path);
        }
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    folder_remember(folder, path);
}

static void folder_remove(struct folder *folder) {
    while (folder->count > 0) {
        remove(folder->paths[--folder->count]);
    }
    assert_int_equal(rmdir(folder->root), 0);
}

static void test_machine_alone(void **state) {
    (void)state;
    struct folder folder;
    folder_open(&folder);
    folder_put(&folder, "proc/meminfo", "MemTotal:  2000 kB\nMemFree:  10 kB\nMemAvailable:   1600 kB\nBuffers: 3 kB\n");
    assert_int_equal(available_bytes(folder.root), LESS_MARGIN(1600 * 1024));
    folder_put(&folder, "proc/self/cgroup", "nonsense\n\n0::/\n");
    assert_int_equal(available_bytes(folder.root), LESS_MARGIN(1600 * 1024));
    folder_remove(&folder);
}

static void test_group_of_version_2(void **state) {
    (void)state;
    struct folder folder;
    folder_open(&folder);
    folder_put(&folder, "proc/meminfo", "MemAvailable:   16000000 kB\n");
    folder_put(&folder, "proc/self/cgroup", "0::/system/app\n");
    folder_put(&folder, "sys/fs/cgroup/system/app/memory.max", "max\n");
    folder_put(&folder, "sys/fs/cgroup/system/app/memory.current", "5\n");
    assert_int_equal(available_bytes(folder.root), LESS_MARGIN(16000000ull * 1024));
    folder_put(&folder, "sys/fs/cgroup/system/memory.max", "1000000\n");
    folder_put(&folder, "sys/fs/cgroup/system/memory.current", "400000\n");
    assert_int_equal(available_bytes(folder.root), LESS_MARGIN(600000));
    folder_put(&folder, "sys/fs/cgroup/system/memory.stat", "anon 1\ninactive_file 100000\nactive_file 7\n");
    assert_int_equal(available_bytes(folder.root), LESS_MARGIN(700000));
    folder_remove(&folder);
}

static void test_group_of_version_1(void **state) {
    (void)state;
    struct folder folder;
    folder_open(&folder);
    folder_put(&folder, "proc/meminfo", "MemAvailable:   16000000 kB\n");
    folder_put(&folder, "proc/self/cgroup", "9:cpu:/x\n4:memory:/not/seen/from/here\n0::/\n");
    folder_put(&folder, "sys/fs/cgroup/memory/memory.limit_in_bytes", "500000\n");
    folder_put(&folder, "sys/fs/cgroup/memory/memory.usage_in_bytes", "600000\n");
    assert_int_equal(available_bytes(folder.root), 0);
    folder_put(&folder, "sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file 200000\n");
    assert_int_equal(available_bytes(folder.root), LESS_MARGIN(100000));
    folder_remove(&folder);
}

static void test_this_machine_and_none(void **state) {
    (void)state;
    assert_true(available_bytes("") > 1 << 20);
    assert_true(available_bytes("/nowhere") > 1 << 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machine_alone),
        cmocka_unit_test(test_group_of_version_2),
        cmocka_unit_test(test_group_of_version_1),
        cmocka_unit_test(test_this_machine_and_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
