/* Programs by way of the cache: what makes a second start fast. */
#ifndef PLATFORM_LINUX_CACHE_PROGRAM_H
#define PLATFORM_LINUX_CACHE_PROGRAM_H

#include "platform/linux/program.h"

/* As program_read and program_decode, for a program whose path, budget and options are set, all else 0: from the cache, where that has the
   program, else from the file. The difference shows in nothing but time. program_end is needed on failure too. */
enum error program_load(struct program *program, const struct cache *cache, struct report *report) MUST_CHECK;

enum program_save { PROGRAM_SAVE_ALL, PROGRAM_SAVE_WORTHWHILE };
/* Puts the program and what is compiled of it into the cache, if there is something new, and if it is much enough to be worth the
   writing. ERROR_NONE too when there was no reason to. */
enum error program_save(const struct program *program, const struct cache *cache, enum program_save how);

#endif
