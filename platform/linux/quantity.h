/* Sizes and durations as people write and read them on a command line. No allocation, no locale. */
#ifndef PLATFORM_LINUX_QUANTITY_H
#define PLATFORM_LINUX_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A whole number and a unit: none or B; K, KiB, M, MiB, G, GiB, T, TiB (powers of 1024); kB, KB, MB, GB, TB (powers of
   1000). False for anything else, and for what does not fit. */
bool quantity_parse_size(const char *text, uint64_t *bytes);
/* A decimal number and a unit: none or s, ns, us, ms, m, h. What is below a nanosecond is dropped. */
bool quantity_parse_duration(const char *text, uint64_t *nanoseconds);

/* "17 bytes", "64 KiB", "1.5 GiB": exact where it is a whole number, else rounded to one digit. Returns out. */
const char *quantity_size_text(uint64_t bytes, char *out, size_t size);

#endif
