/* Loading programs from the cache and saving them. In the best case a program is not even read: its file's status gives its hash, the
   hash gives a copy of it and its image, and both are mapped. */
#include "platform/linux/cache_program.h"

#include "base/sha256.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Code is worth saving when it takes longer to compile again than all of it takes to write: files are written at some 128 times
   the speed at which code is compiled. */
#define SAVE_PART 128u

static void identity_of(const struct program *program, const struct cache *cache, struct wasm_image_identity *out) {
    memcpy(out->program, program->hash, sizeof out->program);
    out->build = cache->build;
}

/* The module of these bytes, whose hash is known, from its image. */
static enum error module_load(struct program *program, const struct cache *cache, struct bytes bytes) {
    struct wasm_image image = {.has_object = true};
    uint8_t key[WASM_IMAGE_KEY_SIZE];
    identity_of(program, cache, &image.identity);
    wasm_image_key(program->engine, &image.identity, key);
    enum error error = cache_take(cache, CACHE_IMAGE, key, &program->image);
    if (error != ERROR_NONE) {
        return error;
    }
    image.content = program->image.content;
    image.object = (uint64_t)program->image.descriptor;
    error = wasm_module_create_from_image(program->engine, program->budget, bytes, &image, NULL, &program->module);
    if (error != ERROR_NONE) {
        cache_entry_release(&program->image);
    }
    return error;
}

/* Whatever could be used of the cache is given up. */
static void known_give_up(struct program *program) {
    cache_entry_release(&program->copy);
    budget_refund(program->budget, program->copy_charge);
    program->copy_charge = 0;
}

/* A file that was met before: nothing of it is read. The copy is charged as if it were. */
static enum error known_load(struct program *program, const struct cache *cache) {
    if (!program->has_status || !cache_recall(cache, &program->status, program->hash)) {
        return ERROR_NOT_FOUND;
    }
    const uint64_t charge = (uint64_t)program->status.st_size;
    enum error error = cache_take(cache, CACHE_PROGRAM, program->hash, &program->copy);
    if (error == ERROR_NONE) {
        error = program->copy.content.size == charge ? budget_charge(program->budget, charge) : ERROR_NOT_FOUND;
        program->copy_charge = error == ERROR_NONE ? charge : 0;
    }
    if (error == ERROR_NONE) {
        error = module_load(program, cache, program->copy.content);
    }
    if (error != ERROR_NONE) {
        known_give_up(program);
    }
    return error;
}

static bool same_status(const struct stat *left, const struct stat *right) {
    return left->st_dev == right->st_dev && left->st_ino == right->st_ino && left->st_size == right->st_size &&
           left->st_mtim.tv_sec == right->st_mtim.tv_sec && left->st_mtim.tv_nsec == right->st_mtim.tv_nsec &&
           left->st_ctim.tv_sec == right->st_ctim.tv_sec && left->st_ctim.tv_nsec == right->st_ctim.tv_nsec;
}

/* Of the file that is read now: the status before and after has to be the same, or what was read is nobody's. */
static void hash_make(struct program *program, const struct cache *cache) {
    struct stat after;
    struct timespec now;
    sha256(program->file.bytes, program->hash);
    clock_gettime(CLOCK_REALTIME, &now);
    if (program->has_status && stat(program->path, &after) == 0 && same_status(&program->status, &after)) {
        cache_remember(cache, &program->status, &now, program->hash);
    }
}

enum error program_load(struct program *program, const struct cache *cache, struct report *report) {
    if (cache->folder < 0) {
        enum error error = program_read_file(program, report);
        return error == ERROR_NONE ? program_decode(program, report) : error;
    }
    program->has_status = stat(program->path, &program->status) == 0 && S_ISREG(program->status.st_mode);
    enum error error = program_start_engine(program, report);
    if (error != ERROR_NONE || known_load(program, cache) == ERROR_NONE) {
        return error;
    }
    error = program_read_file(program, report);
    if (error != ERROR_NONE) {
        return error;
    }
    hash_make(program, cache);
    return module_load(program, cache, program->file.bytes) == ERROR_NONE ? ERROR_NONE : program_decode(program, report);
}

/* ---- Saving ---- */

static bool is_worthwhile(const struct program *program, enum program_save how) {
    struct wasm_code_summary summary;
    wasm_module_code_summary(program->module, &summary);
    if (program->image.content.data == NULL) {
        return true;
    }
    const uint64_t added = summary.machine_bytes - summary.loaded_bytes;
    return how == PROGRAM_SAVE_ALL ? added > 0 : added > summary.machine_bytes / SAVE_PART;
}

static enum error image_save(const struct program *program, const struct cache *cache) {
    struct wasm_image_identity identity;
    uint8_t key[WASM_IMAGE_KEY_SIZE];
    struct cache_put put;
    identity_of(program, cache, &identity);
    wasm_image_key(program->engine, &identity, key);
    enum error error = cache_put_begin(cache, &put);
    const struct wasm_image_sink sink = {.context = &put, .write = cache_put_write};
    if (error == ERROR_NONE) {
        error = wasm_image_write(program->module, &identity, &sink);
    }
    if (error == ERROR_NONE) {
        error = cache_put_end(&put, CACHE_IMAGE, key);
    }
    if (error != ERROR_NONE) {
        cache_put_abandon(&put);
    }
    return error;
}

static enum error copy_save(const struct program *program, const struct cache *cache) {
    struct cache_put put;
    if (cache_has(cache, CACHE_PROGRAM, program->hash)) {
        return ERROR_NONE;
    }
    enum error error = cache_put_begin(cache, &put);
    if (error == ERROR_NONE) {
        error = cache_put_write(&put, 0, wasm_module_bytes(program->module));
    }
    if (error == ERROR_NONE) {
        error = cache_put_end(&put, CACHE_PROGRAM, program->hash);
    }
    if (error != ERROR_NONE) {
        cache_put_abandon(&put);
    }
    return error;
}

enum error program_save(const struct program *program, const struct cache *cache, enum program_save how) {
    if (cache->folder < 0) {
        return ERROR_NOT_FOUND;
    }
    if (program->module == NULL || !is_worthwhile(program, how)) {
        return ERROR_NONE;
    }
    enum error error = copy_save(program, cache);
    if (error == ERROR_NONE) {
        error = image_save(program, cache);
    }
    cache_shrink(cache);
    return error;
}
