/* Runs commands and says what each one cost: the benchmark's stopwatch.

   driver [-n RUNS] [-o FILE] [-t SECONDS] [-x FOLDER] COMMAND...
     Runs the command RUNS times (1 unless told) and prints one line: minimum user CPU ms, minimum wall ms, median wall ms,
     peak resident set in KiB, median wall ms to the first byte of output. The command's output goes to FILE (of the last run), or
     nowhere. FOLDER is removed before each run.
   driver -c KEY...
     The same with several commands interleaved: every KEY is a file of one argument a line, and one line is printed for
     each. In every round each command runs once, so that a slow moment of the machine meets them all. Output goes to
     FILE.0, FILE.1 and so on.

   A command that does not exit with 0, or outlives the time limit, ends the driver with 1 and a line on standard error. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS_MAX = 8, ARGUMENTS_MAX = 64, RUNS_MAX = 1000, LINE_MAX_SIZE = 4096 };

struct command {
    uint32_t number;
    char *arguments[ARGUMENTS_MAX + 1];
    double wall_ms[RUNS_MAX];
    double first_ms[RUNS_MAX];
    double user_ms_min;
    long resident_kib_max;
};

struct options {
    uint32_t runs;
    uint32_t limit_s;
    const char *output;
    const char *removed;
    int from_files;
};

static double now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static int output_open(const struct command *command, const struct options *options) {
    char path[LINE_MAX_SIZE];
    snprintf(path, sizeof path, "%s", options->output != NULL ? options->output : "/dev/null");
    if (options->output != NULL && options->from_files) {
        snprintf(path, sizeof path, "%s.%u", options->output, command->number);
    }
    return open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
}

static void child_run(const struct command *command, const struct options *options, int out) {
    int in = open("/dev/null", O_RDONLY);
    if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0) {
        _exit(127);
    }
    alarm(options->limit_s); /* survives exec, and ends what never ends */
    execvp(command->arguments[0], command->arguments);
    fprintf(stderr, "driver: %s: %s\n", command->arguments[0], strerror(errno));
    _exit(127);
}

/* What the child writes, up to its end. When the first byte came, or 0. */
static double output_copy(int from, int to) {
    char part[65536];
    double first_ms = 0;
    ssize_t size;
    while ((size = read(from, part, sizeof part)) > 0) {
        first_ms = first_ms != 0 ? first_ms : now_ms();
        if (write(to, part, (size_t)size) != size) {
            break;
        }
    }
    return first_ms;
}

static void folder_remove(const char *folder) {
    pid_t child = fork();
    if (child == 0) {
        execlp("rm", "rm", "-rf", "--", folder, (char *)NULL);
        _exit(127);
    }
    waitpid(child, NULL, 0);
}

/* One run. False when the command failed. */
static int command_run(struct command *command, const struct options *options, uint32_t round) {
    int ends[2], output = output_open(command, options);
    if (options->removed != NULL) {
        folder_remove(options->removed);
    }
    if (output < 0 || pipe2(ends, O_CLOEXEC) != 0) {
        perror("driver");
        return 0;
    }
    double start_ms = now_ms();
    pid_t child = fork();
    if (child == 0) {
        child_run(command, options, ends[1]);
    }
    close(ends[1]);
    double first_ms = output_copy(ends[0], output);
    close(ends[0]);
    close(output);
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        perror("driver");
        return 0;
    }
    command->wall_ms[round] = now_ms() - start_ms;
    command->first_ms[round] = first_ms != 0 ? first_ms - start_ms : command->wall_ms[round];
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        const char *how = WIFEXITED(status) ? "exit code" : WTERMSIG(status) == SIGALRM ? "time limit, signal" : "signal";
        fprintf(stderr, "driver: %s: %s %d\n", command->arguments[0], how, WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
        return 0;
    }
    double user_ms = (double)usage.ru_utime.tv_sec * 1e3 + (double)usage.ru_utime.tv_usec / 1e3;
    if (round == 0 || user_ms < command->user_ms_min) {
        command->user_ms_min = user_ms;
    }
    if (usage.ru_maxrss > command->resident_kib_max) {
        command->resident_kib_max = usage.ru_maxrss;
    }
    return 1;
}

static int compare_times(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

static void command_print(struct command *command, uint32_t runs) {
    qsort(command->wall_ms, runs, sizeof command->wall_ms[0], compare_times);
    qsort(command->first_ms, runs, sizeof command->first_ms[0], compare_times);
    printf("%.2f %.2f %.2f %ld %.2f\n", command->user_ms_min, command->wall_ms[0], command->wall_ms[runs / 2], command->resident_kib_max,
           command->first_ms[runs / 2]);
}

/* Arguments from a file, one a line. False when it cannot be read or holds too many. */
static int command_read(struct command *command, const char *path) {
    char line[LINE_MAX_SIZE];
    int count = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        return 0;
    }
    while (count < ARGUMENTS_MAX && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = 0;
        command->arguments[count++] = strdup(line);
    }
    fclose(file);
    command->arguments[count] = NULL;
    return count > 0;
}

static int options_parse(int argc, char **argv, struct options *options) {
    int option;
    while ((option = getopt(argc, argv, "+n:o:t:x:c")) != -1) {
        switch (option) {
        case 'n': options->runs = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'o': options->output = optarg; break;
        case 't': options->limit_s = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 'x': options->removed = optarg; break;
        case 'c': options->from_files = 1; break;
        default: return 0;
        }
    }
    return optind < argc && argc - optind <= ARGUMENTS_MAX && options->runs >= 1 && options->runs <= RUNS_MAX;
}

int main(int argc, char **argv) {
    static struct command commands[COMMANDS_MAX];
    struct options options = {.runs = 1, .limit_s = 600};
    int count = 0;
    if (!options_parse(argc, argv, &options)) {
        fprintf(stderr, "usage: driver [-n RUNS] [-o FILE] [-t SECONDS] [-x FOLDER] COMMAND... | -c FILE...\n");
        return 2;
    }
    if (options.from_files) {
        for (; count < argc - optind && count < COMMANDS_MAX; count++) {
            commands[count].number = (uint32_t)count;
            if (!command_read(&commands[count], argv[optind + count])) {
                return 2;
            }
        }
    } else {
        memcpy(commands[count++].arguments, argv + optind, sizeof *argv * (size_t)(argc - optind));
    }
    for (uint32_t round = 0; round < options.runs; round++) {
        for (int i = 0; i < count; i++) {
            if (!command_run(&commands[i], &options, round)) {
                return 1;
            }
        }
    }
    for (int i = 0; i < count; i++) {
        command_print(&commands[i], options.runs);
    }
    return 0;
}
