/* Images with code: machine code made by hand is written, loaded by mapping and by copying, run, moved, and written again. */
#include "wasm/image_test.h"

#include "platform/linux/host.h"
#include "tests/support/wat.h"

#include <sys/mman.h>
#include <unistd.h>

/* Its own code answers what these bodies do not, so that it is seen which of the two ran. */
static const char text[] = "(module (memory 1)"
                           " (func (export \"imported\") (result i32) (i32.const 1))"
                           " (func $one (export \"one\") (result i32) (i32.const 1))"
                           " (func $two (export \"two\") (result i32) (call $one))"
                           " (func $three (export \"three\") (result i32) (call $four))"
                           " (func $four (export \"four\") (result i32) (i32.const 4)))";
/* Of two numbers in the header. */
#define METADATA_BYTES_AT 104
#define CODE_OFFSET_AT    112

enum { ONE = 1, TWO, THREE, FOUR };

struct world {
    struct wasm_host host;
    struct budget budget;
    struct wasm_engine *engine;
    struct wasm_module *module;
    struct bytes program;
    struct bytes content; /* mapped */
    int object;
};

static void world_begin(struct world *world) {
    *world = (struct world){.object = -1};
    assert_int_equal(host_create(&world->host), ERROR_NONE);
    budget_init_root(&world->budget, support_memory(), 1u << 30);
    assert_int_equal(wasm_engine_create(&world->host, &world->budget, &world->engine), ERROR_NONE);
    world->program = support_wat(text);
}

static void world_end(struct world *world) {
    if (world->module != NULL) {
        wasm_module_destroy(world->module);
    }
    wasm_engine_destroy(world->engine);
    budget_end(&world->budget);
    support_wat_release(world->program);
    if (world->object >= 0) {
        munmap((void *)(uintptr_t)world->content.data, world->content.size);
        close(world->object);
    }
}

/* As if the function were called now, and compiled for it. */
static void add(struct wasm_module *module, uint32_t function, const struct code *compiled) {
    struct module_code *code;
    const uint8_t *entry;
    assert_int_equal(module_code_get(module, &code), ERROR_NONE);
    struct code_record *record = code_record_make(module->engine->budget, function, compiled, true);
    assert_non_null(record);
    assert_ptr_equal(module_code_publish(code, record), record);
    assert_int_equal(module_code_call(code, function, &entry), ERROR_NONE);
    assert_ptr_equal(entry, module_code_find(code, function));
}

/* A function that gives a number. */
static void add_constant(struct wasm_module *module, uint32_t function, uint32_t value) {
    uint8_t bytes[] = {0xB8, 0, 0, 0, 0, 0xC3}; /* mov eax, value; ret */
    bytes_store_u32(bytes + 1, value);
    add(module, function, &(struct code){.bytes = bytes, .size = sizeof bytes});
}

/* A function that calls another, and gives its result. */
static void add_caller(struct wasm_module *module, uint32_t function, uint32_t callee) {
    uint8_t bytes[] = {0x48, 0x83, 0xEC, 0x08, 0xE8, 0, 0, 0, 0, 0x48, 0x83, 0xC4, 0x08, 0xC3}; /* sub rsp, 8; call; add rsp, 8; ret */
    struct code_relocation relocation = {.offset = 5, .function = callee};
    struct code_site site = {.offset = 9, .source = module->functions[function].body_offset};
    const struct code compiled = {
        .bytes = bytes,
        .size = sizeof bytes,
        .relocations = &relocation,
        .relocation_count = 1,
        .sites = &site,
        .site_count = 1,
        .frame_bytes = 8,
        .prologue_bytes = 4,
    };
    add(module, function, &compiled);
}

/* Two is compiled before one, so it calls it through a stub; three calls four, which has no code. */
static void world_fill(struct world *world) {
    assert_int_equal(wasm_module_create(world->engine, &world->budget, world->program, NULL, &world->module), ERROR_NONE);
    add_caller(world->module, TWO, ONE);
    add_constant(world->module, ONE, 101);
    add_caller(world->module, THREE, FOUR);
}

static void world_save(struct world *world, struct image_memory *out) {
    const struct wasm_image_identity identity = image_identity();
    *out = (struct image_memory){0};
    const struct wasm_image_sink sink = image_memory_sink(out);
    assert_int_equal(wasm_image_write(world->module, &identity, &sink), ERROR_NONE);
}

