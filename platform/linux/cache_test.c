/* The cache: who may be trusted, what is found again, what is removed, and many processes at once. */
#include "platform/linux/cache_test.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void name_of(uint8_t number, uint8_t out[CACHE_HASH_SIZE]) {
    memset(out, number, CACHE_HASH_SIZE);
}

/* A file of so many equal bytes. */
static enum error put_bytes(const struct cache *cache, uint8_t number, uint8_t value, size_t size) {
    struct cache_put put;
    uint8_t name[CACHE_HASH_SIZE], *bytes = malloc(size);
    name_of(number, name);
    memset(bytes, value, size);
    enum error error = cache_put_begin(cache, &put);
    if (error == ERROR_NONE) {
        /* The end first, as images do with their header. */
        error = cache_put_write(&put, size / 2, (struct bytes){bytes, size - size / 2});
        error = error == ERROR_NONE ? cache_put_write(&put, 0, (struct bytes){bytes, size / 2}) : error;
        error = error == ERROR_NONE ? cache_put_end(&put, CACHE_IMAGE, name) : error;
        if (error != ERROR_NONE) {
            cache_put_abandon(&put);
        }
    }
    free(bytes);
    return error;
}

/* The value of all bytes of a file, or -1 when there is none. */
static int take_value(const struct cache *cache, uint8_t number) {
    struct cache_entry entry;
    uint8_t name[CACHE_HASH_SIZE];
    name_of(number, name);
    if (cache_take(cache, CACHE_IMAGE, name, &entry) != ERROR_NONE) {
        return -1;
    }
    int value = entry.content.data[0];
    for (size_t i = 0; i < entry.content.size; i++) {
        value = entry.content.data[i] == value ? value : -2;
    }
    cache_entry_release(&entry);
    return value;
}

/* ---- The folder ---- */

static void test_default_path(void **state) {
    (void)state;
    char path[CACHE_PATH_SIZE];
    unsetenv("ARGOS_CACHE");
    setenv("HOME", "/home/somebody", 1);
    setenv("XDG_CACHE_HOME", "/x", 1);
    assert_true(cache_default_path(path));
    assert_string_equal(path, "/x/argos");
    setenv("XDG_CACHE_HOME", "relative", 1);
    assert_true(cache_default_path(path));
    assert_string_equal(path, "/home/somebody/.cache/argos");
    unsetenv("XDG_CACHE_HOME");
    setenv("ARGOS_CACHE", "/y", 1);
    assert_true(cache_default_path(path));
    assert_string_equal(path, "/y");
    setenv("ARGOS_CACHE", "", 1);
    assert_false(cache_default_path(path));
    unsetenv("ARGOS_CACHE");
    unsetenv("HOME");
    assert_false(cache_default_path(path));
}

static enum error open_again(struct place *place, const char *path) {
    struct cache cache;
    struct report report;
    report_init(&report);
    enum error error = cache_open(&cache, path, false, &place->budget, &report);
    assert_int_equal(cache.folder >= 0, error == ERROR_NONE);
    assert_int_equal(report.error, error);
    cache_close(&cache);
    return error;
}

