/* Interfaces as the command line names them: read from a file, or one of those that ArgOS comes with, whose texts are in the program
   (interfaces/built_in.h). */
#ifndef PLATFORM_LINUX_READING_H
#define PLATFORM_LINUX_READING_H

#include "base/sha256.h"
#include "platform/linux/file.h"
#include "tools/wit/wit.h"

#define READING_FILES_MAX 64

/* What one reading needs, and what it read. */
struct reading {
    struct budget *budget;
    const char *path; /* of the file that was asked for; NULL for one that is built in */
    struct file files[READING_FILES_MAX];
    char names[READING_FILES_MAX][512];
    size_t file_count;
    struct wit_source source;
    struct wit *wit;
};

/* Those that ArgOS comes with, by number; NULL behind the last. */
const char *built_in_name(size_t index);
#define BUILT_IN_NONE SIZE_MAX
size_t built_in_find(struct bytes name);

/* All interfaces of a file, or one that is built in. However it went, reading_end comes last. */
enum error reading_of_file(struct reading *reading, struct budget *budget, const char *path, struct wit_problem *problem) MUST_CHECK;
enum error reading_of_built_in(struct reading *reading, struct budget *budget, size_t index, struct wit_problem *problem) MUST_CHECK;
void reading_end(struct reading *reading);
/* Says on standard error what was wrong, and where. */
void reading_problem_print(const char *path, const struct wit_problem *problem);

/* Whether a word can stand for a hash: at least 8 digits of it. */
bool reading_is_hash(const char *word);
/* Whether the hash starts with these digits, of either case. */
bool reading_hash_starts(const uint8_t digest[SHA256_SIZE], const char *digits);

#endif
