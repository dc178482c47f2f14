/* argos interface: what an interface is made of, and how it is called. */
#include "platform/linux/command.h"
#include "platform/linux/interface/reading.h"
#include "platform/linux/message.h"

#include <string.h>
#include <unistd.h>

/* ---- Printing ---- */

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
    enum error error = reading_of_file(&reading, budget, path, &problem);
    if (error == ERROR_NONE) {
        error = interfaces_print(reading.wit, &problem);
    }
    if (error != ERROR_NONE) {
        reading_problem_print(path, &problem);
    }
    reading_end(&reading);
    return error == ERROR_NONE ? COMMAND_DONE : COMMAND_FAILED;
}

/* Shows one that is built in, if its hash starts with the digits; lists it, for digits of NULL. */
static enum error built_in_show(size_t index, const char *digits, struct budget *budget, bool *found) {
    struct reading reading;
    struct wit_problem problem;
    uint8_t digest[SHA256_SIZE];
    enum error error = reading_of_built_in(&reading, budget, index, &problem);
    struct wit_interface *interface = error == ERROR_NONE ? wit_interface_find(reading.wit, bytes_from_text(built_in_name(index))) : NULL;
    if (error == ERROR_NONE) {
        error = wit_interface_hash(interface, digest);
    }
    if (error == ERROR_NONE && digits == NULL) {
        hash_print(digest);
        printf("  %s\n", built_in_name(index));
    } else if (error == ERROR_NONE && reading_hash_starts(digest, digits)) {
        *found = true;
        error = interface_print(interface, &problem);
    }
    if (error != ERROR_NONE) {
        reading_problem_print(built_in_name(index), &problem);
    }
    reading_end(&reading);
    return error;
}

static int built_in_show_all(const char *digits, struct budget *budget) {
    bool found = digits == NULL;
    for (size_t i = 0; built_in_name(i) != NULL; i++) {
        if (built_in_show(i, digits, budget, &found) != ERROR_NONE) {
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
    const size_t built_in = built_in_find(bytes_from_text(word));
    if (!is_file && reading_is_hash(word)) {
        return built_in_show_all(word, line->budget);
    }
    if (!is_file && built_in != BUILT_IN_NONE) {
        return built_in_show(built_in, "", line->budget, &found) == ERROR_NONE ? COMMAND_DONE : COMMAND_FAILED;
    }
    return file_show(word, line->budget);
}