static enum error world_load(struct world *world, const struct image_memory *memory, bool mapped) {
    struct wasm_image image = image_of((struct bytes){memory->data, memory->size});
    if (mapped) {
        world->object = memfd_create("image", MFD_CLOEXEC);
        assert_int_equal(write(world->object, memory->data, memory->size), memory->size);
        world->content.data = mmap(NULL, memory->size, PROT_READ, MAP_PRIVATE, world->object, 0);
        world->content.size = memory->size;
        assert_ptr_not_equal(world->content.data, MAP_FAILED);
        image.content = world->content;
        image.has_object = true;
        image.object = (uint64_t)world->object;
    }
    return wasm_module_create_from_image(world->engine, &world->budget, world->program, &image, NULL, &world->module);
}

static uint32_t world_call(struct world *world, const char *name) {
    const struct wasm_store_options options = {.compile = true};
    struct wasm_store *store;
    struct wasm_instance *instance;
    struct wasm_extern found;
    union wasm_value result = {.i32 = 0};
    assert_int_equal(wasm_store_create(world->engine, &world->budget, &options, &store), ERROR_NONE);
    assert_int_equal(wasm_instance_create(store, world->module, NULL, NULL, NULL, &instance), ERROR_NONE);
    assert_true(wasm_instance_find_export(instance, bytes_from_text(name), &found));
    assert_int_equal(wasm_call(found.function, NULL, &result), ERROR_NONE);
    wasm_store_destroy(store);
    return result.i32;
}

static const uint8_t *call_target(const struct wasm_module *module, uint32_t function) {
    const uint8_t *field = module_code_find(module->code, function) + 5;
    return field + 4 + (int32_t)bytes_load_u32(field);
}

static void round_trip(bool mapped) {
    struct world first, second;
    struct image_memory image, again;
    world_begin(&first);
    world_fill(&first);
    world_save(&first, &image);
    world_begin(&second);
    assert_int_equal(world_load(&second, &image, mapped), ERROR_NONE);
    assert_true(module_code_find(second.module->code, FOUR) == NULL);
    assert_int_equal(world_call(&second, "one"), 101);
    assert_int_equal(world_call(&second, "two"), 101);
    /* The stub is gone. */
    assert_ptr_not_equal(call_target(first.module, TWO), module_code_find(first.module->code, ONE));
    assert_ptr_equal(call_target(second.module, TWO), module_code_find(second.module->code, ONE));
    assert_ptr_equal(call_target(second.module, THREE), module_code_find(second.module->code, THREE) + 14);
    /* A return address is found, and where it is in the program. */
    const struct module_code *code;
    const uintptr_t address = (uintptr_t)module_code_find(second.module->code, TWO) + 9;
    const struct code_record *record = engine_code_at(second.engine, address, &code);
    assert_int_equal(record->function, TWO);
    assert_int_equal(code_site_at(code, record, address)->source, second.module->functions[TWO].body_offset);
    world_save(&second, &again);
    assert_int_equal(again.size, image.size);
    assert_memory_equal(again.data, image.data, image.size);
    free(again.data);
    free(image.data);
    world_end(&second);
    world_end(&first);
}

static void test_mapped(void **state) {
    (void)state;
    round_trip(true);
}

static void test_copied(void **state) {
    (void)state;
    round_trip(false);
}

/* Counts what a watch is told. */
struct watched {
    uint32_t added, calls, removed;
};

static void watched_added(void *context, const struct wasm_module *module, uint32_t number, uint32_t count) {
    struct watched *watched = context;
    struct wasm_code code;
    assert_int_equal(number, watched->added);
    watched->added += count;
    watched->calls++;
    assert_true(wasm_module_code(module, number + count - 1, &code));
    assert_false(wasm_module_code(module, number + count, &code));
    assert_true(code.size > 0 && code.start[0] != 0);
}

static void watched_removed(void *context, const struct wasm_module *module) {
    struct watched *watched = context;
    struct wasm_code code;
    assert_true(wasm_module_code(module, 0, &code));
    watched->removed++;
}

