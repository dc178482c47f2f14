/* argos cache: what is kept of compiled code, whether it is whole, and getting rid of it. */
#include "base/sha256.h"
#include "platform/linux/cache.h"
#include "platform/linux/command.h"
#include "platform/linux/message.h"
#include "platform/linux/quantity.h"
#include "wasm/wasm.h"

#include <string.h>

void command_cache_open(const struct command_line *line, bool create, struct cache *cache) {
    char path[CACHE_PATH_SIZE];
    struct report report;
    report_init(&report);
    *cache = (struct cache){.folder = -1, .budget = line->budget};
    if (line->cache == NULL && !cache_default_path(path)) {
        return;
    }
    enum error error = cache_open(cache, line->cache != NULL ? line->cache : path, create, line->budget, &report);
    if (error == ERROR_HOST || (error != ERROR_NONE && line->cache != NULL)) {
        message("%s", report.text);
    }
}

static void hash_print(const uint8_t hash[CACHE_HASH_SIZE]) {
    for (size_t i = 0; i < CACHE_HASH_SIZE; i++) {
        printf("%02x", hash[i]);
    }
}

static void image_list(const struct cache_file *file, struct bytes content) {
    struct wasm_image_description image;
    char code[32], size[32];
    if (wasm_image_verify(content, false, NULL, &image) != ERROR_NONE) {
        printf("%s  not an image of this version, or damaged\n", file->name);
        return;
    }
    hash_print(image.program);
    printf("  %s%s, %u of %u functions, %s of code, %s\n", image.isa, image.is_fast ? ", fast" : "", image.compiled_count, image.function_count,
           quantity_size_text(image.machine_bytes, code, sizeof code), quantity_size_text(file->size, size, sizeof size));
}

/* An image whose file is at hand; one that is gone meanwhile is passed over. */
static void files_list(const struct cache *cache, const struct cache_files *files) {
    char size[32], limit[32];
    size_t image_count = 0, program_count = 0;
    for (size_t i = 0; i < files->count; i++) {
        const struct cache_file *file = &files->files[i];
        struct cache_entry entry;
        program_count += file->kind == CACHE_PROGRAM;
        if (file->kind == CACHE_IMAGE && cache_take(cache, CACHE_IMAGE, file->hash, &entry) == ERROR_NONE) {
            image_count++;
            image_list(file, entry.content);
            cache_entry_release(&entry);
        }
    }
    printf("%zu image%s, %zu program%s, %s of at most %s\n", image_count, image_count == 1 ? "" : "s", program_count, program_count == 1 ? "" : "s",
           quantity_size_text(files->size, size, sizeof size), quantity_size_text(cache->limit_bytes, limit, sizeof limit));
}

/* Whether a file is what its name says. */
static bool file_is_whole(const struct cache *cache, const struct cache_file *file, struct report *report) {
    struct cache_entry entry;
    if (file->kind == CACHE_OTHER) {
        return true;
    }
    if (cache_take(cache, file->kind, file->hash, &entry) != ERROR_NONE) {
        report_fail(report, ERROR_MALFORMED, REPORT_NO_OFFSET, "it is empty, or others may write to it");
        return false;
    }
    bool is_whole = false;
    if (file->kind == CACHE_IMAGE) {
        struct wasm_image_description image;
        is_whole = wasm_image_verify(entry.content, true, report, &image) == ERROR_NONE && memcmp(image.key, file->hash, sizeof image.key) == 0;
    } else {
        uint8_t hash[SHA256_SIZE];
        sha256(entry.content, hash);
        is_whole = memcmp(hash, file->hash, sizeof hash) == 0;
    }
    cache_entry_release(&entry);
    if (!is_whole) {
        report_fail(report, ERROR_MALFORMED, REPORT_NO_OFFSET, "its content is not what its name says");
    }
    return is_whole;
}

static int files_verify(const struct cache *cache, const struct cache_files *files) {
    size_t checked = 0, damaged = 0;
    for (size_t i = 0; i < files->count; i++) {
        const struct cache_file *file = &files->files[i];
        struct report report;
        report_init(&report);
        checked += file->kind != CACHE_OTHER;
        if (!file_is_whole(cache, file, &report)) {
            damaged++;
            message_of_file(file->name, "%s; %s", report.text, cache_file_remove(cache, file) ? "removed" : "it cannot be removed");
        }
    }
    printf("%zu file%s checked, %zu damaged\n", checked, checked == 1 ? "" : "s", damaged);
    return damaged == 0 ? COMMAND_DONE : COMMAND_FAILED;
}

static int files_clear(const struct cache *cache, const struct cache_files *files) {
    size_t removed = 0;
    uint64_t bytes = 0;
    char size[32];
    for (size_t i = 0; i < files->count; i++) {
        if (cache_file_remove(cache, &files->files[i])) {
            removed++;
            bytes += files->files[i].size;
        }
    }
    printf("%zu file%s removed, %s\n", removed, removed == 1 ? "" : "s", quantity_size_text(bytes, size, sizeof size));
    return removed == files->count ? COMMAND_DONE : COMMAND_FAILED;
}

int command_cache(const struct command_line *line) {
    const char *what = line->operand_count == 0 ? "" : line->operands[0];
    const bool is_list = strcmp(what, "list") == 0, is_verify = strcmp(what, "verify") == 0, is_clear = strcmp(what, "clear") == 0;
    struct cache cache;
    struct cache_files files = {0};
    int code = COMMAND_DONE;
    if (!is_list && !is_verify && !is_clear) {
        message(what[0] == 0 ? "cache: write argos cache list, verify or clear%s" : "cache: there is no %s; write argos cache list, verify or clear",
                what);
        return COMMAND_USAGE;
    }
    command_cache_open(line, false, &cache);
    enum error error = cache_files_read(&cache, &files);
    if (error == ERROR_NO_MEMORY) {
        message("cache: there is no memory for its list of files");
        code = COMMAND_HOST;
    } else if (is_list) {
        files_list(&cache, &files);
    } else {
        code = is_verify ? files_verify(&cache, &files) : files_clear(&cache, &files);
    }
    cache_files_release(&files);
    cache_close(&cache);
    return code;
}
