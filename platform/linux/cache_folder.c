/* All files of the cache: listing them, and removing those that were not used for longest. */
#include "platform/linux/cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES_MAX        100000u         /* more are not looked at */
#define TEMPORARY_AGE_NS 3600000000000ll /* nobody writes one file for so long */
#define BLOCK_BYTES      512u            /* what st_blocks counts in */
#define HASH_DIGITS      ((size_t)2 * CACHE_HASH_SIZE)

static int digit_value(char digit) {
    return digit >= '0' && digit <= '9' ? digit - '0' : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Whether a file is the cache's, by its name. */
static bool name_parse(const char *name, struct cache_file *file) {
    const size_t length = strlen(name);
    if (length >= sizeof file->name) {
        return false;
    }
    *file = (struct cache_file){.kind = CACHE_OTHER};
    memcpy(file->name, name, length + 1);
    file->is_temporary = strncmp(name, CACHE_TEMPORARY_PREFIX, strlen(CACHE_TEMPORARY_PREFIX)) == 0;
    if (file->is_temporary || strcmp(name, CACHE_MEMO_NAME) == 0) {
        return true;
    }
    if (length < HASH_DIGITS) {
        return false;
    }
    for (size_t i = 0; i < HASH_DIGITS; i++) {
        int value = digit_value(name[i]);
        if (value < 0) {
            return false;
        }
        file->hash[i / 2] = (uint8_t)(file->hash[i / 2] << 4 | value);
    }
    file->kind = strcmp(name + HASH_DIGITS, ".image") == 0 ? CACHE_IMAGE : strcmp(name + HASH_DIGITS, ".wasm") == 0 ? CACHE_PROGRAM : CACHE_OTHER;
    return file->kind != CACHE_OTHER;
}

/* Not counted: what is no file of ours, or gone meanwhile. */
static bool file_read_status(int folder, struct cache_file *file) {
    struct stat status;
    if (fstatat(folder, file->name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode)) {
        return false;
    }
    file->size = (uint64_t)status.st_blocks * BLOCK_BYTES;
    file->used_ns = (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
    return true;
}

static int files_compare(const void *left, const void *right) {
    const struct cache_file *one = left, *other = right;
    if (one->used_ns != other->used_ns) {
        return one->used_ns < other->used_ns ? -1 : 1;
    }
    return strcmp(one->name, other->name);
}

static enum error files_add(struct cache_files *files, size_t *capacity, const struct cache_file *file) {
    if (files->count == *capacity) {
        const size_t grown = *capacity == 0 ? 64 : *capacity * 2, item = sizeof *files->files;
        struct cache_file *moved = budget_reallocate(files->budget, files->files, *capacity * item, grown * item);
        if (moved == NULL) {
            return ERROR_NO_MEMORY;
        }
        files->files = moved;
        *capacity = grown;
    }
    files->files[files->count++] = *file;
    files->size += file->size;
    return ERROR_NONE;
}

static enum error directory_read(DIR *directory, struct cache_files *files, size_t *capacity) {
    enum error error = ERROR_NONE;
    for (struct dirent *entry = readdir(directory); entry != NULL && error == ERROR_NONE && files->count < FILES_MAX; entry = readdir(directory)) {
        struct cache_file file;
        if (name_parse(entry->d_name, &file) && file_read_status(dirfd(directory), &file)) {
            error = files_add(files, capacity, &file);
        }
    }
    return error;
}

enum error cache_files_read(const struct cache *cache, struct cache_files *out) {
    size_t capacity = 0;
    *out = (struct cache_files){.budget = cache->budget};
    /* A descriptor of its own, which closedir closes. */
    int descriptor = cache->folder < 0 ? -1 : openat(cache->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = descriptor < 0 ? NULL : fdopendir(descriptor);
    if (directory == NULL) {
        if (descriptor >= 0) {
            close(descriptor);
        }
        return ERROR_NOT_FOUND;
    }
    enum error error = directory_read(directory, out, &capacity);
    closedir(directory);
    /* As large as it is released. */
    if (error == ERROR_NONE && capacity != 0) {
        struct cache_file *fitting = budget_reallocate(out->budget, out->files, capacity * sizeof *fitting, out->count * sizeof *fitting);
        error = fitting == NULL ? ERROR_NO_MEMORY : ERROR_NONE;
        if (fitting != NULL) {
            out->files = fitting;
            qsort(out->files, out->count, sizeof *out->files, files_compare);
        }
    }
    if (error != ERROR_NONE) {
        budget_release(out->budget, out->files, capacity * sizeof *out->files);
        *out = (struct cache_files){.budget = cache->budget};
    }
    return error;
}

void cache_files_release(struct cache_files *files) {
    if (files->files != NULL) {
        budget_release(files->budget, files->files, files->count * sizeof *files->files);
    }
    *files = (struct cache_files){0};
}

bool cache_file_remove(const struct cache *cache, const struct cache_file *file) {
    return unlinkat(cache->folder, file->name, 0) == 0;
}

static bool is_abandoned(const struct cache_file *file) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return file->is_temporary && (int64_t)now.tv_sec * 1000000000 - file->used_ns > TEMPORARY_AGE_NS;
}

void cache_shrink(const struct cache *cache) {
    struct cache_files files;
    if (cache_files_read(cache, &files) != ERROR_NONE) {
        return;
    }
    uint64_t size = files.size;
    for (size_t i = 0; i < files.count; i++) {
        const struct cache_file *file = &files.files[i];
        const bool is_surplus = size > cache->limit_bytes && !file->is_temporary;
        if ((is_surplus || is_abandoned(file)) && cache_file_remove(cache, file)) {
            size -= file->size;
        }
    }
    cache_files_release(&files);
}
