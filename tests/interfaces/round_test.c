/* Generated code against the model: for each message of each interface, random values in the model's layout are decoded and encoded again, which
   gives the same words, bytes and grants. Then the same with messages that are wrong: what is accepted is a message, and nothing outside of the block
   is touched, which the sanitizer sees. */
#include "tests/interfaces/model_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/support/rounds.h"

#define VALUES_EACH  200
#define SPOILED_EACH 40

/* ---- Interfaces, read from their texts ---- */

struct texts {
    struct budget budget;
    struct wit *wits[32];
    const char *names[32];
    uint8_t *files[64];
    size_t count, file_count;
};

static struct texts texts;

static struct bytes text_read(const char *path) {
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        return (struct bytes){0};
    }
    uint8_t *data = malloc(1 << 17);
    assert_non_null(data);
    texts.files[texts.file_count++] = data;
    const size_t size = fread(data, 1, 1 << 17, stream);
    fclose(stream);
    return (struct bytes){data, size};
}

static enum error find(void *context, struct bytes package, struct bytes interface, struct report *report, struct wit_file *out) {
    char path[256];
    (void)context;
    (void)package;
    (void)report;
    snprintf(path, sizeof path, "interfaces/%.*s.wit", (int)interface.size, (const char *)interface.data);
    *out = (struct wit_file){interface, text_read(path)};
    return out->text.data == NULL ? ERROR_NOT_FOUND : ERROR_NONE;
}

static const struct wit_source source = {NULL, find};

static struct wit_interface *interface_of(const char *name) {
    for (size_t i = 0; i < texts.count; i++) {
        if (strcmp(texts.names[i], name) == 0) {
            return wit_interface_find(texts.wits[i], bytes_from_text(name));
        }
    }
    char path[256];
    snprintf(path, sizeof path, "%s/%s.wit", strcmp(name, "every") == 0 ? "tests/interfaces" : "interfaces", name);
    const struct wit_file file = {bytes_from_text(name), text_read(path)};
    struct wit_problem problem;
    wit_problem_init(&problem);
    assert_int_equal(wit_create(&texts.budget, &source, &texts.wits[texts.count]), ERROR_NONE);
    assert_int_equal(wit_read(texts.wits[texts.count], &file, &problem), ERROR_NONE);
    texts.names[texts.count] = name;
    return wit_interface_find(texts.wits[texts.count++], bytes_from_text(name));
}

static const struct wit_type *type_of(const struct round *round) {
    const struct wit_interface *interface = interface_of(round->interface);
    for (uint32_t i = 0; i < interface->item_count; i++) {
        const struct wit_function *function = interface->items[i].function;
        if (function != NULL && function->number == round->operation) {
            return round->is_result ? function->result : function->arguments;
        }
    }
    return NULL;
}

static int set_up(void **state) {
    (void)state;
    budget_init_root(&texts.budget, support_memory(), BUDGET_UNLIMITED);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    for (size_t i = 0; i < texts.count; i++) {
        wit_destroy(texts.wits[i]);
    }
    for (size_t i = 0; i < texts.file_count; i++) {
        free(texts.files[i]);
    }
    texts = (struct texts){.budget = texts.budget};
    budget_end(&texts.budget);
    return 0;
}

/* ---- Messages ---- */

/* A copy in memory of its own, to its last byte: an empty one too. */
static uint8_t *block_copy(const struct wire_content *content) {
    uint8_t *copy = malloc(content->block_size);
    if (content->block_size != 0) {
        assert_non_null(copy);
        memcpy(copy, content->block, content->block_size);
    }
    return copy;
}

static void assert_same(const struct round *round, const struct wire_content *left, const struct wire_content *right) {
    bool is_same = memcmp(left->words, right->words, sizeof left->words) == 0 && left->block_size == right->block_size &&
                   (left->block_size == 0 || memcmp(left->block, right->block, left->block_size) == 0) && left->grant_count == right->grant_count;
    for (uint32_t i = 0; i < left->grant_count && is_same; i++) {
        is_same = left->grants[i].handle == right->grants[i].handle && left->grants[i].badge == right->grants[i].badge;
    }
    if (!is_same) {
        print_message("%s\n", round->name);
    }
    assert_true(is_same);
}

static uint8_t memory[MODEL_BLOCK_SIZE], second_memory[MODEL_BLOCK_SIZE];

/* Garbage where a block is put together, so that a byte that is not written is seen. */
static struct wire_memory dirty(uint8_t *data, uint32_t size) {
    memset(data, 0xA5, size);
    return wire_memory_of(data, size);
}