/* An image's functions come all at once, others one by one; whoever comes later is told of all. */
static void test_watch(void **state) {
    (void)state;
    struct world first, second;
    struct image_memory image;
    struct watched watched = {0}, late = {0};
    const struct wasm_code_watch watch = {.context = &watched, .added = watched_added, .removed = watched_removed};
    const struct wasm_code_watch late_watch = {.context = &late, .added = watched_added, .removed = watched_removed};
    world_begin(&first);
    world_fill(&first);
    world_save(&first, &image);
    world_end(&first);
    world_begin(&second);
    wasm_engine_watch_code(second.engine, &watch);
    assert_int_equal(world_load(&second, &image, true), ERROR_NONE);
    assert_true(watched.added == 3 && watched.calls == 1);
    add_constant(second.module, FOUR, 104);
    assert_true(watched.added == 4 && watched.calls == 2);
    wasm_engine_watch_code(second.engine, &late_watch);
    assert_true(late.added == 4 && late.calls == 1);
    free(image.data);
    world_end(&second);
    assert_true(watched.removed == 0 && late.removed == 1);
}

/* What an image lacks is compiled behind the part that is mapped, and is in the next image. */
static void test_more(void **state) {
    (void)state;
    struct world first, second, third;
    struct image_memory image, more;
    struct wasm_code_summary summary;
    world_begin(&first);
    world_fill(&first);
    world_save(&first, &image);
    world_end(&first);
    world_begin(&second);
    assert_int_equal(world_load(&second, &image, true), ERROR_NONE);
    add_constant(second.module, FOUR, 104);
    assert_int_equal(world_call(&second, "three"), 104);
    wasm_module_code_summary(second.module, &summary);
    assert_int_equal(summary.function_count, 4);
    assert_int_equal(summary.loaded_count, 3);
    world_save(&second, &more);
    world_end(&second);
    world_begin(&third);
    assert_int_equal(world_load(&third, &more, true), ERROR_NONE);
    assert_ptr_equal(call_target(third.module, THREE), module_code_find(third.module->code, FOUR));
    assert_int_equal(world_call(&third, "three"), 104);
    free(image.data);
    free(more.data);
    world_end(&third);
}

static void test_verify(void **state) {
    (void)state;
    struct world world;
    struct image_memory image;
    struct wasm_image_description description;
    struct report report;
    world_begin(&world);
    world_fill(&world);
    world_save(&world, &image);
    const struct bytes content = {image.data, image.size};
    assert_int_equal(wasm_image_verify(content, true, NULL, &description), ERROR_NONE);
    assert_int_equal(description.compiled_count, 3);
    assert_int_equal(description.machine_bytes, 4096);
    uint64_t code_offset = bytes_load_u64(image.data + CODE_OFFSET_AT);
    assert_int_equal(code_offset, 4096);
    for (uint64_t at = code_offset; at < image.size; at++) {
        image.data[at] ^= 0x40;
        report_init(&report);
        assert_int_equal(wasm_image_verify(content, true, &report, &description), ERROR_MALFORMED);
        assert_int_equal(wasm_image_verify(content, false, NULL, &description), ERROR_NONE);
        image.data[at] ^= 0x40;
    }
    free(image.data);
    world_end(&world);
}

static void image_seal(struct image_memory *image) {
    uint64_t metadata = bytes_load_u64(image->data + METADATA_BYTES_AT);
    uint64_t sum = image_checksum(0, image->data + IMAGE_HEADER_BYTES, metadata);
    bytes_store_u64(image->data + IMAGE_HEADER_BYTES - 8, image_checksum(sum, image->data, IMAGE_HEADER_BYTES - 8));
}

