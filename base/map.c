/* The hash map. A removal moves later entries of the same run back, so there are no marks for removed entries and a
   lookup ends at the first free one. Invariants: capacity is 0 or a power of two; at least a quarter is free; between an
   entry's home and its place there is no free entry. */
#include "base/map.h"

#include "base/assert.h"

#define CAPACITY_MIN ((size_t)8)

struct sip_state {
    uint64_t v0;
    uint64_t v1;
    uint64_t v2;
    uint64_t v3;
};

static inline uint64_t rotate_left(uint64_t value, unsigned count) {
    return value << count | value >> (64 - count);
}

static inline void sip_round(struct sip_state *state) {
    state->v0 += state->v1;
    state->v2 += state->v3;
    state->v1 = rotate_left(state->v1, 13) ^ state->v0;
    state->v3 = rotate_left(state->v3, 16) ^ state->v2;
    state->v0 = rotate_left(state->v0, 32);
    state->v2 += state->v1;
    state->v0 += state->v3;
    state->v1 = rotate_left(state->v1, 17) ^ state->v2;
    state->v3 = rotate_left(state->v3, 21) ^ state->v0;
    state->v2 = rotate_left(state->v2, 32);
}

static inline void sip_add(struct sip_state *state, uint64_t word) {
    state->v3 ^= word;
    sip_round(state);
    state->v0 ^= word;
}

/* SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF"; one round a word and three at the end) with the
   seed as both halves of the key. Never 0, which marks free entries. */
static uint64_t key_hash(uint64_t seed, struct bytes key) {
    struct sip_state state = {
        .v0 = seed ^ 0x736f6d6570736575u,
        .v1 = seed ^ 0x646f72616e646f6du,
        .v2 = seed ^ 0x6c7967656e657261u,
        .v3 = seed ^ 0x7465646279746573u,
    };
    size_t done = 0;
    for (; key.size - done >= 8; done += 8) {
        sip_add(&state, bytes_load_u64(key.data + done));
    }
    uint64_t last = (uint64_t)key.size << 56;
    for (unsigned shift = 0; done < key.size; done++, shift += 8) {
        last |= (uint64_t)key.data[done] << shift;
    }
    sip_add(&state, last);
    state.v2 ^= 0xff;
    sip_round(&state);
    sip_round(&state);
    sip_round(&state);
    const uint64_t hash = state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
    return hash == 0 ? 1 : hash;
}

void map_init(struct map *map, struct budget *budget, uint64_t seed) {
    *map = (struct map){.budget = budget, .seed = seed};
}

void map_end(struct map *map) {
    budget_release(map->budget, map->entries, map->capacity * sizeof *map->entries);
    map_init(map, map->budget, map->seed);
}

/* The entry with this key, or NULL. A quarter of the entries is free, so the search ends. */
static struct map_entry *entry_find(const struct map *map, struct bytes key, uint64_t hash) {
    if (map->count == 0) {
        return NULL;
    }
    const size_t mask = map->capacity - 1;
    for (size_t place = (size_t)hash & mask; map->entries[place].hash != 0; place = (place + 1) & mask) {
        struct map_entry *entry = &map->entries[place];
        if (entry->hash == hash && bytes_equal(entry->key, key)) {
            return entry;
        }
    }
    return NULL;
}

/* Keys that are known to differ from each other need no comparison. */
static void entry_insert(struct map *map, const struct map_entry *entry) {
    const size_t mask = map->capacity - 1;
    size_t place = (size_t)entry->hash & mask;
    while (map->entries[place].hash != 0) {
        place = (place + 1) & mask;
    }
    map->entries[place] = *entry;
}

static enum error map_grow(struct map *map, size_t capacity) {
    struct map_entry *entries = budget_allocate_zeroed(map->budget, capacity, sizeof *entries);
    if (entries == NULL) {
        return ERROR_NO_MEMORY;
    }
    struct map_entry *const old_entries = map->entries;
    const size_t old_capacity = map->capacity;
    map->entries = entries;
    map->capacity = capacity;
    for (size_t i = 0; i < old_capacity; i++) {
        if (old_entries[i].hash != 0) {
            entry_insert(map, &old_entries[i]);
        }
    }
    budget_release(map->budget, old_entries, old_capacity * sizeof *old_entries);
    return ERROR_NONE;
}

enum error map_reserve(struct map *map, size_t count) {
    size_t capacity = map->capacity == 0 ? CAPACITY_MIN : map->capacity;
    while (capacity / 4 * 3 < count) {
        if (capacity > SIZE_MAX / 2) {
            return ERROR_NO_MEMORY;
        }
        capacity *= 2;
    }
    return capacity == map->capacity ? ERROR_NONE : map_grow(map, capacity);
}

enum error map_put(struct map *map, struct bytes key, uint64_t value) {
    const uint64_t hash = key_hash(map->seed, key);
    if (entry_find(map, key, hash) != NULL) {
        return ERROR_ARGUMENT;
    }
    const enum error error = map_reserve(map, map->count + 1);
    if (error != ERROR_NONE) {
        return error;
    }
    entry_insert(map, &(struct map_entry){.key = key, .value = value, .hash = hash});
    map->count++;
    ASSERT(map->count <= map->capacity / 4 * 3);
    return ERROR_NONE;
}

uint64_t *map_find(const struct map *map, struct bytes key) {
    struct map_entry *entry = entry_find(map, key, key_hash(map->seed, key));
    return entry == NULL ? NULL : &entry->value;
}

bool map_remove(struct map *map, struct bytes key) {
    struct map_entry *entry = entry_find(map, key, key_hash(map->seed, key));
    if (entry == NULL) {
        return false;
    }
    const size_t mask = map->capacity - 1;
    size_t hole = (size_t)(entry - map->entries);
    for (size_t place = (hole + 1) & mask; map->entries[place].hash != 0; place = (place + 1) & mask) {
        /* An entry may move back to the hole when that is not before its home, counted around the table. */
        const size_t home = (size_t)map->entries[place].hash & mask;
        if (((place - home) & mask) >= ((place - hole) & mask)) {
            map->entries[hole] = map->entries[place];
            hole = place;
        }
    }
    map->entries[hole] = (struct map_entry){0};
    map->count--;
    return true;
}
