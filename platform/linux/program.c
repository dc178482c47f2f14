/* Programs. Each has an engine of its own, since a command has only one at a time. */
#include "platform/linux/program.h"

#include "base/assert.h"
#include "platform/linux/host.h"

enum {
#define LIMIT(name, value, text) LIMIT_##name = (value),
#include "wasm/limits.def"
#undef LIMIT
};

enum error program_read(struct program *program, const char *path, struct budget *budget, struct report *report) {
    *program = (struct program){.path = path, .budget = budget};
    return program_read_file(program, report);
}

enum error program_read_file(struct program *program, struct report *report) {
    return file_read(program->path, LIMIT_MODULE_BYTES, program->budget, report, &program->file);
}

/* A failure of ours, or of the host, has no report yet. */
static enum error decode_fail(enum error error, struct report *report) {
    if (error == ERROR_NO_MEMORY) {
        return report_fail(report, error, REPORT_NO_OFFSET, "its module does not fit into the memory budget");
    }
    return report_fail(report, error, REPORT_NO_OFFSET, "%s", error_text(error));
}

enum error program_start_engine(struct program *program, struct report *report) {
    if (program->engine != NULL) {
        return ERROR_NONE;
    }
    enum error error = host_create(&program->host);
    if (error == ERROR_NONE) {
        error = wasm_engine_create(&program->host, program->budget, &program->engine);
    }
    if (error == ERROR_NONE) {
        wasm_engine_set_options(program->engine, &program->options);
    }
    return error == ERROR_NONE ? ERROR_NONE : decode_fail(error, report);
}

enum error program_decode(struct program *program, struct report *report) {
    ASSERT(program->module == NULL);
    enum error error = program_start_engine(program, report);
    if (error != ERROR_NONE) {
        return error;
    }
    error = wasm_module_create(program->engine, program->budget, program->file.bytes, report, &program->module);
    return error == ERROR_NONE ? ERROR_NONE : decode_fail(error, report);
}

void program_end(struct program *program) {
    if (program->module != NULL) {
        wasm_module_destroy(program->module);
    }
    if (program->engine != NULL) {
        wasm_engine_destroy(program->engine);
    }
    file_release(&program->file);
    cache_entry_release(&program->copy);
    cache_entry_release(&program->image);
    if (program->copy_charge != 0) {
        budget_refund(program->budget, program->copy_charge);
    }
    *program = (struct program){0};
}