static void test_trust(void **state) {
    (void)state;
    struct place place;
    char other[160];
    struct stat status;
    place_begin(&place);
    assert_int_equal(stat(place.path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    assert_int_equal(open_again(&place, place.path), ERROR_NONE);
    static const mode_t modes[] = {0720, 0702, 0777};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        assert_int_equal(chmod(place.path, modes[i]), 0);
        assert_int_equal(open_again(&place, place.path), ERROR_HOST);
    }
    assert_int_equal(chmod(place.path, 0755), 0);
    assert_int_equal(open_again(&place, place.path), ERROR_NONE);
    snprintf(other, sizeof other, "%s/link", place.folder);
    assert_int_equal(symlink(place.path, other), 0);
    assert_int_equal(open_again(&place, other), ERROR_HOST);
    snprintf(other, sizeof other, "%s/missing", place.folder);
    assert_int_equal(open_again(&place, other), ERROR_NOT_FOUND);
    if (geteuid() == 0) {
        assert_int_equal(chown(place.path, 1, 1), 0);
        assert_int_equal(open_again(&place, place.path), ERROR_HOST);
    }
    place_end(&place);
}

static void test_no_cache(void **state) {
    (void)state;
    struct cache cache = {.folder = -1};
    struct cache_files files;
    const struct stat status = {.st_size = 1};
    uint8_t hash[CACHE_HASH_SIZE] = {0};
    assert_int_equal(put_bytes(&cache, 1, 1, 10), ERROR_NOT_FOUND);
    assert_int_equal(take_value(&cache, 1), -1);
    cache_remember(&cache, &status, &(struct timespec){.tv_sec = 1000}, hash);
    assert_false(cache_recall(&cache, &status, hash));
    assert_int_equal(cache_files_read(&cache, &files), ERROR_NOT_FOUND);
    cache_shrink(&cache);
    cache_close(&cache);
}

/* ---- Files ---- */

static void test_files(void **state) {
    (void)state;
    struct place place;
    struct cache_entry entry;
    uint8_t name[CACHE_HASH_SIZE];
    place_begin(&place);
    assert_int_equal(take_value(&place.cache, 1), -1);
    assert_int_equal(put_bytes(&place.cache, 1, 7, 5000), ERROR_NONE);
    assert_int_equal(take_value(&place.cache, 1), 7);
    /* Who has the old one keeps it. */
    name_of(1, name);
    assert_int_equal(cache_take(&place.cache, CACHE_IMAGE, name, &entry), ERROR_NONE);
    assert_int_equal(put_bytes(&place.cache, 1, 8, 100), ERROR_NONE);
    assert_int_equal(entry.content.size, 5000);
    assert_int_equal(entry.content.data[4999], 7);
    cache_entry_release(&entry);
    assert_int_equal(take_value(&place.cache, 1), 8);
    assert_true(cache_has(&place.cache, CACHE_IMAGE, name));
    assert_false(cache_has(&place.cache, CACHE_PROGRAM, name));
    assert_int_equal(file_count(&place.cache), 1);
    place_end(&place);
}

static void test_files_not_trusted(void **state) {
    (void)state;
    struct place place;
    uint8_t name[CACHE_HASH_SIZE];
    char text[CACHE_NAME_SIZE];
    place_begin(&place);
    assert_int_equal(put_bytes(&place.cache, 1, 7, 100), ERROR_NONE);
    name_of(1, name);
    cache_name(CACHE_IMAGE, name, text);
    assert_int_equal(fchmodat(place.cache.folder, text, 0620, 0), 0);
    assert_int_equal(take_value(&place.cache, 1), -1);
    assert_int_equal(fchmodat(place.cache.folder, text, 0600, 0), 0);
    assert_int_equal(take_value(&place.cache, 1), 7);
    assert_int_equal(renameat(place.cache.folder, text, place.cache.folder, "elsewhere"), 0);
    assert_int_equal(symlinkat("elsewhere", place.cache.folder, text), 0);
    assert_int_equal(take_value(&place.cache, 1), -1);
    assert_int_equal(unlinkat(place.cache.folder, text, 0), 0);
    int empty = openat(place.cache.folder, text, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(take_value(&place.cache, 1), -1);
    close(empty);
    assert_int_equal(unlinkat(place.cache.folder, text, 0), 0);
    assert_int_equal(mkfifoat(place.cache.folder, text, 0600), 0);
    assert_int_equal(take_value(&place.cache, 1), -1);
    place_end(&place);
}

/* A disk that is full, and a folder that is gone: no file, and nothing left behind. */
static void test_no_room(void **state) {
    (void)state;
    struct place place;
    struct rlimit old, small;
    place_begin(&place);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){.rlim_cur = 1000, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(put_bytes(&place.cache, 1, 7, 5000), ERROR_HOST);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(file_count(&place.cache), 0);
    place.cache.limit_bytes = 4000;
    assert_int_equal(put_bytes(&place.cache, 1, 7, 5000), ERROR_LIMIT);
    assert_int_equal(file_count(&place.cache), 0);
    assert_int_equal(rmdir(place.path), 0);
    assert_int_equal(put_bytes(&place.cache, 1, 7, 100), ERROR_HOST);
    place_end(&place);
}

static void set_image_age(const struct cache *cache, uint8_t number, time_t seconds) {
    uint8_t name[CACHE_HASH_SIZE];
    char text[CACHE_NAME_SIZE];
    name_of(number, name);
    cache_name(CACHE_IMAGE, name, text);
    set_age(cache, text, seconds);
}

static void test_shrink(void **state) {
    (void)state;
    struct place place;
    place_begin(&place);
    place.cache.limit_bytes = 5 * 4096;
    for (uint8_t i = 1; i <= 5; i++) {
        assert_int_equal(put_bytes(&place.cache, i, i, 4096), ERROR_NONE);
        set_image_age(&place.cache, i, 1000000 - 10000 * i);
    }
    cache_shrink(&place.cache);
    assert_int_equal(file_count(&place.cache), 5);
    /* Used now, so the second one is the oldest. */
    assert_int_equal(take_value(&place.cache, 1), 1);
    assert_int_equal(put_bytes(&place.cache, 6, 6, 2 * 4096), ERROR_NONE);
    cache_shrink(&place.cache);
    for (uint8_t i = 1; i <= 6; i++) {
        assert_int_equal(take_value(&place.cache, i), i == 2 || i == 3 ? -1 : i);
    }
    place_end(&place);
}

/* Files of others are none of our business; unfinished ones are when they are old. */
static void test_shrink_others(void **state) {
    (void)state;
    struct place place;
    static const char *const names[] = {"readme", ".new-old", ".new-young"};
    place_begin(&place);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int file = openat(place.cache.folder, names[i], O_WRONLY | O_CREAT, 0600);
        assert_int_equal(write(file, "x", 1), 1);
        close(file);
    }
    set_age(&place.cache, "readme", 1000000);
    set_age(&place.cache, ".new-old", 10000);
    place.cache.limit_bytes = 0;
    cache_shrink(&place.cache);
    assert_int_equal(faccessat(place.cache.folder, "readme", F_OK, 0), 0);
    assert_int_not_equal(faccessat(place.cache.folder, ".new-old", F_OK, 0), 0);
    assert_int_equal(faccessat(place.cache.folder, ".new-young", F_OK, 0), 0);
    place_end(&place);
}

/* ---- Hashes of files ---- */

static const struct timespec now = {.tv_sec = 1000000};

static struct stat status_of(uint64_t inode) {
    return (struct stat){.st_dev = 3, .st_ino = inode, .st_size = 4, .st_mtim = {.tv_sec = 999000, .tv_nsec = 5}, .st_ctim = {.tv_sec = 999001}};
}

static void test_memo(void **state) {
    (void)state;
    struct place place;
    uint8_t hash[CACHE_HASH_SIZE], found[CACHE_HASH_SIZE];
    place_begin(&place);
    name_of(9, hash);
    const struct stat status = status_of(1);
    assert_false(cache_recall(&place.cache, &status, found));
    cache_remember(&place.cache, &status, &now, hash);
    assert_true(cache_recall(&place.cache, &status, found));
    assert_memory_equal(hash, found, sizeof hash);
    struct stat changed[6];
    for (size_t i = 0; i < 6; i++) {
        changed[i] = status;
    }
    changed[0].st_dev++;
    changed[1].st_ino++;
    changed[2].st_size++;
    changed[3].st_mtim.tv_nsec++;
    changed[4].st_ctim.tv_nsec++;
    changed[5].st_ctim.tv_sec--;
    for (size_t i = 0; i < 6; i++) {
        assert_false(cache_recall(&place.cache, &changed[i], found));
    }
    /* The same file, changed: what was known of it is forgotten. */
    cache_remember(&place.cache, &changed[3], &now, hash);
    assert_true(cache_recall(&place.cache, &changed[3], found));
    assert_false(cache_recall(&place.cache, &status, found));
    place_end(&place);
}

static void test_memo_racy(void **state) {
    (void)state;
    struct place place;
    uint8_t hash[CACHE_HASH_SIZE] = {0};
    static const long seconds[] = {999999, 999998, 1000000, 1000001};
    place_begin(&place);
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        struct stat status = status_of(1);
        status.st_mtim = (struct timespec){.tv_sec = seconds[i], .tv_nsec = 1};
        cache_remember(&place.cache, &status, &now, hash);
        assert_false(cache_recall(&place.cache, &status, hash));
        status = status_of(1);
        status.st_ctim = (struct timespec){.tv_sec = seconds[i], .tv_nsec = 1};
        cache_remember(&place.cache, &status, &now, hash);
        assert_false(cache_recall(&place.cache, &status, hash));
    }
    struct stat old = status_of(1);
    old.st_mtim = (struct timespec){.tv_sec = 999998};
    cache_remember(&place.cache, &old, &now, hash);
    assert_true(cache_recall(&place.cache, &old, hash));
    place_end(&place);
}

