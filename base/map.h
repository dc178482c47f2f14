/* A hash map from byte strings to 64-bit values. Open addressing, linear probing, at most 3/4 full; the hash is seeded,
   so that outside data cannot choose collisions. Keys are views: whoever puts them keeps them alive. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/budget.h"
#include "base/bytes.h"

struct map_entry {
    struct bytes key;
    uint64_t value;
    uint64_t hash; /* 0 marks a free entry */
};

struct map {
    struct budget *budget;
    struct map_entry *entries;
    size_t capacity; /* 0 or a power of two */
    size_t count;
    uint64_t seed;
};

void map_init(struct map *map, struct budget *budget, uint64_t seed);
void map_end(struct map *map);

/* Makes room for count entries in all, so that the puts up to there cannot fail. */
enum error map_reserve(struct map *map, size_t count) MUST_CHECK;
/* ERROR_ARGUMENT when the key is there already (the map is unchanged), ERROR_NO_MEMORY when there is no room. */
enum error map_put(struct map *map, struct bytes key, uint64_t value) MUST_CHECK;
/* NULL when it is not there. The pointer holds until the next put or remove. */
uint64_t *map_find(const struct map *map, struct bytes key);
/* False when it was not there. */
bool map_remove(struct map *map, struct bytes key);

#endif
