/* Reading a command line against the table of options. */
#include "platform/linux/command.h"
#include "platform/linux/message.h"
#include "platform/linux/nearest.h"

#include <string.h>

/* The words that are still to be read. */
struct words {
    char **at;
    size_t left;
};

static const struct option *option_find(const struct command *command, const char *name, size_t length) {
    for (size_t i = 0; i < command->option_count; i++) {
        const struct option *option = &command->options[i];
        if (strlen(option->name) == length && memcmp(option->name, name, length) == 0) {
            return option;
        }
    }
    return NULL;
}

static enum command_exit option_unknown(const struct command *command, const char *name, size_t length) {
    struct nearest nearest;
    char text[64];
    snprintf(text, sizeof text, "%.*s", (int)(length < sizeof text ? length : sizeof text - 1), name);
    nearest_init(&nearest, text);
    for (size_t i = 0; i < command->option_count; i++) {
        nearest_offer(&nearest, command->options[i].name);
    }
    if (nearest.name != NULL) {
        message("%s: there is no option %s, did you mean %s? argos %s --help lists them", command->name, text, nearest.name, command->name);
    } else {
        message("%s: there is no option %s; argos %s --help lists them", command->name, text, command->name);
    }
    return COMMAND_USAGE;
}

/* One option, whose argument is behind '=' or is the next word. */
static enum command_exit option_read(struct command_line *line, struct words *words) {
    const struct command *command = line->command;
    char *word = *words->at;
    words->at++;
    words->left--;
    if (strcmp(word, "-h") == 0) {
        line->help = true;
        return COMMAND_DONE;
    }
    size_t length = strcspn(word, "=");
    const struct option *option = option_find(command, word, length);
    if (option == NULL) {
        return option_unknown(command, word, length);
    }
    const char *argument = word[length] == '=' ? word + length + 1 : NULL;
    if (option->argument == NULL && argument != NULL) {
        message("%s: %s takes no argument; leave out %s", command->name, option->name, word + length);
        return COMMAND_USAGE;
    }
    if (option->argument != NULL && argument == NULL) {
        if (words->left == 0) {
            message("%s: %s needs an argument: %s", command->name, option->name, option->expects);
            return COMMAND_USAGE;
        }
        argument = *words->at++;
        words->left--;
    }
    if (!option->set(line, argument)) {
        message("%s: %s cannot be '%s'; it takes %s", command->name, option->name, argument, option->expects);
        return COMMAND_USAGE;
    }
    return COMMAND_DONE;
}

static enum command_exit operands_check(const struct command_line *line) {
    const struct command *command = line->command;
    if (line->operand_count < command->operand_count_min) {
        message("%s: a file is missing; write argos %s %s", command->name, command->name, command->operands);
        return COMMAND_USAGE;
    }
    if (line->operand_count > command->operand_count_max) {
        message("%s: %s is one word too many; write argos %s %s", command->name, line->operands[command->operand_count_max], command->name,
                command->operands);
        return COMMAND_USAGE;
    }
    return COMMAND_DONE;
}

enum command_exit command_line_parse(const struct command *command, struct budget *budget, int count, char **all_words, struct command_line *line) {
    *line = (struct command_line){
        .command = command,
        .budget = budget,
        .memory_bytes = BUDGET_UNLIMITED,
        .compile = true,
        .timeout_ns = UINT64_MAX,
        .operands = all_words,
        .capacity = (size_t)count,
    };
    line->environment = budget_allocate_zeroed(budget, 3 * (line->capacity + 1), sizeof *line->environment);
    if (line->environment == NULL) {
        message("there is no memory for the command line");
        return COMMAND_USAGE;
    }
    line->grants = line->environment + line->capacity + 1;
    line->wraps = line->grants + line->capacity + 1;
    struct words words = {.at = all_words, .left = (size_t)count};
    bool options_ended = false;
    while (words.left > 0) {
        char *word = *words.at;
        bool is_option = !options_ended && word[0] == '-' && word[1] != 0;
        if (is_option && strcmp(word, "--") != 0) {
            enum command_exit code = option_read(line, &words);
            if (code != COMMAND_DONE || line->help) {
                return code;
            }
            continue;
        }
        if (!is_option) {
            /* Operands move to the front, over words that were read before. */
            line->operands[line->operand_count++] = word;
        }
        options_ended = options_ended || is_option || command->operands_end_options;
        words.at++;
        words.left--;
    }
    return operands_check(line);
}

void command_line_end(struct command_line *line) {
    if (line->environment != NULL) {
        budget_release(line->budget, line->environment, 3 * (line->capacity + 1) * sizeof *line->environment);
    }
    *line = (struct command_line){0};
}
