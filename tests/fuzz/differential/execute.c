/* Runs modules in our engine and prints what can be seen of them, in the very form that execute.mjs prints for V8:
   `execute FILE...`. Each file runs in a process of its own, so that a crash or a hang of one is a line of its output. */
#include "base/budget.h"
#include "platform/linux/host.h"
#include "tests/support/support.h"
#include "wasm/wasm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { VALUES_MAX = 64, SECONDS_MAX = 20 };

/* How modules are run. */
struct way {
    bool compile; /* else interpreted */
    bool check_bounds;
    bool offsets; /* print a trap's frames, too: V8's output has no such thing */
};

struct run {
    const struct way *way;
    struct wasm_store *store;
    const struct wasm_module *module;
    struct wasm_instance *instance;
    struct wasm_memory *memory;   /* the exported one, or NULL */
    struct wasm_function *refill; /* binaryen's limit on loops, or NULL */
};

static void value_print(uint8_t type, const union wasm_value *value) {
    switch (type) {
    case WASM_I32: printf(" i32:%08x", value->i32); break;
    case WASM_I64: printf(" i64:%016llx", (unsigned long long)value->i64); break;
    case WASM_F32:
        if ((value->i32 & 0x7FFFFFFFu) > 0x7F800000u) {
            printf(" f32:nan");
        } else {
            printf(" f32:%08x", value->i32);
        }
        break;
    case WASM_F64:
        if ((value->i64 & 0x7FFFFFFFFFFFFFFFu) > 0x7FF0000000000000u) {
            printf(" f64:nan");
        } else {
            printf(" f64:%016llx", (unsigned long long)value->i64);
        }
        break;
    case WASM_V128:
        printf(" i64:%016llx i64:%016llx", (unsigned long long)bytes_load_u64(value->v128), (unsigned long long)bytes_load_u64(value->v128 + 8));
        break;
    default: printf(" %s:%s", type == WASM_FUNCREF ? "funcref" : "externref", value->reference == NULL ? "null" : "set"); break;
    }
}

/* The same table stands in execute.mjs. */
static void value_give(uint8_t type, uint32_t index, union wasm_value *out) {
    static const uint32_t words[8] = {0, 1, 0xFFFFFFFFu, 0x80000000u, 0x7FFFFFFFu, 42, 0xFFFFC, 0x10000};
    static const uint64_t longs[8] = {0, 1, UINT64_MAX, 1ull << 63, INT64_MAX, 42, 0xFFFFC, 1ull << 32};
    static const float floats[8] = {0.0f, -0.0f, 1.5f, -2.25f, 1.0f / 0.0f, 0.0f, 1e10f, 0x1p-149f};
    static const double doubles[8] = {0.0, -0.0, 1.5, -2.25, -1.0 / 0.0, 0.0, 1e19, 0x1p-1074};
    enum { NAN_INDEX = 5 };
    memset(out, 0, sizeof *out);
    switch (type) {
    case WASM_I32: out->i32 = words[index]; break;
    case WASM_I64: out->i64 = longs[index]; break;
    case WASM_F32:
        out->f32 = floats[index];
        if (index == NAN_INDEX) {
            out->i32 = 0x7FC00000u;
        }
        break;
    case WASM_F64:
        out->f64 = doubles[index];
        if (index == NAN_INDEX) {
            out->i64 = 0x7FF8000000000000u;
        }
        break;
    default: break;
    }
}

/* The words of execute.mjs: V8 tells fewer kinds apart than we do. */
static const char *trap_name(enum wasm_trap_kind kind) {
    switch (kind) {
    case WASM_TRAP_UNREACHABLE: return "unreachable";
    case WASM_TRAP_MEMORY_BOUNDS: return "memory";
    case WASM_TRAP_TABLE_BOUNDS:
    case WASM_TRAP_UNDEFINED_ELEMENT: return "table";
    case WASM_TRAP_UNINITIALIZED_ELEMENT:
    case WASM_TRAP_INDIRECT_CALL_TYPE: return "signature";
    case WASM_TRAP_DIVIDE_BY_ZERO: return "divide";
    case WASM_TRAP_INTEGER_OVERFLOW:
    case WASM_TRAP_INVALID_CONVERSION: return "overflow";
    case WASM_TRAP_STACK_EXHAUSTED: return "stack";
    case WASM_TRAP_UNALIGNED_ATOMIC: return "unaligned";
    case WASM_TRAP_EXPECTED_SHARED: return "shared";
    default: return wasm_trap_text(kind);
    }
}

