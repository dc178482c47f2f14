/* Finding and running tools. */
#include "platform/linux/develop/tool.h"

#include "platform/linux/message.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static bool is_program(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

/* A path of two parts; false when it is too long. */
static bool path_join(char out[PATH_MAX], const char *folder, size_t folder_size, const char *name) {
    int size = snprintf(out, PATH_MAX, "%.*s/%s", (int)folder_size, folder, name);
    return size > 0 && size < PATH_MAX;
}

/* The programs of this name in PATH, one after the other: *rest is where to go on, NULL at the end. An empty folder is the current one, as shells
   have it. */
static bool path_next(const char **rest, const char *name, char out[PATH_MAX]) {
    while (*rest != NULL) {
        const char *folder = *rest;
        size_t size = strcspn(folder, ":");
        *rest = folder[size] == ':' ? folder + size + 1 : NULL;
        if (size == 0 ? path_join(out, ".", 1, name) : path_join(out, folder, size, name)) {
            if (is_program(out)) {
                return true;
            }
        }
    }
    return false;
}

static const char *path_begin(void) {
    const char *path = getenv("PATH");
    return path == NULL ? "/usr/local/bin:/usr/bin:/bin" : path;
}

static bool has_needs(const char *program, const char *needs) {
    char real[PATH_MAX], beside[PATH_MAX];
    const char *rest = path_begin();
    if (needs == NULL) {
        return true;
    }
    if (realpath(program, real) != NULL && path_join(beside, real, (size_t)(strrchr(real, '/') - real), needs) && access(beside, F_OK) == 0) {
        return true;
    }
    return strchr(needs, '/') == NULL && path_next(&rest, needs, beside);
}

/* npm puts programs into node_modules of the folder that it is called in; they serve all folders below. */
static bool find_installed_by_npm(const char *name, const char *folder, char out[PATH_MAX]) {
    char above[PATH_MAX], inside[64];
    snprintf(inside, sizeof inside, "node_modules/.bin/%s", name);
    if (realpath(folder, above) == NULL) {
        return false;
    }
    for (char *end = above + strlen(above); end != NULL; end = strrchr(above, '/')) {
        *end = 0;
        if (path_join(out, above, strlen(above), inside) && is_program(out)) {
            return true;
        }
    }
    return false;
}

bool tool_find(const struct language *language, const char *folder, struct tool *out) {
    char candidate[PATH_MAX];
    const char *rest = path_begin();
    if (find_installed_by_npm(language->tool, folder, out->path)) {
        out->has_needs = has_needs(out->path, language->needs);
        return true;
    }
    *out = (struct tool){.has_needs = false};
    while (!out->has_needs && path_next(&rest, language->tool, candidate)) {
        bool has = has_needs(candidate, language->needs);
        if (has || out->path[0] == 0) {
            memcpy(out->path, candidate, sizeof candidate);
            out->has_needs = has;
        }
    }
    return out->path[0] != 0;
}

bool tool_run(const struct tool *tool, const char *const *words) {
    pid_t process;
    int status;
    fflush(stdout);
    /* The words are not written to: the type is older than const. */
    int error = posix_spawn(&process, tool->path, NULL, NULL, (char *const *)(uintptr_t)words, environ);
    if (error != 0) {
        message_of_file(tool->path, "it could not be started: %s", strerror(error));
        return false;
    }
    while (waitpid(process, &status, 0) < 0) {
        if (errno != EINTR) {
            message_of_file(tool->path, "its end is not known: %s", strerror(errno));
            return false;
        }
    }
    if (WIFSIGNALED(status)) {
        message_of_file(tool->path, "it was ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
