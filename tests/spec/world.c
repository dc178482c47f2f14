/* Lists of what a script made, in plain libc memory; the engine's own memory comes from a counting source. */
#include "tests/spec/world.h"

#include "base/assert.h"
#include "platform/linux/host.h"
#include "tests/spec/shared.h"
#include "tests/spec/spectest.h"
#include "tests/support/support.h"
#include "wasm/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct loaded {
    struct loaded *next;
    struct wasm_module *module;
    uint8_t *data;
};

struct named {
    struct named *next;
    char *name;
    struct wasm_instance *instance;
};

struct world {
    struct wasm_host host;
    struct budget budget;
    struct wasm_engine *engine;
    struct wasm_store *store;
    struct spectest spectest;
    struct loaded *loaded;
    struct named *named;      /* by the script's own names, newest first */
    struct named *registered; /* newest first, so that a later one hides an earlier */
    struct wasm_instance *current;
    bool import_missing;
};

static _Noreturn void give_up(const char *what) {
    fprintf(stderr, "spec: %s\n", what);
    exit(1);
}

static void *allocate(size_t size) {
    void *block = malloc(size ? size : 1);
    if (!block) {
        give_up("no memory");
    }
    return block;
}

static void compile_options_set(struct wasm_engine *engine, const struct script_options *script) {
    struct compile_options *options = &engine->compile_options;
    options->mode = script->fast ? COMPILE_FAST : COMPILE_FULL;
    options->check = script->check_passes;
    options->check_bounds = script->check_bounds;
    options->passes_off = script->passes_off;
    options->isa_features = script->no_features ? 0 : options->isa_features;
}

struct world *world_create(const struct script_options *script) {
    struct world *world = allocate(sizeof(*world));
    const struct wasm_store_options options = {.compile = script->compile};
    *world = (struct world){0};
    budget_init_root(&world->budget, support_memory(), BUDGET_UNLIMITED);
    if (host_create(&world->host) || wasm_engine_create(&world->host, &world->budget, &world->engine)) {
        give_up("the engine cannot be set up on this host");
    }
    compile_options_set(world->engine, script);
    if (wasm_store_create(world->engine, &world->budget, &options, &world->store) || spectest_create(world->store, &world->spectest)) {
        give_up("the engine cannot be set up on this host");
    }
    return world;
}

static void names_free(struct named *named) {
    while (named) {
        struct named *next = named->next;
        free(named->name);
        free(named);
        named = next;
    }
}

void world_destroy(struct world *world) {
    wasm_store_destroy(world->store);
    while (world->loaded) {
        struct loaded *next = world->loaded->next;
        wasm_module_destroy(world->loaded->module);
        free(world->loaded->data);
        free(world->loaded);
        world->loaded = next;
    }
    wasm_engine_destroy(world->engine);
    budget_end(&world->budget);
    ASSERT(support_live_bytes() == 0);
    names_free(world->named);
    names_free(world->registered);
    free(world);
}

struct wasm_store *world_store(const struct world *world) {
    return world->store;
}

static enum error file_read(const char *path, uint8_t **data, size_t *size) {
    FILE *file = fopen(path, "rb");
    long length = -1;
    if (!file) {
        return ERROR_HOST;
    }
    if (fseek(file, 0, SEEK_END) == 0) {
        length = ftell(file);
    }
    rewind(file);
    *data = allocate(length > 0 ? (size_t)length : 0);
    *size = length > 0 ? fread(*data, 1, (size_t)length, file) : 0;
    fclose(file);
    if (length < 0 || *size != (size_t)length) {
        free(*data);
        return ERROR_HOST;
    }
    return ERROR_NONE;
}

enum error world_load(struct world *world, const char *path, bool clear_shared, struct report *report, struct wasm_module **out) {
    uint8_t *data;
    size_t size;
    enum error error = file_read(path, &data, &size);
    if (error) {
        return report_fail(report, error, REPORT_NO_OFFSET, "cannot read %s", path);
    }
    if (clear_shared) {
        shared_clear(data, size);
    }
    error = wasm_module_create(world->engine, &world->budget, (struct bytes){data, size}, report, out);
    if (error) {
        free(data);
        return error;
    }
    struct loaded *loaded = allocate(sizeof(*loaded));
    *loaded = (struct loaded){world->loaded, *out, data};
    world->loaded = loaded;
    return ERROR_NONE;
}

static enum error import_find(void *context, const struct wasm_import *import, struct wasm_extern *out) {
    struct world *world = context;
    for (const struct named *named = world->registered; named; named = named->next) {
        if (bytes_equal(import->module, bytes_from_text(named->name))) {
            if (wasm_instance_find_export(named->instance, import->name, out)) {
                return ERROR_NONE;
            }
            world->import_missing = true;
            return ERROR_NOT_FOUND;
        }
    }
    if (bytes_equal(import->module, bytes_from_text("spectest")) && spectest_find(&world->spectest, import->name, out)) {
        return ERROR_NONE;
    }
    world->import_missing = true;
    return ERROR_NOT_FOUND;
}

enum error world_instantiate(struct world *world, const struct wasm_module *module, struct report *report, bool *missing,
                             struct wasm_instance **out) {
    world->import_missing = false;
    enum error error = wasm_instance_create(world->store, module, import_find, world, report, out);
    *missing = world->import_missing;
    return error;
}

static void name_push(struct named **list, const char *name, struct wasm_instance *instance) {
    struct named *named = allocate(sizeof(*named));
    size_t size = strlen(name) + 1;
    *named = (struct named){*list, allocate(size), instance};
    memcpy(named->name, name, size);
    *list = named;
}

void world_name(struct world *world, const char *name, struct wasm_instance *instance) {
    world->current = instance;
    if (name) {
        name_push(&world->named, name, instance);
    }
}

struct wasm_instance *world_find(const struct world *world, const char *name) {
    if (!name) {
        return world->current;
    }
    for (const struct named *named = world->named; named; named = named->next) {
        if (strcmp(named->name, name) == 0) {
            return named->instance;
        }
    }
    return NULL;
}

void world_register(struct world *world, const char *name, struct wasm_instance *instance) {
    name_push(&world->registered, name, instance);
}
