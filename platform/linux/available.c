/* Available memory: /proc/meminfo, and the control groups of both versions (Linux, admin-guide/cgroup-v2.rst and
   cgroup-v1/memory.rst). All are small text files that the kernel makes as they are read. */
#include "platform/linux/available.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_SIZE 8192
#define PATH_SIZE 1024

struct group_files {
    const char *folder; /* where groups of this version are mounted */
    const char *limit;
    const char *usage;
    const char *reclaimable; /* the line of memory.stat that counts cached files, which go when memory is needed */
};

static const struct group_files group_version_1 = {"sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "};
static const struct group_files group_version_2 = {"sys/fs/cgroup", "memory.max", "memory.current", "inactive_file "};

/* False when the file is not there; text is cut to what it has room for, and zero-terminated. */
static bool text_read(const char *path, char *text, size_t size) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return false;
    }
    size_t length = 0;
    ssize_t got;
    while (length < size - 1 && (got = read(descriptor, text + length, size - 1 - length)) > 0) {
        length += (size_t)got;
    }
    text[length] = 0;
    close(descriptor);
    return length > 0;
}

/* The number behind a label that starts a line. */
static bool number_find(const char *text, const char *label, uint64_t *number) {
    size_t length = strlen(label);
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, label, length) == 0) {
            char *end;
            *number = strtoull(line + length, &end, 10);
            return end != line + length;
        }
    }
    return false;
}

static bool group_number(const char *root, const struct group_files *files, const char *group, const char *name, const char *label,
                         uint64_t *number) {
    char path[PATH_SIZE], text[TEXT_SIZE];
    int length = snprintf(path, sizeof path, "%s/%s%s/%s", root, files->folder, group, name);
    return length > 0 && (size_t)length < sizeof path && text_read(path, text, sizeof text) && number_find(text, label, number);
}

/* What one group still allows; UINT64_MAX when it sets no limit ("max") or is not to be seen from here. */
static uint64_t group_left(const char *root, const struct group_files *files, const char *group) {
    uint64_t limit, usage, reclaimable = 0;
    if (!group_number(root, files, group, files->limit, "", &limit) || !group_number(root, files, group, files->usage, "", &usage)) {
        return UINT64_MAX;
    }
    if (group_number(root, files, group, "memory.stat", files->reclaimable, &reclaimable)) {
        usage -= reclaimable < usage ? reclaimable : usage;
    }
    return limit > usage ? limit - usage : 0;
}

/* The group and all above it. */
static uint64_t groups_left(const char *root, const struct group_files *files, char *group) {
    uint64_t left = UINT64_MAX;
    for (;;) {
        char *slash = strrchr(group, '/');
        if (slash != NULL && slash[1] == 0) {
            *slash = 0;
            continue;
        }
        uint64_t here = group_left(root, files, group);
        left = here < left ? here : left;
        if (slash == NULL) {
            return left;
        }
        *slash = 0;
    }
}

/* Lines of /proc/self/cgroup are `number:controllers:/group`; version 2 has the number 0 and no controllers. */
static uint64_t control_groups_left(const char *root) {
    char path[PATH_SIZE], text[TEXT_SIZE], *rest = NULL;
    uint64_t left = UINT64_MAX;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    if (!text_read(path, text, sizeof text)) {
        return left;
    }
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        char *controllers = strchr(line, ':');
        char *group = controllers == NULL ? NULL : strchr(controllers + 1, ':');
        if (group == NULL) {
            continue;
        }
        *group++ = 0;
        bool is_version_2 = controllers[1] == 0;
        if (!is_version_2 && strcmp(controllers + 1, "memory") != 0) {
            continue;
        }
        uint64_t here = groups_left(root, is_version_2 ? &group_version_2 : &group_version_1, group);
        left = here < left ? here : left;
    }
    return left;
}

uint64_t available_bytes(const char *root) {
    char path[PATH_SIZE], text[TEXT_SIZE];
    uint64_t available = UINT64_MAX, kibibytes;
    snprintf(path, sizeof path, "%s/proc/meminfo", root);
    if (text_read(path, text, sizeof text) && number_find(text, "MemAvailable:", &kibibytes)) {
        available = kibibytes << 10;
    }
    uint64_t groups = control_groups_left(root);
    available = groups < available ? groups : available;
    if (available == UINT64_MAX) {
        available = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) / 2;
    }
    return available - available / 16;
}