static enum error log_call(void *context, struct wasm_instance *caller, const union wasm_value *arguments, union wasm_value *results) {
    const struct wasm_function_type *type = context;
    (void)caller;
    (void)results;
    printf("  log");
    for (uint32_t i = 0; i < type->parameter_count; i++) {
        value_print(type->types[i], &arguments[i]);
    }
    printf("\n");
    return ERROR_NONE;
}

/* Every import is one of the functions that log their parameters. */
static enum error log_resolve(void *context, const struct wasm_import *import, struct wasm_extern *out) {
    struct run *run = context;
    if (import->type.kind != WASM_KIND_FUNCTION) {
        return ERROR_NOT_FOUND;
    }
    out->kind = WASM_KIND_FUNCTION;
    return wasm_function_create(run->store, import->type.function, log_call, (void *)import->type.function, &out->function);
}

static void memory_print(const struct wasm_memory *memory) {
    uint32_t pages = wasm_memory_pages(memory);
    size_t size = (size_t)pages * WASM_PAGE_SIZE;
    const uint8_t *bytes = wasm_memory_range(memory, 0, size, WASM_ACCESS_READ);
    uint32_t hash = 0x811C9DC5u;
    for (size_t i = 0; i < size; i += 4) {
        hash = (hash ^ bytes_load_u32(bytes + i)) * 0x01000193u;
    }
    printf("  memory %u %08x\n", pages, hash);
}

static bool type_has_vector(const struct wasm_function_type *type) {
    return memchr(type->types, WASM_V128, (size_t)type->parameter_count + type->result_count) != NULL;
}

static void function_call(struct run *run, struct wasm_function *function, uint32_t ordinal, uint32_t round) {
    const struct wasm_function_type *type = wasm_function_type(function);
    union wasm_value arguments[VALUES_MAX];
    union wasm_value results[VALUES_MAX];
    if (type->parameter_count > VALUES_MAX || type->result_count > VALUES_MAX) {
        printf("  too many values\n");
        return;
    }
    for (uint32_t i = 0; i < type->parameter_count; i++) {
        value_give(type->types[i], (ordinal * 5 + round * 3 + i * 7) % 8, &arguments[i]);
    }
    enum error error = wasm_call(function, arguments, results);
    printf(" ");
    if (error == ERROR_TRAP) {
        const struct wasm_trap *trap = wasm_store_trap(run->store);
        printf(" trap %s", trap_name(trap->kind));
        for (uint32_t i = 0; i < trap->frame_count && run->way->offsets && trap->kind != WASM_TRAP_STACK_EXHAUSTED && i < WASM_TRAP_FRAMES_MAX; i++) {
            printf(" at %u:0x%llx", trap->frames[i].function_index, (unsigned long long)trap->frames[i].offset);
        }
    } else if (error != ERROR_NONE) {
        printf(" %s", error_text(error));
    }
    for (uint32_t i = 0; error == ERROR_NONE && i < type->result_count; i++) {
        value_print(type->types[type->parameter_count + i], &results[i]);
    }
    printf("\n");
}

static void export_call(struct run *run, const struct wasm_export *export, uint32_t ordinal, uint32_t round) {
    struct wasm_extern found;
    if (!wasm_instance_find_export(run->instance, export->name, &found)) {
        printf("the export is not found\n");
        return;
    }
    if (found.function == run->refill || type_has_vector(wasm_function_type(found.function))) {
        return;
    }
    if (run->refill != NULL && wasm_call(run->refill, NULL, NULL) != ERROR_NONE) {
        printf("the limit is not refilled\n");
    }
    printf("call %.*s\n", (int)export->name.size, (const char *)export->name.data);
    function_call(run, found.function, ordinal, round);
    if (run->memory != NULL) {
        memory_print(run->memory);
    }
}

static void state_print(struct run *run) {
    struct wasm_export export;
    struct wasm_extern found;
    for (uint32_t i = 0; i < wasm_module_export_count(run->module); i++) {
        wasm_module_export(run->module, i, &export);
        if (!wasm_instance_find_export(run->instance, export.name, &found)) {
            continue;
        }
        if (export.type.kind == WASM_KIND_GLOBAL && export.type.value_type != WASM_V128) {
            union wasm_value value;
            wasm_global_get(found.global, &value);
            printf("%.*s", (int)export.name.size, (const char *)export.name.data);
            value_print(export.type.value_type, &value);
            printf("\n");
        } else if (export.type.kind == WASM_KIND_TABLE) {
            printf("%.*s %u\n", (int)export.name.size, (const char *)export.name.data, wasm_table_size(found.table));
        }
    }
}

