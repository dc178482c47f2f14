/* A whole file in memory. The file itself is never mapped: who changes it later does not change what runs. */
#ifndef PLATFORM_LINUX_FILE_H
#define PLATFORM_LINUX_FILE_H

#include "base/budget.h"
#include "base/bytes.h"
#include "base/report.h"

struct file {
    struct bytes bytes;
    struct budget *budget; /* that was charged */
    uint8_t *memory;
    size_t capacity;
};

/* Reads the file of this path to its end, standard input for "-"; blocks while a pipe has no data. The memory is charged to
   the budget. On failure nothing is kept, and the report (may be NULL) says in one sentence what is wrong:
   ERROR_NOT_FOUND, ERROR_LIMIT (larger than size_max), ERROR_NO_MEMORY, or ERROR_HOST for what else the host refused. */
enum error file_read(const char *path, size_t size_max, struct budget *budget, struct report *report, struct file *out) MUST_CHECK;
/* Also for a file that was zeroed and never read. */
void file_release(struct file *file);

#endif
