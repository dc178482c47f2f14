/* Reading interfaces. What a file uses is looked for beside it, and among those that ArgOS comes with. */
#include "platform/linux/interface/reading.h"

#include "interfaces/built_in.h"
#include "platform/linux/message.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TEXT_SIZE_MAX     ((size_t)1 << 20)
#define BUILT_IN_COUNT    (sizeof interface_texts / sizeof *interface_texts)
#define BUILT_IN_PACKAGE  "argos:os"
#define HASH_DIGITS       (2 * SHA256_SIZE)
#define HASH_DIGITS_LEAST 8 /* of a hash that is not written out */

const char *built_in_name(size_t index) {
    return index < BUILT_IN_COUNT ? interface_texts[index].name : NULL;
}

size_t built_in_find(struct bytes name) {
    for (size_t i = 0; i < BUILT_IN_COUNT; i++) {
        if (bytes_equal(bytes_from_text(interface_texts[i].name), name)) {
            return i;
        }
    }
    return BUILT_IN_NONE;
}

static struct wit_file built_in_file(size_t index) {
    return (struct wit_file){bytes_from_text(interface_texts[index].name), bytes_from_text(interface_texts[index].text)};
}

/* Another interface of the package is in a file of its name, beside the one that was asked for. */
static enum error reading_find_beside(struct reading *reading, struct bytes interface, struct report *report, struct wit_file *out) {
    const char *slash = reading->path == NULL ? NULL : strrchr(reading->path, '/');
    const int folder_size = slash == NULL ? 0 : (int)(slash - reading->path) + 1;
    char *name = reading->names[reading->file_count];
    if (reading->path == NULL || reading->file_count == READING_FILES_MAX) {
        return ERROR_NOT_FOUND;
    }
    const int size =
        snprintf(name, sizeof reading->names[0], "%.*s%.*s.wit", folder_size, reading->path, (int)interface.size, (const char *)interface.data);
    if (size >= (int)sizeof reading->names[0] || access(name, F_OK) != 0) {
        return ERROR_NOT_FOUND;
    }
    enum error error = file_read(name, TEXT_SIZE_MAX, reading->budget, report, &reading->files[reading->file_count]);
    if (error == ERROR_NONE) {
        *out = (struct wit_file){bytes_from_text(name), reading->files[reading->file_count].bytes};
        reading->file_count++;
    }
    return error;
}

static enum error reading_find(void *context, struct bytes package, struct bytes interface, struct report *report, struct wit_file *out) {
    size_t built_in = bytes_equal(package, bytes_from_text(BUILT_IN_PACKAGE)) ? built_in_find(interface) : BUILT_IN_NONE;
    enum error error = reading_find_beside(context, interface, report, out);
    if (error == ERROR_NOT_FOUND && built_in != BUILT_IN_NONE) {
        *out = built_in_file(built_in);
        return ERROR_NONE;
    }
    return error;
}

static void reading_start(struct reading *reading, struct budget *budget, const char *path) {
    *reading = (struct reading){.budget = budget, .path = path};
    reading->source = (struct wit_source){reading, reading_find};
}

void reading_end(struct reading *reading) {
    if (reading->wit != NULL) {
        wit_destroy(reading->wit);
    }
    for (size_t i = 0; i < reading->file_count; i++) {
        file_release(&reading->files[i]);
    }
}

static enum error reading_read(struct reading *reading, const struct wit_file *file, struct wit_problem *problem) {
    enum error error = wit_create(reading->budget, &reading->source, &reading->wit);
    return error == ERROR_NONE ? wit_read(reading->wit, file, problem) : error;
}

enum error reading_of_file(struct reading *reading, struct budget *budget, const char *path, struct wit_problem *problem) {
    reading_start(reading, budget, path);
    wit_problem_init(problem);
    enum error error = file_read(path, TEXT_SIZE_MAX, budget, &problem->report, &reading->files[0]);
    if (error != ERROR_NONE) {
        return error;
    }
    reading->file_count = 1;
    return reading_read(reading, &(struct wit_file){bytes_from_text(message_file_name(path)), reading->files[0].bytes}, problem);
}

enum error reading_of_built_in(struct reading *reading, struct budget *budget, size_t index, struct wit_problem *problem) {
    const struct wit_file file = built_in_file(index);
    reading_start(reading, budget, NULL);
    wit_problem_init(problem);
    return reading_read(reading, &file, problem);
}

void reading_problem_print(const char *path, const struct wit_problem *problem) {
    if (problem->line != 0) {
        message("%.*s:%u:%u: %s", (int)problem->file.size, (const char *)problem->file.data, problem->line, problem->column, problem->report.text);
    } else {
        message_of_file(path, "%s", problem->report.error == ERROR_NONE ? "there is not enough memory" : problem->report.text);
    }
}

bool reading_hash_starts(const uint8_t digest[SHA256_SIZE], const char *digits) {
    static const char hexadecimal[] = "0123456789abcdef";
    for (size_t i = 0; digits[i] != 0; i++) {
        const uint8_t nibble = i % 2 == 0 ? digest[i / 2] >> 4 : digest[i / 2] & 15;
        if ((digits[i] | 0x20) != hexadecimal[nibble] && digits[i] != hexadecimal[nibble]) {
            return false;
        }
    }
    return true;
}

bool reading_is_hash(const char *word) {
    const size_t size = strlen(word);
    return size >= HASH_DIGITS_LEAST && size <= HASH_DIGITS && strspn(word, "0123456789abcdefABCDEF") == size;
}
