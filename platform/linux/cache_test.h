/* A cache in a folder of its own, for tests. */
#ifndef PLATFORM_LINUX_CACHE_TEST_H
#define PLATFORM_LINUX_CACHE_TEST_H

#include "platform/linux/cache.h"
#include "tests/support/support.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A folder for one test, and a cache in it. */
struct place {
    char folder[64];
    char path[128];
    struct budget budget;
    struct cache cache;
};

static inline void place_begin(struct place *place) {
    memset(place, 0, sizeof *place);
    strcpy(place->folder, "/tmp/argos-cache-test-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->path, sizeof place->path, "%s/a/b", place->folder);
    budget_init_root(&place->budget, support_memory(), 64u << 20);
    assert_int_equal(cache_open(&place->cache, place->path, true, &place->budget, NULL), ERROR_NONE);
}

static inline void place_end(struct place *place) {
    char command[160];
    cache_close(&place->cache);
    budget_end(&place->budget);
    snprintf(command, sizeof command, "rm -rf %s", place->folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(support_live_bytes(), 0);
}

static inline size_t file_count(const struct cache *cache) {
    struct cache_files files;
    assert_int_equal(cache_files_read(cache, &files), ERROR_NONE);
    size_t count = files.count;
    cache_files_release(&files);
    return count;
}

/* Used last so many seconds ago. */
static inline void set_age(const struct cache *cache, const char *name, time_t seconds) {
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = time(NULL) - seconds}};
    assert_int_equal(utimensat(cache->folder, name, times, 0), 0);
}

#endif
