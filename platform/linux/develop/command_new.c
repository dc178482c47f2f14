/* argos new: a folder with an app to start from. */
#include "platform/linux/command.h"
#include "platform/linux/develop/language.h"
#include "platform/linux/message.h"
#include "platform/linux/nearest.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_LENGTH_MAX 64

/* It becomes the name of a folder and of a file, here and on other systems. */
static bool is_name(const char *name) {
    size_t length = 0;
    for (; name[length] != 0; length++) {
        unsigned char character = (unsigned char)name[length];
        bool is_letter = character < 0x80 && isalpha(character);
        if (!is_letter && (length == 0 || !(isdigit(character) || character == '-' || character == '_'))) {
            return false;
        }
    }
    return length > 0 && length <= NAME_LENGTH_MAX;
}

static int language_unknown(const char *name) {
    struct nearest nearest;
    char list[200] = "";
    nearest_init(&nearest, name);
    for (size_t i = 0; i < language_count; i++) {
        size_t length = strlen(list);
        nearest_offer(&nearest, languages[i].name);
        snprintf(list + length, sizeof list - length, "%s%s", i == 0 ? "" : i + 1 == language_count ? " and " : ", ", languages[i].name);
    }
    if (nearest.name != NULL) {
        message("new: there is no language %s, did you mean %s? There are %s", name, nearest.name, list);
    } else {
        message("new: there is no language %s; there are %s", name, list);
    }
    return COMMAND_USAGE;
}

static bool file_write(int folder, const char *name, const char *text) {
    size_t left = strlen(text);
    int file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    while (file >= 0 && left > 0) {
        ssize_t written = write(file, text, left);
        if (written < 0 && errno != EINTR) {
            int error = errno;
            close(file);
            errno = error;
            return false;
        }
        text += written < 0 ? 0 : written;
        left -= written < 0 ? 0 : (size_t)written;
    }
    return file >= 0 && close(file) == 0;
}

/* The language's files; those that were written before one that could not be are removed with it. */
static bool files_write(int folder, const struct language *language) {
    for (size_t i = 0; i < template_file_count; i++) {
        if (!language_has_file(language, &template_files[i]) || file_write(folder, template_files[i].name, template_files[i].text)) {
            continue;
        }
        int error = errno;
        for (size_t written = 0; written <= i; written++) {
            if (language_has_file(language, &template_files[written])) {
                unlinkat(folder, template_files[written].name, 0);
            }
        }
        errno = error;
        return false;
    }
    return true;
}

static int app_create(const struct language *language, const char *name) {
    if (mkdir(name, 0777) != 0) {
        message_of_file(name, "%s%s",
                        errno == EEXIST ? "there is something of that name already" : "it cannot be made: ", errno == EEXIST ? "" : strerror(errno));
        return COMMAND_FAILED;
    }
    int folder = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_done = folder >= 0 && files_write(folder, language);
    int error = errno;
    if (folder >= 0) {
        close(folder);
    }
    if (!is_done) {
        rmdir(name);
        message_of_file(name, "it cannot be written: %s", strerror(error));
        return COMMAND_FAILED;
    }
    for (size_t i = 0; i < template_file_count; i++) {
        if (language_has_file(language, &template_files[i])) {
            printf("%s/%s\n", name, template_files[i].name);
        }
    }
    printf("Next: argos build %s && argos run %s/%s.wasm\n", name, name, name);
    return COMMAND_DONE;
}

int command_new(const struct command_line *line) {
    if (line->operand_count < 2) {
        message("new: a language or a name is missing; write argos new %s", line->command->operands);
        return COMMAND_USAGE;
    }
    const struct language *language = language_find(line->operands[0]);
    const char *name = line->operands[1];
    if (language == NULL) {
        return language_unknown(line->operands[0]);
    }
    if (!is_name(name)) {
        message("new: '%s' cannot be an app's name; it takes a letter, then letters, digits, - and _, %d at most", name, NAME_LENGTH_MAX);
        return COMMAND_USAGE;
    }
    return app_create(language, name);
}
