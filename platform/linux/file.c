/* Reading whole files. A regular file is read into one block of its size and one byte, which finds the end; what does not
   tell its size, or grows meanwhile, moves to larger blocks. */
#include "platform/linux/file.h"

#include "base/assert.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_SIZE_FIRST ((size_t)64 << 10)

struct file_reader {
    int descriptor;
    size_t size_max;
    struct report *report;
    struct file file;
};

static enum error reader_fail_errno(struct file_reader *reader, int number) {
    switch (number) {
    case ENOENT:
    case ENOTDIR: return report_fail(reader->report, ERROR_NOT_FOUND, REPORT_NO_OFFSET, "no such file; check the name and the folder you are in");
    case EISDIR: return report_fail(reader->report, ERROR_HOST, REPORT_NO_OFFSET, "is a directory; name a file");
    case EACCES:
    case EPERM: return report_fail(reader->report, ERROR_HOST, REPORT_NO_OFFSET, "permission denied; you need the right to read it");
    default: return report_fail(reader->report, ERROR_HOST, REPORT_NO_OFFSET, "cannot be read: %s", strerror(number));
    }
}

static enum error reader_fail_size(struct file_reader *reader) {
    const char *unit = "bytes";
    size_t size = reader->size_max;
    if (size % ((size_t)1 << 30) == 0) {
        unit = "GiB";
        size >>= 30;
    }
    return report_fail(reader->report, ERROR_LIMIT, REPORT_NO_OFFSET, "larger than %zu %s, which is the most that is read", size, unit);
}

static enum error reader_make_room(struct file_reader *reader, size_t capacity) {
    struct file *file = &reader->file;
    uint8_t *memory = budget_reallocate(file->budget, file->memory, file->capacity, capacity);
    if (memory == NULL) {
        return report_fail(reader->report, ERROR_NO_MEMORY, REPORT_NO_OFFSET, "it does not fit into the memory budget");
    }
    file->memory = memory;
    file->capacity = capacity;
    return ERROR_NONE;
}

/* The first block: the whole file, where its size is known. */
static enum error reader_start(struct file_reader *reader) {
    struct stat status;
    if (fstat(reader->descriptor, &status) != 0) {
        return reader_fail_errno(reader, errno);
    }
    if (S_ISDIR(status.st_mode)) {
        return reader_fail_errno(reader, EISDIR);
    }
    if (!S_ISREG(status.st_mode)) {
        return reader_make_room(reader, BLOCK_SIZE_FIRST);
    }
    if ((uint64_t)status.st_size > reader->size_max) {
        return reader_fail_size(reader);
    }
    return reader_make_room(reader, (size_t)status.st_size + 1);
}

static enum error reader_fill(struct file_reader *reader) {
    struct file *file = &reader->file;
    for (;;) {
        if (file->bytes.size == file->capacity) {
            enum error error = reader_make_room(reader, file->capacity * 2);
            if (error != ERROR_NONE) {
                return error;
            }
        }
        ssize_t got = read(reader->descriptor, file->memory + file->bytes.size, file->capacity - file->bytes.size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return reader_fail_errno(reader, errno);
        }
        if (got == 0) {
            return ERROR_NONE;
        }
        file->bytes.size += (size_t)got;
        if (file->bytes.size > reader->size_max) {
            return reader_fail_size(reader);
        }
    }
}

enum error file_read(const char *path, size_t size_max, struct budget *budget, struct report *report, struct file *out) {
    ASSERT(size_max < SIZE_MAX / 4);
    bool is_input = strcmp(path, "-") == 0;
    struct file_reader reader = {.size_max = size_max, .report = report, .file = {.budget = budget}};
    reader.descriptor = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (reader.descriptor < 0) {
        return reader_fail_errno(&reader, errno);
    }
    enum error error = reader_start(&reader);
    if (error == ERROR_NONE) {
        error = reader_fill(&reader);
    }
    if (!is_input) {
        close(reader.descriptor);
    }
    if (error != ERROR_NONE) {
        file_release(&reader.file);
        return error;
    }
    *out = reader.file;
    out->bytes.data = out->memory;
    return ERROR_NONE;
}

void file_release(struct file *file) {
    if (file->memory != NULL) {
        budget_release(file->budget, file->memory, file->capacity);
    }
    *file = (struct file){0};
}
