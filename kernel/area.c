/* Areas. First fit over a bit for each unit; an area has some hundred units, and most blocks take one. */
#include "kernel/area.h"

static bool unit_is_used(const struct area *area, uint32_t unit) {
    return (area->used[unit / 64] >> unit % 64 & 1) != 0;
}

static void units_mark(struct area *area, uint32_t first, uint32_t count, bool used) {
    for (uint32_t unit = first; unit < first + count; unit++) {
        uint64_t bit = 1ull << unit % 64;
        area->used[unit / 64] = used ? area->used[unit / 64] | bit : area->used[unit / 64] & ~bit;
    }
}

bool area_take(struct area *area, uint32_t size, struct block *out) {
    ASSERT(size != 0);
    uint64_t wanted = ((uint64_t)size + AREA_UNIT - 1) / AREA_UNIT, run = 0;
    if (wanted > area->unit_count) {
        return false;
    }
    for (uint32_t unit = 0; unit < area->unit_count; unit++) {
        run = unit_is_used(area, unit) ? 0 : run + 1;
        if (run == wanted) {
            uint32_t first = unit + 1 - (uint32_t)wanted;
            units_mark(area, first, (uint32_t)wanted, true);
            *out = (struct block){.data = area->base + first * AREA_UNIT, .offset = first * AREA_UNIT, .size = size};
            return true;
        }
    }
    return false;
}

uint32_t area_room(const struct area *area) {
    uint32_t run = 0, longest = 0;
    for (uint32_t unit = 0; unit < area->unit_count; unit++) {
        run = unit_is_used(area, unit) ? 0 : run + 1;
        longest = run > longest ? run : longest;
    }
    return longest * AREA_UNIT;
}

void area_release(struct area *area, struct block *block) {
    ASSERT(block->data == area->base + block->offset);
    units_mark(area, block->offset / AREA_UNIT, (block->size + AREA_UNIT - 1) / AREA_UNIT, false);
    *block = (struct block){0};
}
