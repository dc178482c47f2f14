/* argos validate: whether files are valid modules. */
#include "platform/linux/command.h"
#include "platform/linux/message.h"
#include "platform/linux/program.h"

int command_validate(const struct command_line *line) {
    int code = COMMAND_DONE;
    for (size_t i = 0; i < line->operand_count; i++) {
        const char *path = line->operands[i];
        struct program program;
        struct report report;
        report_init(&report);
        enum error error = program_read(&program, path, line->budget, &report);
        if (error == ERROR_NONE) {
            error = program_decode(&program, &report);
        }
        if (error == ERROR_NONE) {
            printf("%s: valid\n", message_file_name(path));
        } else {
            /* In the order in which the files were named, even when both streams end in one place. */
            fflush(stdout);
            message_report(path, &report);
            code = COMMAND_FAILED;
        }
        program_end(&program);
    }
    return code;
}
