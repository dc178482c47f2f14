/* Pages of memory in images: an instance that begins with them is the same as one whose segments were written one by one. */
#include "wasm/engine_test.h"
#include "wasm/image_test.h"

#include <sys/mman.h>
#include <unistd.h>

#define LIMIT_BYTES (1ull << 30)
#define LARGE_BYTES 70000u

/* A world with a module and an instance of it, the module's image, and what comes of that. */
struct pair {
    struct world world;
    char *text;
    struct image_memory image;
    int object;
    struct bytes mapped;
    struct wasm_module *module;
};

/* The text, with LARGE_BYTES bytes in the place of each '@'. */
static char *text_fill(const char *form) {
    char *text = malloc(strlen(form) + 2 * LARGE_BYTES);
    size_t size = 0;
    assert_non_null(text);
    for (const char *at = form; *at != 0; at++) {
        if (*at != '@') {
            text[size++] = *at;
            continue;
        }
        for (uint32_t i = 0; i < LARGE_BYTES; i++) {
            text[size++] = (char)('a' + i % 23);
        }
    }
    text[size] = 0;
    return text;
}

static enum error image_load(struct pair *pair, struct bytes content, struct wasm_module **out) {
    struct wasm_image image = image_of(content);
    image.has_object = pair->object >= 0;
    image.object = (uint64_t)pair->object;
    return wasm_module_create_from_image(pair->world.engine, &pair->world.budget, pair->world.bytes, &image, NULL, out);
}

/* Returns what came of the instance. */
static enum error pair_begin(struct pair *pair, const char *form, bool mapped, wasm_resolve *resolve) {
    *pair = (struct pair){.object = -1, .text = text_fill(form)};
    world_begin(&pair->world, LIMIT_BYTES, NULL);
    pair->world.resolve = resolve;
    pair->world.resolve_context = pair->world.store;
    enum error error = world_load(&pair->world, pair->text);
    const struct wasm_image_identity identity = image_identity();
    const struct wasm_image_sink sink = image_memory_sink(&pair->image);
    assert_int_equal(wasm_image_write(pair->world.module, &identity, &sink), ERROR_NONE);
    struct bytes content = {pair->image.data, pair->image.size};
    if (mapped) {
        pair->object = memfd_create("image", MFD_CLOEXEC);
        assert_int_equal(write(pair->object, content.data, content.size), content.size);
        content.data = mmap(NULL, content.size, PROT_READ, MAP_SHARED, pair->object, 0);
        assert_ptr_not_equal(content.data, MAP_FAILED);
        pair->mapped = content;
    }
    assert_int_equal(image_load(pair, content, &pair->module), ERROR_NONE);
    return error;
}

static void pair_end(struct pair *pair) {
    /* The store goes before the modules that it has instances of. */
    wasm_store_destroy(pair->world.store);
    wasm_module_destroy(pair->module);
    assert_int_equal(wasm_store_create(pair->world.engine, &pair->world.budget, NULL, &pair->world.store), ERROR_NONE);
    if (pair->object >= 0) {
        munmap((void *)(uintptr_t)pair->mapped.data, pair->mapped.size);
        close(pair->object);
    }
    free(pair->image.data);
    free(pair->text);
    world_end(&pair->world);
}

static enum error instance_make(struct pair *pair, struct wasm_instance **out) {
    return wasm_instance_create(pair->world.store, pair->module, pair->world.resolve, pair->world.resolve_context, NULL, out);
}

static uint8_t *memory_of(const struct wasm_instance *instance, uint32_t size) {
    return wasm_memory_range(wasm_instance_memory(instance, 0), 0, size, WASM_ACCESS_READ_WRITE);
}

/* Two segments over the first one, and a passive one. */
static const char overlapping[] = "(module (memory 5 9) (data (i32.const 5000) \"@\") (data (i32.const 40000) \"over\") (data \"passive\")"
                                  " (data (i32.const 40002) \"and over\") (data (i32.const 120000) \"\\01\") (data (i32.const 327680) \"\")"
                                  " (func (export \"f\") (param i32) (memory.init 0 (i32.const 0) (i32.const 0) (local.get 0)))"
                                  " (func (export \"g\") (param i32) (memory.init 2 (i32.const 0) (i32.const 0) (local.get 0))))";
#define OVERLAPPING_BYTES (5u * 65536u)

static void same_memory(bool mapped) {
    struct pair pair;
    struct wasm_instance *second, *third;
    struct image_memory again = {0};
    assert_int_equal(pair_begin(&pair, overlapping, mapped, NULL), ERROR_NONE);
    assert_int_equal(pair.module->pages.content.size, 122880 - 4096);
    assert_int_equal(instance_make(&pair, &second), ERROR_NONE);
    uint8_t *expected = memory_of(pair.world.instance, OVERLAPPING_BYTES), *found = memory_of(second, OVERLAPPING_BYTES);
    assert_memory_equal(expected + 40000, "ovand over", 10);
    assert_memory_equal(found, expected, OVERLAPPING_BYTES);
    /* What one writes is no other's, and not the image's. */
    memset(found, 0xEE, OVERLAPPING_BYTES);
    assert_int_equal(instance_make(&pair, &third), ERROR_NONE);
    assert_memory_equal(memory_of(third, OVERLAPPING_BYTES), expected, OVERLAPPING_BYTES);
    if (mapped) {
        assert_memory_equal(pair.mapped.data, pair.image.data, pair.image.size);
    }
    /* Active segments are gone, and the passive one is there. */
    pair.world.instance = third;
    uint32_t result;
    expect_trap(&pair.world, "f", 1, WASM_TRAP_MEMORY_BOUNDS);
    assert_int_equal(world_call(&pair.world, "f", 0, &result), ERROR_NONE);
    assert_int_equal(world_call(&pair.world, "g", 7, &result), ERROR_NONE);
    assert_memory_equal(memory_of(third, 7), "passive", 7);
    assert_int_equal(wasm_memory_grow(wasm_instance_memory(third, 0), 2), 5);
    /* An image of what came out of an image. */
    const struct wasm_image_identity identity = image_identity();
    const struct wasm_image_sink sink = image_memory_sink(&again);
    assert_int_equal(wasm_image_write(pair.world.module, &identity, &sink), ERROR_NONE);
    assert_int_equal(again.size, pair.image.size);
    free(again.data);
    pair_end(&pair);
}

