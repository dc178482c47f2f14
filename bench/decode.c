/* Decodes and validates one file RUNS times and prints the best: `decode FILE [RUNS]`. Uses the engine's public header
   alone, with a host that is never asked for anything, since no store is made. */
#include "wasm/wasm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void *block_take(void *context, size_t size) {
    (void)context;
    return malloc(size);
}

static void block_give(void *context, void *block, size_t size) {
    (void)context;
    (void)size;
    free(block);
}

static uint8_t *file_read(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        return NULL;
    }
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *data = malloc(*size + 1);
    if (data == NULL || fread(data, 1, *size, file) != *size) {
        return NULL;
    }
    fclose(file);
    return data;
}

static double cpu_seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Seconds of one pass over the bytes, or a negative number when the module was refused. */
static double decode_once(struct wasm_engine *engine, struct budget *budget, struct bytes bytes) {
    struct report report;
    struct wasm_module *module;
    report_init(&report);
    double start = cpu_seconds();
    if (wasm_module_create(engine, budget, bytes, &report, &module) != ERROR_NONE) {
        fprintf(stderr, "decode: 0x%llx: %s\n", (unsigned long long)report.offset, report.text);
        return -1.0;
    }
    double seconds = cpu_seconds() - start;
    wasm_module_destroy(module);
    return seconds;
}

int main(int argc, char **argv) {
    static const struct memory_source source = {.take = block_take, .give = block_give};
    static const struct wasm_host host = {.page_size = 4096};
    struct budget budget;
    struct wasm_engine *engine;
    struct bytes bytes = {0};
    uint8_t *data = argc > 1 ? file_read(argv[1], &bytes.size) : NULL;
    int runs = argc > 2 ? atoi(argv[2]) : 5;
    if (data == NULL) {
        fprintf(stderr, "usage: decode FILE [RUNS]: the file must be readable\n");
        return 2;
    }
    bytes.data = data;
    budget_init_root(&budget, &source, BUDGET_UNLIMITED);
    if (wasm_engine_create(&host, &budget, &engine) != ERROR_NONE) {
        fprintf(stderr, "decode: the engine was not made\n");
        return 1;
    }
    double best = 0.0;
    for (int run = 0; run < runs; run++) {
        double seconds = decode_once(engine, &budget, bytes);
        if (seconds < 0.0) {
            return 1;
        }
        best = run == 0 || seconds < best ? seconds : best;
    }
    printf("%.1f MB, best of %d: %.1f ms, %.1f MB/s, peak %.1f MB of memory\n", (double)bytes.size / 1e6, runs, best * 1e3,
           (double)bytes.size / 1e6 / best, (double)budget.peak_bytes / 1e6);
    wasm_engine_destroy(engine);
    budget_end(&budget);
    free(data);
    return 0;
}