static void round_is_faithful(const struct round *round, struct model *model) {
    struct wire_content out;
    int32_t error = -1;
    struct wire_content in = model->content;
    uint8_t *copy = block_copy(&in);
    in.block = in.block == NULL ? NULL : copy;
    const bool is_right = round->run(&in, dirty(memory, in.block_size), &out, &error);
    if (!is_right || error != 0) {
        print_message("%s: %d\n", round->name, (int)error);
    }
    assert_true(is_right);
    assert_int_equal(error, 0);
    assert_same(round, &in, &out);
    /* Too little memory is said, with what it takes. */
    if (in.block_size != 0 && out.block == memory) {
        assert_true(round->run(&in, wire_memory_of(memory, in.block_size - 1), &out, &error));
        assert_int_equal(error, -WIRE_TOO_LARGE);
        assert_int_equal(out.block_size, in.block_size);
    }
    free(copy);
}

static void test_round_trips(void **state) {
    (void)state;
    struct model model = {.random = support_seed(), .block = malloc(MODEL_BLOCK_SIZE)};
    assert_true(round_count > 60);
    for (size_t i = 0; i < round_count; i++) {
        const struct wit_type *type = type_of(&rounds[i]);
        assert_non_null(type);
        for (uint32_t j = 0; j < VALUES_EACH; j++) {
            model.list_count_max = 1 + j % 6;
            model_make(&model, type);
            round_is_faithful(&rounds[i], &model);
        }
    }
    free(model.block);
}

/* ---- Messages that are wrong ---- */

static void spoil(struct model *model, struct wire_content *content, uint8_t *block) {
    static const uint32_t numbers[] = {0, 1, 2, 4, 8, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF8, 0xFFFFFFFF, 0xD800, 0x110000};
    const uint32_t number = numbers[model_choose(model, sizeof numbers / sizeof *numbers)];
    const uint32_t words = content->block_size / 4;
    switch (model_choose(model, 7)) {
    case 0: content->words[model_choose(model, WIRE_WORDS)] ^= (uint64_t)1 << model_choose(model, 64); break;
    case 1: content->words[model_choose(model, WIRE_WORDS)] = number; break;
    case 2: content->block_size = content->block_size == 0 ? 0 : model_choose(model, content->block_size); break;
    case 3: content->grant_count = model_choose(model, 9); break;
    case 4:
        if (words != 0) {
            memcpy(block + (size_t)model_choose(model, words) * 4, &number, sizeof number);
        }
        break;
    case 5:
        /* A pointer of the block becomes another one. */
        if (words != 0) {
            memmove(block + (size_t)model_choose(model, words) * 4, block + (size_t)model_choose(model, words) * 4, 4);
        }
        break;
    default:
        if (content->block_size != 0) {
            block[model_choose(model, content->block_size)] ^= (uint8_t)(1u << model_choose(model, 8));
        }
        break;
    }
}

/* Refused, or else it is a message: it can be encoded, and that is decoded to the same. Says whether it was refused. */
static bool spoiled_is_harmless(const struct round *round, const struct wire_content *in) {
    struct wire_content out, again;
    int32_t error = -1;
    uint8_t *copy = block_copy(in);
    struct wire_content content = *in;
    content.block = copy;
    const bool is_refused = !round->run(&content, dirty(memory, sizeof memory), &out, &error);
    if (!is_refused) {
        assert_int_equal(error, 0);
        assert_true(out.block_size <= in->block_size);
        assert_true(round->run(&out, dirty(second_memory, out.block_size), &again, &error));
        assert_int_equal(error, 0);
        assert_same(round, &out, &again);
    }
    free(copy);
    return is_refused;
}

static void test_spoiled(void **state) {
    (void)state;
    struct model model = {.random = support_seed(), .block = malloc(MODEL_BLOCK_SIZE)};
    uint32_t refused = 0, accepted = 0;
    for (size_t i = 0; i < round_count; i++) {
        const struct wit_type *type = type_of(&rounds[i]);
        for (uint32_t j = 0; j < SPOILED_EACH; j++) {
            model.list_count_max = 1 + j % 4;
            model_make(&model, type);
            struct wire_content content = model.content;
            for (uint32_t k = 0; k <= j % 3; k++) {
                spoil(&model, &content, model.block);
            }
            const bool is_refused = spoiled_is_harmless(&rounds[i], &content);
            refused += is_refused;
            accepted += !is_refused;
        }
    }
    print_message("%u refused, %u accepted\n", refused, accepted);
    assert_true(refused > 200 && accepted > 200);
    free(model.block);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trips, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_spoiled, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