static void test_memo_many(void **state) {
    (void)state;
    struct place place;
    uint8_t hash[CACHE_HASH_SIZE] = {0};
    place_begin(&place);
    for (uint64_t i = 0; i < 300; i++) {
        const struct stat status = status_of(i);
        hash[0] = (uint8_t)i;
        cache_remember(&place.cache, &status, &now, hash);
    }
    for (uint64_t i = 0; i < 300; i++) {
        const struct stat status = status_of(i);
        assert_int_equal(cache_recall(&place.cache, &status, hash), i >= 44);
        assert_true(i < 44 || hash[0] == (uint8_t)i);
    }
    place_end(&place);
}

static void test_memo_damaged(void **state) {
    (void)state;
    struct place place;
    uint8_t hash[CACHE_HASH_SIZE], found[CACHE_HASH_SIZE], byte;
    place_begin(&place);
    name_of(9, hash);
    const struct stat first = status_of(1), second = status_of(2);
    cache_remember(&place.cache, &first, &now, hash);
    cache_remember(&place.cache, &second, &now, hash);
    int file = openat(place.cache.folder, CACHE_MEMO_NAME, O_RDWR);
    for (off_t at = 0; at < 80; at++) {
        assert_int_equal(pread(file, &byte, 1, at), 1);
        byte ^= 4;
        assert_int_equal(pwrite(file, &byte, 1, at), 1);
        assert_false(cache_recall(&place.cache, &first, found));
        assert_true(cache_recall(&place.cache, &second, found));
        byte ^= 4;
        assert_int_equal(pwrite(file, &byte, 1, at), 1);
    }
    assert_true(cache_recall(&place.cache, &first, found));
    assert_int_equal(fchmod(file, 0622), 0);
    assert_false(cache_recall(&place.cache, &first, found));
    assert_int_equal(fchmod(file, 0600), 0);
    assert_int_equal(ftruncate(file, 81), 0);
    assert_true(cache_recall(&place.cache, &first, found));
    assert_false(cache_recall(&place.cache, &second, found));
    close(file);
    place_end(&place);
}

