/* fork, exec, wait4. One child at a time. */
#include "tests/adversarial/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* For the signal handler, which has no context: the child that runs, and whether it was killed for its time. */
static volatile pid_t child;
static volatile sig_atomic_t child_killed;

static void child_kill(int number) {
    (void)number;
    child_killed = 1;
    kill(child, SIGKILL);
}

static double now_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void redirect(int target, const char *path, int flags) {
    int file = open(path, flags, 0600);
    if (file < 0 || dup2(file, target) < 0) {
        _exit(99);
    }
    close(file);
}

static _Noreturn void child_run(const char *const *command, const char *output, const char *message) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    redirect(0, "/dev/null", O_RDONLY);
    redirect(1, output, O_WRONLY | O_CREAT | O_TRUNC);
    redirect(2, message, O_WRONLY | O_CREAT | O_TRUNC);
    execv(command[0], (char *const *)command);
    _exit(99);
}

static void child_wait(struct process *out) {
    int status = 0;
    struct rusage usage = {0};
    while (wait4(child, &status, 0, &usage) != child) {
    }
    out->too_long = child_killed;
    out->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    out->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    out->peak_bytes = (uint64_t)usage.ru_maxrss * 1024;
}

void process_run(const char *const *command, unsigned seconds_max, const char *folder, struct process *out) {
    char output[512], message[512];
    struct sigaction action = {.sa_handler = child_kill};
    double start = now_seconds();
    *out = (struct process){0};
    snprintf(output, sizeof(output), "%s/output", folder);
    snprintf(message, sizeof(message), "%s/message", folder);
    fflush(stdout);
    sigaction(SIGALRM, &action, NULL);
    child_killed = 0;
    child = fork();
    if (child == 0) {
        child_run(command, output, message);
    }
    if (child < 0) {
        perror("adversarial: fork");
        exit(1);
    }
    alarm(seconds_max);
    child_wait(out);
    alarm(0);
    out->seconds = now_seconds() - start;
    buffer_read(&out->output, output);
    buffer_read(&out->message, message);
    buffer_byte(&out->output, 0);
    buffer_byte(&out->message, 0);
    out->output.size--;
    out->message.size--;
}

void process_end(struct process *process) {
    buffer_end(&process->output);
    buffer_end(&process->message);
}

bool text_is_clean(const struct buffer *text) {
    for (size_t i = 0; i < text->size; i++) {
        uint8_t byte = text->data[i];
        if (byte != '\n' && (byte < 0x20 || byte >= 0x7F)) {
            return false;
        }
    }
    return text->size == 0 || text->data[text->size - 1] == '\n';
}

size_t text_line_count(const struct buffer *text) {
    size_t count = 0;
    for (size_t i = 0; i < text->size; i++) {
        count += text->data[i] == '\n';
    }
    return count;
}
