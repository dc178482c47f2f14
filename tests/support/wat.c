/* Runs wat2wasm over a temporary file. */
#include "tests/support/wat.h"
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void file_write(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    ASSERT(file != NULL);
    ASSERT(fputs(text, file) >= 0);
    ASSERT(fclose(file) == 0);
}

static struct bytes file_read(const char *path) {
    FILE *file = fopen(path, "rb");
    ASSERT(file != NULL && fseek(file, 0, SEEK_END) == 0);
    long size = ftell(file);
    ASSERT(size > 0 && fseek(file, 0, SEEK_SET) == 0);
    uint8_t *data = malloc((size_t)size);
    ASSERT(data != NULL && fread(data, 1, (size_t)size, file) == (size_t)size);
    fclose(file);
    return (struct bytes){data, (size_t)size};
}

struct bytes support_wat(const char *text) {
    char folder[] = "/tmp/argos-wat-XXXXXX", wat[64], wasm[64], command[192];
    ASSERT(mkdtemp(folder) != NULL);
    snprintf(wat, sizeof wat, "%s/module.wat", folder);
    snprintf(wasm, sizeof wasm, "%s/module.wasm", folder);
    snprintf(command, sizeof command, "wat2wasm --enable-all --debug-names %s -o %s", wat, wasm);
    file_write(wat, text);
    ASSERT(system(command) == 0);
    struct bytes bytes = file_read(wasm);
    unlink(wat);
    unlink(wasm);
    rmdir(folder);
    return bytes;
}

void support_wat_release(struct bytes module) {
    free((void *)module.data);
}
