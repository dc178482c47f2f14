/* `loader` from a folder: the files in it whose names end in .wasm, each looked at until one has the hash. Who asks need not trust it, and it need
   not remember anything. */
#include "base/sha256.h"
#include "interfaces/loader.h"
#include "kernel/native.h"
#include "platform/linux/file.h"
#include "platform/linux/system/services.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define FILES_MAX   10000
#define PROGRAM_MAX ((size_t)64 << 20)
#define PATH_SIZE   4096

struct loader_service {
    struct services *services;
    struct file file; /* that was given last */
};

static bool is_program(const char *name) {
    size_t length = strlen(name);
    return length > 5 && strcmp(name + length - 5, ".wasm") == 0;
}

/* Whether the file is the program. */
static bool file_is(struct loader_service *loader, const char *name, const uint8_t *wanted) {
    char path[PATH_SIZE];
    uint8_t digest[SHA256_SIZE];
    file_release(&loader->file);
    loader->file = (struct file){0};
    if (snprintf(path, sizeof path, "%s/%s", loader->services->loader_folder, name) >= (int)sizeof path) {
        return false;
    }
    if (file_read(path, PROGRAM_MAX, loader->services->budget, NULL, &loader->file) != ERROR_NONE) {
        loader->file = (struct file){0};
        return false;
    }
    sha256(loader->file.bytes, digest);
    return memcmp(digest, wanted, sizeof digest) == 0;
}

static int32_t loader_load(void *self, const struct wire_call *call, const struct loader_load_arguments *arguments,
                           struct loader_bytes_or_error *result) {
    struct loader_service *loader = self;
    const struct dirent *entry;
    DIR *folder = opendir(loader->services->loader_folder);
    bool is_found = false;
    (void)call;
    for (uint32_t count = 0; folder != NULL && !is_found && count < FILES_MAX && (entry = readdir(folder)) != NULL; count++) {
        is_found = is_program(entry->d_name) && file_is(loader, entry->d_name, (const uint8_t *)&arguments->program);
    }
    *result = (struct loader_bytes_or_error){.is_error = !is_found};
    if (is_found) {
        result->ok = (struct wire_bytes){loader->file.bytes.data, (uint32_t)loader->file.bytes.size};
    } else {
        result->error = folder != NULL ? LOADER_ERROR_UNKNOWN : LOADER_ERROR_FAILED;
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return 0;
}

static const struct loader_handler handler = {.load = loader_load};

static void loader_receive(void *self, const struct native_request *native) {
    const struct loader_service *loader = self;
    struct native_work work;
    native_begin(&work, native);
    if (loader_dispatch(&handler, self, &work.request, &work.answer) == 0) {
        native_end(loader->services->kernel, &work);
    }
}

enum error loader_service_create(struct services *services, struct service **out, void **self) {
    static const uint8_t hash[] = LOADER_HASH;
    struct loader_service *loader = budget_allocate_zeroed(services->budget, 1, sizeof *loader);
    if (loader == NULL) {
        return ERROR_NO_MEMORY;
    }
    loader->services = services;
    *self = loader;
    return service_create(services->kernel, hash, loader_receive, loader, out);
}

void loader_service_destroy(void *self) {
    struct loader_service *loader = self;
    file_release(&loader->file);
    budget_release(loader->services->budget, loader, sizeof *loader);
}
