/* argos interface: what an interface is made of, and how it is called. Interfaces come from files, or are those that ArgOS comes with, whose texts
   are in the program (interfaces/built_in.h). */
#include "base/sha256.h"
#include "interfaces/built_in.h"
#include "platform/linux/command.h"
#include "platform/linux/file.h"
#include "platform/linux/message.h"
#include "tools/wit/wit.h"

#include <string.h>
#include <unistd.h>

#define TEXT_SIZE_MAX     ((size_t)1 << 20)
#define FILE_COUNT_MAX    64
#define BUILT_IN_COUNT    (sizeof interface_texts / sizeof *interface_texts)
#define BUILT_IN_PACKAGE  "argos:os"
#define HASH_DIGITS       (2 * SHA256_SIZE)
#define HASH_DIGITS_LEAST 8 /* of a hash that is not written out */

/* What one reading needs, and what it read. */
struct reading {
    struct budget *budget;
    const char *path; /* of the file that was asked for; NULL for one that is built in */
    struct file files[FILE_COUNT_MAX];
    char names[FILE_COUNT_MAX][512];
    size_t file_count;
    struct wit_source source;
    struct wit *wit;
};

static const struct interface_text *built_in_find(struct bytes name) {
    for (size_t i = 0; i < BUILT_IN_COUNT; i++) {
        if (bytes_equal(bytes_from_text(interface_texts[i].name), name)) {
            return &interface_texts[i];
        }
    }
    return NULL;
}

static struct wit_file built_in_file(const struct interface_text *text) {
    return (struct wit_file){bytes_from_text(text->name), bytes_from_text(text->text)};
}

