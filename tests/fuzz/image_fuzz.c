/* Images of a module that are not what the engine wrote: a right one, cut and with numbers changed as the input says. Half of the inputs get the
   right checksum afterwards, so that they come to the checks of each number, which have to keep everything that is read later
   inside the module. What is loaded is walked, written again, and never run: an image with a right checksum that lies about
   code is beyond what is promised. */
#include "base/assert.h"
#include "platform/linux/host.h"
#include "tests/support/build.h"
#include "tests/support/support.h"
#include "wasm/wasm.h"

#include <stdlib.h>
#include <string.h>

#define LIMIT_BYTES (64ull << 20)

/* Of the format, wasm/image.h: the header with its checksum in the last word, and where it says how long the metadata is. */
#define HEADER_BYTES      192u
#define METADATA_BYTES_AT 104u

#define IMAGE_BYTES_MAX 65536u

/* An input: flags, how much is cut off, and then changes: where, how, and a number. */
#define INPUT_START 3u
#define EDIT_BYTES  7u
enum edit { EDIT_SET, EDIT_ADD, EDIT_FLIP, EDIT_COUNT };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
    struct wasm_host host;
    struct budget budget;
    struct wasm_engine *engine;
    struct build build;
};

static void world_begin(struct world *world) {
    *world = (struct world){0};
    enum error error = host_create(&world->host);
    ASSERT(error == ERROR_NONE);
    budget_init_root(&world->budget, support_memory(), LIMIT_BYTES);
    error = wasm_engine_create(&world->host, &world->budget, &world->engine);
    ASSERT(error == ERROR_NONE);
    build_everything(&world->build);
}

static void world_end(struct world *world) {
    wasm_engine_destroy(world->engine);
    budget_end(&world->budget);
    build_end(&world->build);
    ASSERT(support_live_bytes() == 0);
}

/* An image in a block that has room for it. */
struct target {
    uint8_t *data;
    size_t size, size_max;
};

static enum error target_write(void *context, uint64_t offset, struct bytes bytes) {
    struct target *target = context;
    if (offset > target->size_max || bytes.size > target->size_max - offset) {
        return ERROR_LIMIT;
    }
    memcpy(target->data + offset, bytes.data, bytes.size);
    target->size = offset + bytes.size > target->size ? offset + bytes.size : target->size;
    return ERROR_NONE;
}

static const struct wasm_image_identity identity = {.program = {1, 2, 3}};

static void module_compile(struct world *world, struct wasm_module *module) {
    struct wasm_worker *worker;
    enum error error = wasm_worker_create(module, &world->budget, LIMIT_BYTES / 4, &worker);
    ASSERT(error == ERROR_NONE);
    while (wasm_worker_step(worker) == ERROR_NONE) {
    }
    wasm_worker_destroy(worker);
}

/* A right image, with as many of its functions compiled as the compiler takes. */
static size_t image_make(uint8_t *data, size_t size_max) {
    struct world world;
    struct wasm_module *module = NULL;
    struct target target = {.data = data, .size_max = size_max};
    const struct wasm_image_sink sink = {.context = &target, .write = target_write};
    memset(data, 0, size_max);
    world_begin(&world);
    enum error error = wasm_module_create(world.engine, &world.budget, build_bytes(&world.build), NULL, &module);
    ASSERT(error == ERROR_NONE);
    module_compile(&world, module);
    error = wasm_image_write(module, &identity, &sink);
    wasm_module_destroy(module);
    world_end(&world);
    return error == ERROR_NONE ? target.size : 0;
}

static uint64_t checksum(uint64_t sum, const uint8_t *data, uint64_t size) {
    for (uint64_t at = 0; at < size; at += 8) {
        sum = (sum ^ bytes_load_u64(data + at)) * 0x9E3779B97F4A7C15u;
        sum ^= sum >> 32;
    }
    return sum;
}

static void image_seal(uint8_t *data, size_t size) {
    if (size < HEADER_BYTES) {
        return;
    }
    const uint64_t metadata = bytes_load_u64(data + METADATA_BYTES_AT);
    if (metadata % 8 == 0 && metadata <= size - HEADER_BYTES) {
        bytes_store_u64(data + HEADER_BYTES - 8, checksum(checksum(0, data + HEADER_BYTES, metadata), data, HEADER_BYTES - 8));
    }
}

static unsigned bytes_touch(struct bytes view) {
    unsigned sum = 0;
    for (size_t i = 0; i < view.size; i++) {
        sum += view.data[i];
    }
    return sum;
}

