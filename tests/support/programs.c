/* The folder of real programs, module by module. */
#include "tests/support/programs.h"

#include "platform/linux/host.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The counting source of the tests costs more than what is measured on programs. */
static void *memory_take(void *context, size_t size) {
    (void)context;
    return aligned_alloc(16, (size + 15) / 16 * 16);
}

static void memory_give(void *context, void *block, size_t size) {
    (void)context;
    (void)size;
    free(block);
}

static const struct memory_source memory = {.take = memory_take, .give = memory_give};

static void fail(const char *path, const char *text) {
    fprintf(stderr, "%s: %s\n", path, text);
    exit(1);
}

static struct bytes file_read(const char *path) {
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    size_t size = 0;
    if (file != NULL && fseek(file, 0, SEEK_END) == 0) {
        size = (size_t)ftell(file);
        rewind(file);
        data = malloc(size + 1);
    }
    if (data == NULL || fread(data, 1, size, file) != size) {
        fail(path, "cannot be read");
    }
    fclose(file);
    return (struct bytes){.data = data, .size = size};
}

static void program_visit(const char *path, const char *name, void (*visit)(void *, const struct program_visited *), void *context) {
    struct wasm_host host;
    struct budget budget;
    struct report report;
    struct program_visited program = {.name = name, .budget = &budget};
    struct bytes bytes = file_read(path);
    report_init(&report);
    budget_init_root(&budget, &memory, BUDGET_UNLIMITED);
    if (host_create(&host) != ERROR_NONE || wasm_engine_create(&host, &budget, &program.engine) != ERROR_NONE) {
        fail(path, "there is no engine");
    }
    if (wasm_module_create(program.engine, &budget, bytes, &report, &program.module) != ERROR_NONE) {
        fail(path, report.text);
    }
    visit(context, &program);
    wasm_module_destroy(program.module);
    wasm_engine_destroy(program.engine);
    budget_end(&budget);
    free((void *)(uintptr_t)bytes.data);
}

static void folder_find(char *out, size_t size) {
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (getenv("PROGRAMS") != NULL) {
        snprintf(out, size, "%s", getenv("PROGRAMS"));
    } else if (cache != NULL) {
        snprintf(out, size, "%s/argos-programs", cache);
    } else {
        snprintf(out, size, "%s/.cache/argos-programs", home != NULL ? home : "/tmp");
    }
}

uint32_t programs_visit(void (*visit)(void *, const struct program_visited *), void *context) {
    char folder[512], path[1024];
    uint32_t count = 0;
    folder_find(folder, sizeof folder);
    DIR *entries = opendir(folder);
    for (struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
        const char *ending = strrchr(entry->d_name, '.');
        if (ending == NULL || strcmp(ending, ".wasm") != 0) {
            continue;
        }
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        program_visit(path, entry->d_name, visit, context);
        count++;
    }
    if (entries != NULL) {
        closedir(entries);
    }
    return count;
}
