/* The help texts, made from the table of commands. */
#include "platform/linux/command.h"

#include <string.h>

static int option_width(const struct option *option) {
    return (int)strlen(option->name) + (option->argument == NULL ? 0 : 1 + (int)strlen(option->argument));
}

static void options_print(FILE *out, const struct command *command) {
    int width = 0;
    for (size_t i = 0; i < command->option_count; i++) {
        int here = option_width(&command->options[i]);
        width = here > width ? here : width;
    }
    for (size_t i = 0; i < command->option_count; i++) {
        const struct option *option = &command->options[i];
        fprintf(out, "  %s%s%s%*s  %s\n", option->name, option->argument == NULL ? "" : " ", option->argument == NULL ? "" : option->argument,
                width - option_width(option), "", option->help);
    }
}

void command_help_all(FILE *out) {
    int width = 0;
    for (size_t i = 0; i < command_count; i++) {
        int here = (int)strlen(commands[i].name);
        width = here > width ? here : width;
    }
    fprintf(out, "argos runs WebAssembly programs.\n\nUsage: argos COMMAND [OPTIONS] ...\n\nCommands:\n");
    for (size_t i = 0; i < command_count; i++) {
        fprintf(out, "  %-*s  %s\n", width, commands[i].name, commands[i].summary);
    }
    fprintf(out, "\nOptions:\n  --help     show this page\n  --version  show the version\n\nargos help COMMAND says more about one of them.\n");
}

void command_help_one(FILE *out, const struct command *command) {
    fprintf(out, "argos %s: %s\n\nUsage: argos %s [OPTIONS] %s\n\n", command->name, command->summary, command->name, command->operands);
    if (command->details[0] != 0) {
        fprintf(out, "%s\n", command->details);
    }
    fprintf(out, "Options:\n");
    options_print(out, command);
}

int command_help(const struct command_line *line) {
    if (line->operand_count == 0) {
        command_help_all(stdout);
        return COMMAND_DONE;
    }
    const struct command *command = command_find(line->operands[0]);
    if (command == NULL) {
        return command_unknown(line->operands[0]);
    }
    command_help_one(stdout, command);
    return COMMAND_DONE;
}