static unsigned type_touch(const struct wasm_extern_type *type) {
    if (type->kind != WASM_KIND_FUNCTION) {
        return type->value_type;
    }
    return bytes_touch((struct bytes){type->function->types, (size_t)type->function->parameter_count + type->function->result_count});
}

static unsigned module_walk(const struct wasm_module *module) {
    struct wasm_module_summary summary;
    unsigned sum = 0;
    wasm_module_summary(module, &summary);
    for (uint32_t i = 0; i < wasm_module_import_count(module); i++) {
        struct wasm_import import;
        wasm_module_import(module, i, &import);
        sum += bytes_touch(import.module) + bytes_touch(import.name) + type_touch(&import.type);
    }
    for (uint32_t i = 0; i < wasm_module_export_count(module); i++) {
        struct wasm_export export, found;
        wasm_module_export(module, i, &export);
        ASSERT(wasm_module_find_export(module, export.name, &found));
        sum += type_touch(&export.type);
    }
    for (uint32_t i = 0; i <= summary.function_count && i < 64; i++) {
        sum += bytes_touch(wasm_module_function_name(module, i));
    }
    for (uint32_t i = 0; i < summary.memory_count; i++) {
        struct wasm_limits limits;
        wasm_module_memory_type(module, i, &limits);
        ASSERT(limits.minimum <= limits.maximum);
    }
    return sum;
}

/* An image of what came out is an image again, unless its relocations are wrong. */
static void module_write(const struct wasm_module *module) {
    struct wasm_image_description description;
    struct target target = {.size_max = 1u << 20};
    const struct wasm_image_sink sink = {.context = &target, .write = target_write};
    target.data = calloc(1, target.size_max);
    if (target.data == NULL) {
        abort();
    }
    enum error error = wasm_image_write(module, &identity, &sink);
    ASSERT(error == ERROR_NONE || error == ERROR_LIMIT || error == ERROR_NO_MEMORY);
    if (error == ERROR_NONE) {
        error = wasm_image_verify((struct bytes){target.data, target.size}, true, NULL, &description);
        ASSERT(error == ERROR_NONE);
    }
    free(target.data);
}

/* Loads, and whatever happens, says in a report what was wrong. */
static void image_load(struct world *world, struct bytes content) {
    struct wasm_module *module = NULL;
    struct wasm_image_description description;
    struct report report;
    const struct wasm_image image = {.identity = identity, .content = content};
    report_init(&report);
    enum error error = wasm_module_create_from_image(world->engine, &world->budget, build_bytes(&world->build), &image, &report, &module);
    if (error == ERROR_NONE) {
        volatile unsigned sum = module_walk(module);
        (void)sum;
        module_write(module);
        wasm_module_destroy(module);
    } else {
        ASSERT(report.error == error);
        ASSERT(report.text[0] != '\0');
    }
    report_init(&report);
    error = wasm_image_verify(content, true, &report, &description);
    ASSERT(error == report.error);
}

static void edit_apply(uint8_t *image, size_t size, const uint8_t *edit) {
    const size_t at = (size_t)(edit[0] | edit[1] << 8);
    const uint32_t number = bytes_load_u32(edit + 3);
    if (size < 4 || at > size - 4) {
        return;
    }
    const uint32_t old = bytes_load_u32(image + at);
    switch ((enum edit)(edit[2] % EDIT_COUNT)) {
    case EDIT_ADD: bytes_store_u32(image + at, old + number); break;
    case EDIT_FLIP: bytes_store_u32(image + at, old ^ number); break;
    default: bytes_store_u32(image + at, number); break;
    }
}

/* The right image is made once; it does not depend on the input. */
static size_t image_right(uint8_t *out) {
    static uint8_t image[IMAGE_BYTES_MAX];
    static size_t size;
    if (size == 0) {
        size = image_make(image, sizeof image);
        ASSERT(size != 0);
    }
    memcpy(out, image, size);
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t image[IMAGE_BYTES_MAX];
    if (size < INPUT_START) {
        return 0;
    }
    size_t image_size = image_right(image);
    const size_t cut = (size_t)(data[1] | data[2] << 8);
    image_size -= cut < image_size ? cut : 0;
    for (size_t at = INPUT_START; at + EDIT_BYTES <= size; at += EDIT_BYTES) {
        edit_apply(image, image_size, data + at);
    }
    if (data[0] % 2 == 0) {
        image_seal(image, image_size);
    }
    /* A block of its exact size, so that the sanitizer sees every read past its end. */
    uint8_t *copy = malloc(image_size);
    if (copy == NULL) {
        abort();
    }
    memcpy(copy, image, image_size);
    struct world world;
    world_begin(&world);
    image_load(&world, (struct bytes){copy, image_size});
    world_end(&world);
    free(copy);
    return 0;
}
