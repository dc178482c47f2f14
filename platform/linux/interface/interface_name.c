/* Names of interfaces. */
#include "platform/linux/interface/interface_name.h"

#include "platform/linux/interface/reading.h"
#include "platform/linux/message.h"
#include "platform/linux/nearest.h"

#include <stdio.h>
#include <string.h>

#define WORD_SIZE   512
#define HASH_DIGITS (2 * SHA256_SIZE)

static bool name_take(struct wit_interface *interface, struct interface_name *out) {
    const struct bytes name = wit_interface_name(interface);
    snprintf(out->name, sizeof out->name, "%.*s", (int)name.size, (const char *)name.data);
    return wit_interface_hash(interface, out->hash) == ERROR_NONE;
}

static bool built_in_take(struct budget *budget, size_t index, struct interface_name *out) {
    struct reading reading;
    struct wit_problem problem;
    enum error error = reading_of_built_in(&reading, budget, index, &problem);
    bool is_taken = error == ERROR_NONE && name_take(wit_interface_find(reading.wit, bytes_from_text(built_in_name(index))), out);
    reading_end(&reading);
    return is_taken;
}

static bool file_take(struct budget *budget, const char *path, bool says, struct interface_name *out) {
    struct reading reading;
    struct wit_problem problem;
    enum error error = reading_of_file(&reading, budget, path, &problem);
    bool is_one = error == ERROR_NONE && wit_interface_count(reading.wit) == 1;
    if (says && error != ERROR_NONE) {
        reading_problem_print(path, &problem);
    } else if (says && !is_one) {
        message_of_file(path, "it has %u interfaces, and one is meant", wit_interface_count(reading.wit));
    }
    bool is_taken = is_one && name_take(wit_interface_at(reading.wit, 0), out);
    reading_end(&reading);
    return is_taken;
}

static uint8_t digit_value(char digit) {
    return (uint8_t)(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
}

static bool hash_take(struct budget *budget, const char *digits, struct interface_name *out) {
    for (size_t index = 0; built_in_name(index) != NULL; index++) {
        if (built_in_take(budget, index, out) && reading_hash_starts(out->hash, digits)) {
            return true;
        }
    }
    for (size_t index = 0; index < SHA256_SIZE && strlen(digits) == HASH_DIGITS; index++) {
        out->hash[index] = (uint8_t)(digit_value(digits[2 * index]) << 4 | digit_value(digits[2 * index + 1]));
    }
    snprintf(out->name, sizeof out->name, "%.8s", digits);
    return strlen(digits) == HASH_DIGITS;
}

static void say_unknown(const char *word) {
    struct nearest nearest;
    nearest_init(&nearest, word);
    for (size_t index = 0; built_in_name(index) != NULL; index++) {
        nearest_offer(&nearest, built_in_name(index));
    }
    if (nearest.name != NULL) {
        message("there is no interface %s, did you mean %s? argos interface lists them", word, nearest.name);
    } else {
        message("there is no interface %s; argos interface lists them, and a file of one ends in .wit", word);
    }
}

bool interface_name_find(struct budget *budget, struct bytes text, bool says, struct interface_name *out) {
    char word[WORD_SIZE];
    snprintf(word, sizeof word, "%.*s", (int)text.size, (const char *)text.data);
    size_t length = strlen(word), index = built_in_find(bytes_from_text(word));
    if (index != BUILT_IN_NONE) {
        return built_in_take(budget, index, out);
    }
    if (strchr(word, '/') != NULL || (length > 4 && strcmp(word + length - 4, ".wit") == 0)) {
        return file_take(budget, word, says, out);
    }
    if (reading_is_hash(word) && hash_take(budget, word, out)) {
        return true;
    }
    if (says) {
        say_unknown(word);
    }
    return false;
}
