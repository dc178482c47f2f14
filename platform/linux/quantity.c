/* Sizes and durations: two tables of units and one reader of numbers. */
#include "platform/linux/quantity.h"

#include <stdio.h>
#include <string.h>

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit size_units[] = {
    {"", 1},
    {"B", 1},
    {"K", 1ull << 10},
    {"KiB", 1ull << 10},
    {"M", 1ull << 20},
    {"MiB", 1ull << 20},
    {"G", 1ull << 30},
    {"GiB", 1ull << 30},
    {"T", 1ull << 40},
    {"TiB", 1ull << 40},
    {"kB", 1000},
    {"KB", 1000},
    {"MB", 1000000},
    {"GB", 1000000000},
    {"TB", 1000000000000},
};

static const struct unit duration_units[] = {
    {"", 1000000000}, {"s", 1000000000}, {"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"m", 60000000000}, {"h", 3600000000000},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct unit *unit_find(const struct unit *units, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(units[i].name, name) == 0) {
            return &units[i];
        }
    }
    return NULL;
}

/* Digits from *text, which moves behind them. False when there are none or the number does not fit. */
static bool whole_number_read(const char **text, uint64_t *value) {
    const char *at = *text;
    *value = 0;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (__builtin_mul_overflow(*value, 10, value) || __builtin_add_overflow(*value, (uint64_t)(*at - '0'), value)) {
            return false;
        }
    }
    bool has_digits = at != *text;
    *text = at;
    return has_digits;
}

bool quantity_parse_size(const char *text, uint64_t *bytes) {
    uint64_t number;
    if (!whole_number_read(&text, &number)) {
        return false;
    }
    const struct unit *unit = unit_find(size_units, COUNT(size_units), text);
    return unit != NULL && !__builtin_mul_overflow(number, unit->factor, bytes);
}

/* The first nine digits behind the point, as billionths; the others are skipped. */
static bool billionths_read(const char **text, uint64_t *billionths) {
    uint64_t place = 100000000;
    const char *at = *text;
    *billionths = 0;
    for (; *at >= '0' && *at <= '9'; at++) {
        *billionths += (uint64_t)(*at - '0') * place;
        place /= 10;
    }
    bool has_digits = at != *text;
    *text = at;
    return has_digits;
}

bool quantity_parse_duration(const char *text, uint64_t *nanoseconds) {
    uint64_t whole = 0, billionths = 0;
    bool starts_with_point = *text == '.';
    if (!starts_with_point && !whole_number_read(&text, &whole)) {
        return false;
    }
    if (*text == '.') {
        text++;
        if (!billionths_read(&text, &billionths)) {
            return false;
        }
    }
    const struct unit *unit = unit_find(duration_units, COUNT(duration_units), text);
    if (unit == NULL || __builtin_mul_overflow(whole, unit->factor, nanoseconds)) {
        return false;
    }
    /* A unit is below 2^42 ns, so that their product needs more than 64 bits. */
    uint64_t fraction = (uint64_t)((unsigned __int128)billionths * unit->factor / 1000000000);
    return !__builtin_add_overflow(*nanoseconds, fraction, nanoseconds);
}

const char *quantity_size_text(uint64_t bytes, char *out, size_t size) {
    static const char *const names[] = {"KiB", "MiB", "GiB", "TiB"};
    if (bytes < 1024) {
        snprintf(out, size, "%llu byte%s", (unsigned long long)bytes, bytes == 1 ? "" : "s");
        return out;
    }
    size_t power = 1;
    while (power < COUNT(names) && bytes >> (10 * (power + 1)) != 0) {
        power++;
    }
    uint64_t factor = 1ull << (10 * power);
    if (bytes % factor == 0) {
        snprintf(out, size, "%llu %s", (unsigned long long)(bytes / factor), names[power - 1]);
    } else {
        snprintf(out, size, "%.1f %s", (double)bytes / (double)factor, names[power - 1]);
    }
    return out;
}
