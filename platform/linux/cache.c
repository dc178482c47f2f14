/* The folder of the cache: finding it, trusting it, and its files one at a time. */
#include "platform/linux/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#define USED_STEP_SECONDS 3600 /* how exactly it is known when a file was used */

/* ---- The folder ---- */

bool cache_default_path(char out[CACHE_PATH_SIZE]) {
    const char *own = getenv("ARGOS_CACHE"), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int length = 0;
    if (own != NULL) {
        length = snprintf(out, CACHE_PATH_SIZE, "%s", own);
    } else if (xdg != NULL && xdg[0] == '/') {
        length = snprintf(out, CACHE_PATH_SIZE, "%s/argos", xdg);
    } else if (home != NULL && home[0] == '/') {
        length = snprintf(out, CACHE_PATH_SIZE, "%s/.cache/argos", home);
    }
    return length > 0 && length < CACHE_PATH_SIZE;
}

/* The folder and those above it, as far as they are missing. What cannot be made is noticed when it is opened. */
static void folders_make(const char *path) {
    char part[CACHE_PATH_SIZE];
    for (size_t length = 1; length < sizeof part; length++) {
        if (path[length] == '/' || path[length] == 0) {
            memcpy(part, path, length);
            part[length] = 0;
            mkdir(part, S_IRWXU);
        }
        if (path[length] == 0) {
            return;
        }
    }
}

static enum error folder_fail(const char *path, int number, struct report *report) {
    if (number == ELOOP || number == ENOTDIR) {
        return report_fail(report, ERROR_HOST, REPORT_NO_OFFSET, "the cache %s is not used: it is a link or no folder", path);
    }
    return report_fail(report, ERROR_NOT_FOUND, REPORT_NO_OFFSET, "there is no cache %s: %s", path, strerror(number));
}

static enum error folder_check(int folder, const char *path, struct report *report) {
    struct stat status;
    if (fstat(folder, &status) != 0) {
        return folder_fail(path, errno, report);
    }
    if (status.st_uid != geteuid()) {
        return report_fail(report, ERROR_HOST, REPORT_NO_OFFSET, "the cache %s is not used: it belongs to another user", path);
    }
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return report_fail(report, ERROR_HOST, REPORT_NO_OFFSET, "the cache %s is not used: others may write to it; chmod 700 it", path);
    }
    return ERROR_NONE;
}

enum error cache_open(struct cache *cache, const char *path, bool create, struct budget *budget, struct report *report) {
    *cache = (struct cache){.folder = -1, .limit_bytes = CACHE_LIMIT_BYTES, .budget = budget, .build = cache_build_id()};
    if (cache->build.size == 0) {
        return report_fail(report, ERROR_NOT_FOUND, REPORT_NO_OFFSET, "there is no cache: this argos was linked without a build id");
    }
    if (create) {
        folders_make(path);
    }
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0) {
        return folder_fail(path, errno, report);
    }
    enum error error = folder_check(folder, path, report);
    if (error != ERROR_NONE) {
        close(folder);
        return error;
    }
    cache->folder = folder;
    return ERROR_NONE;
}

void cache_close(struct cache *cache) {
    if (cache->folder >= 0) {
        close(cache->folder);
    }
    cache->folder = -1;
}

/* ---- Files ---- */

void cache_name(enum cache_kind kind, const uint8_t hash[CACHE_HASH_SIZE], char out[CACHE_NAME_SIZE]) {
    for (size_t i = 0; i < CACHE_HASH_SIZE; i++) {
        snprintf(out + 2 * i, 3, "%02x", hash[i]);
    }
    strcpy(out + (size_t)2 * CACHE_HASH_SIZE, kind == CACHE_IMAGE ? ".image" : ".wasm");
}

