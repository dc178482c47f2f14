/* The engine's news of compiled code, passed on. */
#include "platform/linux/debug/debug.h"

#include "platform/linux/debug/perf_map.h"
#include "platform/linux/message.h"

static void code_added(void *context, const struct wasm_module *module, uint32_t number, uint32_t count) {
    struct debug *debug = context;
    if (debug->has_gdb) {
        gdb_jit_add(&debug->gdb, &debug->names, module, number, count);
    }
    if (debug->perf_map != NULL) {
        perf_map_add(debug->perf_map, &debug->names, module, number, count);
    }
}

static void code_removed(void *context, const struct wasm_module *module) {
    struct debug *debug = context;
    (void)module;
    gdb_jit_clear(&debug->gdb);
}

enum command_exit debug_begin(struct debug *debug, const struct command_line *line, const struct program *program) {
    if (!line->debug && !line->perf_map) {
        return COMMAND_DONE;
    }
    if (function_names_find(&debug->names, program->module, line->budget) != ERROR_NONE) {
        message_of_file(program->path, "there is no memory for the names of its functions");
        return COMMAND_HOST;
    }
    debug->has_gdb = line->debug;
    if (line->perf_map) {
        debug->perf_map = perf_map_open();
        if (debug->perf_map == NULL) {
            return COMMAND_HOST;
        }
    }
    debug->watch = (struct wasm_code_watch){.context = debug, .added = code_added, .removed = code_removed};
    wasm_engine_watch_code(program->engine, &debug->watch);
    return COMMAND_DONE;
}

void debug_end(struct debug *debug) {
    if (debug->perf_map != NULL) {
        fclose(debug->perf_map);
    }
    function_names_end(&debug->names);
    *debug = (struct debug){0};
}