static void test_same_memory(void **state) {
    (void)state;
    for (int way = 0; way < 4; way++) {
        printf("%s\n", way_set(way));
        same_memory(false);
        same_memory(true);
    }
}

static enum error resolve_any(void *context, const struct wasm_import *import, struct wasm_extern *out) {
    const union wasm_value value = {.i32 = 16};
    out->kind = import->type.kind;
    if (import->type.kind == WASM_KIND_MEMORY) {
        return wasm_memory_create(context, &(struct wasm_limits){.minimum = 5, .maximum = UINT32_MAX}, &out->memory);
    }
    return wasm_global_create(context, WASM_I32, false, &value, &out->global);
}

/* Where segments depend on more than the module, trap, or are not worth it, they are written one by one, with the same outcome. */
static void test_no_pages(void **state) {
    (void)state;
    static const struct {
        const char *form;
        enum error error;
    } cases[] = {
        {"(module (import \"\" \"\" (memory 5)) (data (i32.const 0) \"@\"))", ERROR_NONE},
        {"(module (import \"\" \"\" (global i32)) (memory 5) (data (global.get 0) \"@\"))", ERROR_NONE},
        {"(module (memory 2) (data (i32.const 0) \"@\") (data (i32.const 65530) \"@\"))", ERROR_TRAP},
        {"(module (memory 2) (data (i32.const 0) \"@\") (data (i32.const 131073) \"\"))", ERROR_TRAP},
        {"(module (memory 9) (data (i32.const 0) \"@\") (data (i32.const 500000) \"far\"))", ERROR_NONE},
        {"(module (memory 2) (data (i32.const 0) \"small\"))", ERROR_NONE},
        {"(module (memory 2) (data \"@\"))", ERROR_NONE},
    };
    way_set(0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pair pair;
        struct wasm_instance *second = NULL;
        assert_int_equal(pair_begin(&pair, cases[i].form, false, resolve_any), cases[i].error);
        assert_int_equal(pair.module->pages.content.size, 0);
        assert_int_equal(instance_make(&pair, &second), cases[i].error);
        if (second != NULL) {
            assert_memory_equal(memory_of(second, 131072), memory_of(pair.world.instance, 131072), 131072);
        }
        pair_end(&pair);
    }
}

/* The header's numbers, with the right checksum. */
static void test_wrong_place(void **state) {
    (void)state;
    /* Of the format, wasm/image.h, from the end of the header. */
    static const struct {
        uint32_t before_end;
        int64_t add;
    } edits[] = {{40, 8}, {40, -4096}, {32, 8}, {32, -4096}, {24, 8}, {24, 1 << 20}, {24, INT64_MIN}, {32, INT64_MIN}};
    struct pair pair;
    way_set(0);
    assert_int_equal(pair_begin(&pair, overlapping, false, NULL), ERROR_NONE);
    uint8_t *copy = malloc(pair.image.size);
    assert_non_null(copy);
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        struct wasm_module *module = NULL;
        memcpy(copy, pair.image.data, pair.image.size);
        uint8_t *at = copy + IMAGE_HEADER_BYTES - edits[i].before_end;
        bytes_store_u64(at, bytes_load_u64(at) + (uint64_t)edits[i].add);
        const uint64_t metadata_bytes = bytes_load_u64(copy + 8 + 4 + 32 + 32 + 16 + 4 + 8);
        const uint64_t sum = image_checksum(0, copy + IMAGE_HEADER_BYTES, metadata_bytes);
        bytes_store_u64(copy + IMAGE_HEADER_BYTES - 8, image_checksum(sum, copy, IMAGE_HEADER_BYTES - 8));
        assert_int_equal(image_load(&pair, (struct bytes){copy, pair.image.size}, &module), ERROR_MALFORMED);
    }
    free(copy);
    pair_end(&pair);
}

/* A host that does not map copies, and one that fails to. */
static enum error map_copy_fail(void *context, void *address, size_t size, uint64_t object, uint64_t offset) {
    (void)context, (void)address, (void)size, (void)object, (void)offset;
    return ERROR_HOST;
}

static void test_host(void **state) {
    (void)state;
    struct pair pair;
    struct wasm_instance *second;
    way_set(0);
    assert_int_equal(pair_begin(&pair, overlapping, true, NULL), ERROR_NONE);
    pair.world.host.map_copy = NULL;
    assert_int_equal(instance_make(&pair, &second), ERROR_NONE);
    assert_memory_equal(memory_of(second, OVERLAPPING_BYTES), memory_of(pair.world.instance, OVERLAPPING_BYTES), OVERLAPPING_BYTES);
    pair.world.host.map_copy = map_copy_fail;
    assert_int_equal(instance_make(&pair, &second), ERROR_NO_MEMORY);
    pair_end(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_memory),
        cmocka_unit_test(test_no_pages),
        cmocka_unit_test(test_wrong_place),
        cmocka_unit_test(test_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