/* ---- Many processes ---- */

/* Each writes files that all write, and reads whatever is there: always a whole one. */
static void worker_run(struct place *place, uint64_t seed) {
    uint8_t hash[CACHE_HASH_SIZE];
    for (int i = 0; i < 150; i++) {
        const uint8_t number = (uint8_t)(support_random(&seed) % 4), value = (uint8_t)support_random(&seed);
        const struct stat status = status_of(number);
        enum error error = put_bytes(&place->cache, number, value, 1000 + support_random(&seed) % 20000);
        name_of(number, hash);
        cache_remember(&place->cache, &status, &now, hash);
        if (error != ERROR_NONE || take_value(&place->cache, number) == -2) {
            _exit(1);
        }
        if (cache_recall(&place->cache, &status, hash) && hash[0] != number) {
            _exit(2);
        }
        if (i % 10 == 0) {
            cache_shrink(&place->cache);
        }
    }
    _exit(0);
}

static void test_processes(void **state) {
    (void)state;
    struct place place;
    uint64_t seed = support_seed();
    place_begin(&place);
    place.cache.limit_bytes = 40000;
    for (int i = 0; i < 4; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            worker_run(&place, seed + (uint64_t)i);
        }
    }
    for (int i = 0; i < 4; i++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    cache_shrink(&place.cache);
    struct cache_files files;
    assert_int_equal(cache_files_read(&place.cache, &files), ERROR_NONE);
    assert_true(files.size <= 40000 && files.count > 0);
    for (size_t i = 0; i < files.count; i++) {
        assert_false(files.files[i].is_temporary);
    }
    cache_files_release(&files);
    place_end(&place);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default_path),
        cmocka_unit_test(test_trust),
        cmocka_unit_test(test_no_cache),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_files_not_trusted),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_shrink),
        cmocka_unit_test(test_shrink_others),
        cmocka_unit_test(test_memo),
        cmocka_unit_test(test_memo_racy),
        cmocka_unit_test(test_memo_many),
        cmocka_unit_test(test_memo_damaged),
        cmocka_unit_test(test_processes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
