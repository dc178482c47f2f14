/* argos, the command: finds the command that is meant, and lets it work. */
#include "platform/linux/available.h"
#include "platform/linux/command.h"
#include "platform/linux/memory.h"
#include "platform/linux/message.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define VERSION "0.1.0"

/* A process may be started with one of the first three descriptors closed. A file that is opened later would then take
   its number, and be written to as if it were standard output. */
static void descriptors_fill(void) {
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
        if (fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", O_RDWR) != descriptor) {
            _exit(COMMAND_HOST);
        }
    }
}

static int command_start(const struct command *command, struct budget *budget, int count, char **words) {
    struct command_line line;
    int code = command_line_parse(command, budget, count, words, &line);
    if (code == COMMAND_DONE && line.help) {
        command_help_one(stdout, command);
    } else if (code == COMMAND_DONE) {
        code = command->run(&line);
    }
    command_line_end(&line);
    return code;
}

static int dispatch(struct budget *budget, int count, char **words) {
    if (count == 0) {
        command_help_all(stderr);
        return COMMAND_USAGE;
    }
    if (strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0) {
        command_help_all(stdout);
        return COMMAND_DONE;
    }
    if (strcmp(words[0], "--version") == 0) {
        printf("argos " VERSION "\n");
        return COMMAND_DONE;
    }
    const struct command *command = command_find(words[0]);
    if (command == NULL) {
        return command_unknown(words[0]);
    }
    return command_start(command, budget, count - 1, words + 1);
}

int main(int argc, char **argv) {
    struct budget budget;
    descriptors_fill();
    budget_init_root(&budget, linux_memory(), available_bytes(""));
    int code = argc > 0 ? dispatch(&budget, argc - 1, argv + 1) : COMMAND_USAGE;
    budget_end(&budget);
    /* What a command printed is only done when it has arrived. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        message("standard output cannot be written: %s", strerror(errno));
        return code == COMMAND_DONE ? COMMAND_FAILED : code;
    }
    return code;
}
