/* The file that perf looks for: its name is known before, so somebody may have been there first. */
#include "platform/linux/debug/perf_map.h"

#include "platform/linux/message.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_SIZE 512

static int file_make(const char *path) {
    return open(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0600);
}

/* What a process of ours with the same number has left may go; anything of others, or of another kind, stays. */
static bool remainder_remove(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() && unlink(path) == 0;
}

FILE *perf_map_open(void) {
    char path[64];
    snprintf(path, sizeof path, "/tmp/perf-%jd.map", (intmax_t)getpid());
    int descriptor = file_make(path);
    if (descriptor < 0 && errno == EEXIST && remainder_remove(path)) {
        descriptor = file_make(path);
    }
    FILE *map = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
    if (map == NULL) {
        message("%s cannot be made for perf: %s", path, strerror(errno));
        if (descriptor >= 0) {
            close(descriptor);
        }
    }
    return map;
}

void perf_map_add(FILE *map, const struct function_names *names, const struct wasm_module *module, uint32_t number, uint32_t count) {
    struct wasm_code code;
    for (uint32_t i = number; i < number + count && wasm_module_code(module, i, &code); i++) {
        char name[NAME_SIZE];
        fprintf(map, "%" PRIxPTR " %" PRIx32 " %s\n", (uintptr_t)code.start, code.size,
                function_name_text(names, code.function_index, name, sizeof name));
    }
    fflush(map);
}
