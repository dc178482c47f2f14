/* Any message for any decoder of any interface: refused, or it is a message, which can be encoded, and that is decoded to the same. Blocks are
   copied to memory of their exact size, so that the sanitizer sees every read past their end. */
#include "base/assert.h"
#include "tests/support/rounds.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_SIZE (1u << 20)

/* Which message, how many grants, the words; the rest is the block. */
#define HEAD_SIZE (2 + 8 * WIRE_WORDS)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t room[ROOM_SIZE], second_room[ROOM_SIZE];

static bool contents_are_equal(const struct wire_content *left, const struct wire_content *right) {
    bool is_same = memcmp(left->words, right->words, sizeof left->words) == 0 && left->block_size == right->block_size &&
                   (left->block_size == 0 || memcmp(left->block, right->block, left->block_size) == 0) && left->grant_count == right->grant_count;
    for (uint32_t i = 0; i < left->grant_count && is_same; i++) {
        is_same = left->grants[i].handle == right->grants[i].handle;
    }
    return is_same;
}

static void round_check(const struct round *round, const struct wire_content *in) {
    struct wire_content out, again;
    int32_t error = -1;
    memset(room, 0xA5, in->block_size);
    if (!round->run(in, wire_memory_of(room, sizeof room), &out, &error)) {
        return;
    }
    ASSERT(error == 0);
    ASSERT(out.block_size <= in->block_size);
    memset(second_room, 0x5A, out.block_size);
    const bool is_right = round->run(&out, wire_memory_of(second_room, sizeof second_room), &again, &error);
    ASSERT(is_right && error == 0);
    ASSERT(contents_are_equal(&out, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < HEAD_SIZE || size - HEAD_SIZE > ROOM_SIZE) {
        return 0;
    }
    const size_t block_size = size - HEAD_SIZE;
    uint8_t *block = malloc(block_size);
    if (block == NULL && block_size != 0) {
        abort();
    }
    struct wire_content content = {.block = block, .block_size = (uint32_t)block_size, .grant_count = data[1]};
    memcpy(content.words, data + 2, sizeof content.words);
    if (block_size != 0) {
        memcpy(block, data + HEAD_SIZE, block_size);
    }
    for (uint32_t i = 0; i < WIRE_GRANTS; i++) {
        content.grants[i] = wire_grant_of(i + 1, WIRE_GRANT_MOVE, 0);
    }
    round_check(&rounds[data[0] % round_count], &content);
    free(block);
    return 0;
}