/* Another interface of the package is in a file of its name, beside the one that was asked for. */
static enum error reading_find_beside(struct reading *reading, struct bytes interface, struct report *report, struct wit_file *out) {
    const char *slash = reading->path == NULL ? NULL : strrchr(reading->path, '/');
    const int folder_size = slash == NULL ? 0 : (int)(slash - reading->path) + 1;
    char *name = reading->names[reading->file_count];
    if (reading->path == NULL || reading->file_count == FILE_COUNT_MAX) {
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
    const struct interface_text *built_in = bytes_equal(package, bytes_from_text(BUILT_IN_PACKAGE)) ? built_in_find(interface) : NULL;
    enum error error = reading_find_beside(context, interface, report, out);
    if (error == ERROR_NOT_FOUND && built_in != NULL) {
        *out = built_in_file(built_in);
        return ERROR_NONE;
    }
    return error;
}

static void reading_start(struct reading *reading, struct budget *budget, const char *path) {
    *reading = (struct reading){.budget = budget, .path = path};
    reading->source = (struct wit_source){reading, reading_find};
}

static void reading_end(struct reading *reading) {
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

/* ---- Printing ---- */

static void problem_print(const char *path, const struct wit_problem *problem) {
    if (problem->line != 0) {
        message("%.*s:%u:%u: %s", (int)problem->file.size, (const char *)problem->file.data, problem->line, problem->column, problem->report.text);
    } else {
        message_of_file(path, "%s", problem->report.error == ERROR_NONE ? "there is not enough memory" : problem->report.text);
    }
}

static void hash_print(const uint8_t digest[SHA256_SIZE]) {
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        printf("%02x", digest[i]);
    }
}

static enum error interface_print(struct wit_interface *interface, struct wit_problem *problem) {
    uint8_t digest[SHA256_SIZE];
    struct bytes text, operations;
    const struct bytes package = wit_interface_package(interface), name = wit_interface_name(interface);
    enum error error = wit_interface_hash(interface, digest);
    if (error == ERROR_NONE) {
        error = wit_print(interface, WIT_CANONICAL, problem, &text);
    }
    if (error == ERROR_NONE) {
        error = wit_print(interface, WIT_OPERATIONS, problem, &operations);
    }
    if (error != ERROR_NONE) {
        return error;
    }
    printf("interface  %.*s/%.*s\nhash       ", (int)package.size, (const char *)package.data, (int)name.size, (const char *)name.data);
    hash_print(digest);
    printf("\n\n%.*s", (int)text.size, (const char *)text.data);
    if (operations.size != 0) {
        printf("\n%.*s", (int)operations.size, (const char *)operations.data);
    }
    return ERROR_NONE;
}

static enum error interfaces_print(const struct wit *wit, struct wit_problem *problem) {
    enum error error = ERROR_NONE;
    for (uint32_t i = 0; i < wit_interface_count(wit) && error == ERROR_NONE; i++) {
        fputs(i == 0 ? "" : "\n", stdout);
        error = interface_print(wit_interface_at(wit, i), problem);
    }
    return error;
}

/* ---- What is asked for ---- */

static int file_show(const char *path, struct budget *budget) {
    struct reading reading;
    struct wit_problem problem;
    reading_start(&reading, budget, path);
    wit_problem_init(&problem);
    enum error error = file_read(path, TEXT_SIZE_MAX, budget, &problem.report, &reading.files[0]);
    if (error == ERROR_NONE) {
        reading.file_count = 1;
        error = reading_read(&reading, &(struct wit_file){bytes_from_text(message_file_name(path)), reading.files[0].bytes}, &problem);
    }
    if (error == ERROR_NONE) {
        error = interfaces_print(reading.wit, &problem);
    }
    if (error != ERROR_NONE) {
        problem_print(path, &problem);
    }
    reading_end(&reading);
    return error == ERROR_NONE ? COMMAND_DONE : COMMAND_FAILED;
}

/* Whether the hash starts with these digits, of either case. */
static bool hash_starts(const uint8_t digest[SHA256_SIZE], const char *digits) {
    static const char hexadecimal[] = "0123456789abcdef";
    for (size_t i = 0; digits[i] != 0; i++) {
        const uint8_t nibble = i % 2 == 0 ? digest[i / 2] >> 4 : digest[i / 2] & 15;
        if ((digits[i] | 0x20) != hexadecimal[nibble] && digits[i] != hexadecimal[nibble]) {
            return false;
        }
    }
    return true;
}

static bool is_hash(const char *word) {
    const size_t size = strlen(word);
    return size >= HASH_DIGITS_LEAST && size <= HASH_DIGITS && strspn(word, "0123456789abcdefABCDEF") == size;
}

/* Shows one that is built in, if its hash starts with the digits; lists it, for digits of NULL. */
static enum error built_in_show(const struct interface_text *text, const char *digits, struct budget *budget, bool *found) {
    struct reading reading;
    struct wit_problem problem;
    uint8_t digest[SHA256_SIZE];
    const struct wit_file file = built_in_file(text);
    reading_start(&reading, budget, NULL);
    wit_problem_init(&problem);
    enum error error = reading_read(&reading, &file, &problem);
    struct wit_interface *interface = error == ERROR_NONE ? wit_interface_find(reading.wit, file.name) : NULL;
    if (error == ERROR_NONE) {
        error = wit_interface_hash(interface, digest);
    }
    if (error == ERROR_NONE && digits == NULL) {
        hash_print(digest);
        printf("  %s\n", text->name);
    } else if (error == ERROR_NONE && hash_starts(digest, digits)) {
        *found = true;
        error = interface_print(interface, &problem);
    }
    if (error != ERROR_NONE) {
        problem_print(text->name, &problem);
    }
    reading_end(&reading);
    return error;
}

static int built_in_show_all(const char *digits, struct budget *budget) {
    bool found = digits == NULL;
    for (size_t i = 0; i < BUILT_IN_COUNT; i++) {
        if (built_in_show(&interface_texts[i], digits, budget, &found) != ERROR_NONE) {
            return COMMAND_FAILED;
        }
    }
    if (!found) {
        message("no interface that argos comes with has the hash %s; argos interface lists them", digits);
    }
    return found ? COMMAND_DONE : COMMAND_FAILED;
}

int command_interface(const struct command_line *line) {
    if (line->operand_count == 0) {
        return built_in_show_all(NULL, line->budget);
    }
    const char *word = line->operands[0];
    const bool is_file = strcmp(word, "-") == 0 || access(word, F_OK) == 0;
    bool found = false;
    const struct interface_text *built_in = built_in_find(bytes_from_text(word));
    if (!is_file && is_hash(word)) {
        return built_in_show_all(word, line->budget);
    }
    if (!is_file && built_in != NULL) {
        return built_in_show(built_in, "", line->budget, &found) == ERROR_NONE ? COMMAND_DONE : COMMAND_FAILED;
    }
    return file_show(word, line->budget);
}