static void instance_run(struct run *run) {
    struct wasm_export export;
    struct wasm_extern found;
    if (wasm_instance_find_export(run->instance, bytes_from_text("hangLimitInitializer"), &found)) {
        run->refill = found.function;
    }
    for (uint32_t i = 0; i < wasm_module_export_count(run->module) && run->memory == NULL; i++) {
        wasm_module_export(run->module, i, &export);
        if (export.type.kind == WASM_KIND_MEMORY && wasm_instance_find_export(run->instance, export.name, &found)) {
            run->memory = found.memory;
        }
    }
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < wasm_module_export_count(run->module); i++) {
            wasm_module_export(run->module, i, &export);
            if (export.type.kind == WASM_KIND_FUNCTION) {
                export_call(run, &export, i, round);
            }
        }
    }
    state_print(run);
}

static void store_run(struct run *run, struct report *report) {
    enum error error = wasm_instance_create(run->store, run->module, log_resolve, run, report, &run->instance);
    if (error == ERROR_TRAP) {
        printf("instantiation trap %s\n", trap_name(wasm_store_trap(run->store)->kind));
    } else if (error != ERROR_NONE) {
        printf("instantiation %s: %s\n", error_text(error), report->text);
    } else {
        instance_run(run);
    }
}

static void module_run(const char *path, struct bytes bytes, const struct way *way) {
    struct wasm_host host;
    struct budget budget;
    struct report report;
    struct wasm_engine *engine;
    struct wasm_module *module;
    struct run run = {.way = way};
    report_init(&report);
    budget_init_root(&budget, support_memory(), 1ull << 30);
    if (host_create(&host) != ERROR_NONE || wasm_engine_create(&host, &budget, &engine) != ERROR_NONE) {
        printf("no engine\n");
        return;
    }
    wasm_engine_set_options(engine, &(struct wasm_engine_options){.check_bounds = way->check_bounds});
    if (wasm_module_create(engine, &budget, bytes, &report, &module) != ERROR_NONE) {
        fprintf(stderr, "%s: 0x%llx: %s\n", path, (unsigned long long)report.offset, report.text);
        printf("rejected\n");
    } else {
        run.module = module;
        struct wasm_store_options options = {.compile = run.way->compile};
        if (wasm_store_create(engine, &budget, &options, &run.store) == ERROR_NONE) {
            store_run(&run, &report);
            wasm_store_destroy(run.store);
        }
        wasm_module_destroy(module);
    }
    wasm_engine_destroy(engine);
    budget_end(&budget);
}

static int file_run(const char *path, const struct way *way) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        return 1;
    }
    size_t size = (size_t)ftell(file);
    uint8_t *data = malloc(size + 1);
    rewind(file);
    if (data == NULL || fread(data, 1, size, file) != size) {
        return 1;
    }
    fclose(file);
    alarm(SECONDS_MAX);
    module_run(path, (struct bytes){.data = data, .size = size}, way);
    free(data);
    return 0;
}

/* execute [--compile] [--bounds] [--offsets] FILE... */
int main(int argc, char **argv) {
    struct way way = {0};
    for (int i = 1; i < argc; i++) {
        int status;
        if (argv[i][0] == '-') {
            way.compile |= strcmp(argv[i], "--compile") == 0;
            way.check_bounds |= strcmp(argv[i], "--bounds") == 0;
            way.offsets |= strcmp(argv[i], "--offsets") == 0;
            continue;
        }
        printf("== %s\n", argv[i]);
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            int code = file_run(argv[i], &way);
            fflush(stdout);
            _exit(code);
        }
        if (child < 0 || waitpid(child, &status, 0) != child) {
            perror("execute");
            return 1;
        }
        if (WIFSIGNALED(status)) {
            printf("crash by signal %d\n", WTERMSIG(status));
        } else if (WEXITSTATUS(status) != 0) {
            printf("exit code %d\n", WEXITSTATUS(status));
        }
    }
    return 0;
}