/* Wrong numbers with a right checksum: a module comes out that can be looked at, and written again or refused, or none does. */
static void test_words(void **state) {
    (void)state;
    static const uint32_t words[] = {0, 1, 3, 4, 15, 4095, 4097, 0x7FFFFFFF, 0xFFFFFFF0, 0xFFFFFFFF};
    struct world world;
    struct image_memory image;
    world_begin(&world);
    world_fill(&world);
    world_save(&world, &image);
    wasm_module_destroy(world.module);
    world.module = NULL;
    const uint64_t metadata = bytes_load_u64(image.data + METADATA_BYTES_AT);
    for (uint64_t at = METADATA_BYTES_AT; at < IMAGE_HEADER_BYTES + metadata; at += 4) {
        const uint32_t right = bytes_load_u32(image.data + at);
        for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
            bytes_store_u32(image.data + at, words[i]);
            if (at >= IMAGE_HEADER_BYTES || bytes_load_u64(image.data + METADATA_BYTES_AT) == metadata) {
                image_seal(&image);
            }
            if (world_load(&world, &image, false) == ERROR_NONE) {
                struct image_memory again = {0};
                const struct wasm_image_sink sink = image_memory_sink(&again);
                const struct wasm_image_identity identity = image_identity();
                enum error error = wasm_image_write(world.module, &identity, &sink);
                assert_true(error == ERROR_NONE || error == ERROR_LIMIT);
                free(again.data);
                wasm_module_destroy(world.module);
                world.module = NULL;
            }
        }
        bytes_store_u32(image.data + at, right);
    }
    free(image.data);
    world_end(&world);
}

/* Each of these alone is within its bounds. */
static void test_function_twice(void **state) {
    (void)state;
    struct world world;
    struct image_memory image;
    world_begin(&world);
    world_fill(&world);
    world_save(&world, &image);
    wasm_module_destroy(world.module);
    world.module = NULL;
    /* The function of the last record, and records are the end of the metadata. */
    uint8_t *function = image.data + IMAGE_HEADER_BYTES + bytes_load_u64(image.data + METADATA_BYTES_AT) - 32 + 12;
    function -= bytes_load_u32(function) == THREE ? 0 : 4; /* padding to 8 bytes */
    assert_int_equal(bytes_load_u32(function), THREE);
    bytes_store_u32(function, FOUR);
    image_seal(&image);
    assert_int_equal(world_load(&world, &image, false), ERROR_NONE);
    wasm_module_destroy(world.module);
    world.module = NULL;
    bytes_store_u32(function, ONE);
    image_seal(&image);
    assert_int_equal(world_load(&world, &image, false), ERROR_MALFORMED);
    free(image.data);
    world_end(&world);
}

/* The relocations are not in the part that is checked at once. */
static void test_wrong_relocation(void **state) {
    (void)state;
    static const uint32_t words[][2] = {{11, ONE}, {0xFFFFFFFF, ONE}, {5, 5}, {5, 0xFFFFFFFF}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct world world, other;
        struct image_memory image, again = {0};
        world_begin(&world);
        world_fill(&world);
        world_save(&world, &image);
        world_begin(&other);
        uint8_t *last = image.data + image.size - 8;
        assert_int_equal(bytes_load_u32(last + 4), FOUR);
        bytes_store_u32(last, words[i][0]);
        bytes_store_u32(last + 4, words[i][1]);
        assert_int_equal(world_load(&other, &image, false), ERROR_NONE);
        const struct wasm_image_sink sink = image_memory_sink(&again);
        const struct wasm_image_identity identity = image_identity();
        assert_int_equal(wasm_image_write(other.module, &identity, &sink), ERROR_LIMIT);
        free(image.data);
        free(again.data);
        wasm_module_destroy(other.module);
        other.module = NULL;
        wasm_engine_destroy(other.engine);
        budget_end(&other.budget);
        support_wat_release(other.program);
        world_end(&world);
    }
}

static void test_no_memory(void **state) {
    (void)state;
    struct world world;
    struct image_memory image;
    world_begin(&world);
    world_fill(&world);
    world_save(&world, &image);
    wasm_module_destroy(world.module);
    world.module = NULL;
    enum error error = ERROR_NO_MEMORY;
    for (long i = 0; error != ERROR_NONE; i++) {
        assert_true(i < 1000);
        support_fail_after(i);
        error = world_load(&world, &image, false);
        assert_true(error == ERROR_NONE || error == ERROR_NO_MEMORY);
    }
    support_fail_after(-1);
    free(image.data);
    world_end(&world);
}

static int test_end(void **state) {
    (void)state;
    return support_live_bytes() == 0 ? 0 : -1;
}

#define TEST(name) cmocka_unit_test_teardown(name, test_end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_mapped),         TEST(test_copied),           TEST(test_more),      TEST(test_watch), TEST(test_verify), TEST(test_words),
        TEST(test_function_twice), TEST(test_wrong_relocation), TEST(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