bool cache_trusts(const struct stat *status) {
    return S_ISREG(status->st_mode) && status->st_uid == geteuid() && (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* For the choice of what to remove. Without effect where the file system cannot be written. */
static void entry_note_use(int descriptor, const struct stat *status) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec - status->st_mtim.tv_sec >= USED_STEP_SECONDS) {
        futimens(descriptor, NULL);
    }
}

enum error cache_take(const struct cache *cache, enum cache_kind kind, const uint8_t hash[CACHE_HASH_SIZE], struct cache_entry *out) {
    char name[CACHE_NAME_SIZE];
    struct stat status;
    *out = (struct cache_entry){.descriptor = -1};
    if (cache->folder < 0) {
        return ERROR_NOT_FOUND;
    }
    cache_name(kind, hash, name);
    int descriptor = openat(cache->folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        return ERROR_NOT_FOUND;
    }
    if (fstat(descriptor, &status) != 0 || !cache_trusts(&status) || status.st_size <= 0) {
        close(descriptor);
        return ERROR_NOT_FOUND;
    }
    void *content = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (content == MAP_FAILED) {
        close(descriptor);
        return ERROR_NO_MEMORY;
    }
    entry_note_use(descriptor, &status);
    *out = (struct cache_entry){.descriptor = descriptor, .content = {content, (size_t)status.st_size}};
    return ERROR_NONE;
}

void cache_entry_release(struct cache_entry *entry) {
    if (entry->content.data != NULL) {
        munmap((void *)(uintptr_t)entry->content.data, entry->content.size);
        close(entry->descriptor);
    }
    *entry = (struct cache_entry){.descriptor = -1};
}

bool cache_has(const struct cache *cache, enum cache_kind kind, const uint8_t hash[CACHE_HASH_SIZE]) {
    char name[CACHE_NAME_SIZE];
    cache_name(kind, hash, name);
    return cache->folder >= 0 && faccessat(cache->folder, name, R_OK, 0) == 0;
}

/* ---- Making files ---- */

enum error cache_put_begin(const struct cache *cache, struct cache_put *put) {
    uint64_t number;
    *put = (struct cache_put){.cache = cache, .descriptor = -1};
    if (cache->folder < 0 || getrandom(&number, sizeof number, 0) != sizeof number) {
        return ERROR_NOT_FOUND;
    }
    snprintf(put->temporary, sizeof put->temporary, CACHE_TEMPORARY_PREFIX "%016llx", (unsigned long long)number);
    put->descriptor = openat(cache->folder, put->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    return put->descriptor < 0 ? ERROR_HOST : ERROR_NONE;
}

enum error cache_put_write(void *context, uint64_t offset, struct bytes bytes) {
    struct cache_put *put = context;
    const uint64_t limit = put->cache->limit_bytes;
    if (offset > limit || bytes.size > limit - offset) {
        return ERROR_LIMIT;
    }
    for (size_t done = 0; done < bytes.size;) {
        ssize_t wrote = pwrite(put->descriptor, bytes.data + done, bytes.size - done, (off_t)(offset + done));
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            return ERROR_HOST;
        }
        done += (size_t)wrote;
    }
    return ERROR_NONE;
}

enum error cache_put_end_as(struct cache_put *put, const char *name) {
    /* A file system may say only now that there was no room. */
    const bool is_whole = close(put->descriptor) == 0;
    put->descriptor = -1;
    if (!is_whole || renameat(put->cache->folder, put->temporary, put->cache->folder, name) != 0) {
        return ERROR_HOST;
    }
    return ERROR_NONE;
}

enum error cache_put_end(struct cache_put *put, enum cache_kind kind, const uint8_t hash[CACHE_HASH_SIZE]) {
    char name[CACHE_NAME_SIZE];
    cache_name(kind, hash, name);
    return cache_put_end_as(put, name);
}

void cache_put_abandon(struct cache_put *put) {
    if (put->descriptor >= 0) {
        close(put->descriptor);
        put->descriptor = -1;
    }
    if (put->temporary[0] != 0) {
        unlinkat(put->cache->folder, put->temporary, 0);
    }
}
