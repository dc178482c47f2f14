/* The compiler watched: each function that is shown is compiled anew. */
#include "wasm/compile/watch.h"
#include "wasm/show/listing.h"

/* What is wanted, and what came of it. */
struct show {
    struct text_out out;
    const uint32_t *stage; /* enum compile_stage; NULL: side by side */
    enum error error;
};

const char *wasm_stage_name(uint32_t number) {
    static const char *const names[] = {
        [STAGE_BUILD] = "build",
#define PASS(bit, name, text, function) [STAGE_##name] = text,
#include "wasm/compile/optimize/passes.def"
#undef PASS
        [STAGE_SELECT] = "select",
        [STAGE_ALLOCATE] = "allocate",
        [STAGE_ENCODE] = "encode",
    };
    return number < STAGE_COUNT ? names[number] : NULL;
}

static void ir_show(void *context, enum compile_stage stage, const struct ir_function *function) {
    const struct show *show = context;
    if (show->stage != NULL && *show->stage == stage) {
        ir_dump(function, show->out.sink, show->out.context);
    }
}

static void machine_show(void *context, enum compile_stage stage, const struct machine_function *function) {
    const struct show *show = context;
    if (show->stage != NULL && *show->stage == stage) {
        machine_dump(function, &isa_names, show->out.sink, show->out.context);
    }
}

static void code_show(void *context, const struct ir_function *function, const struct code *code) {
    struct show *show = context;
    if (show->stage == NULL) {
        show->error = listing_show(function, code, &show->out);
    } else if (*show->stage == STAGE_ENCODE) {
        listing_show_code(function, code, &show->out);
    }
}

enum error wasm_function_show(const struct wasm_module *module, uint32_t function_index, const uint32_t *stage, wasm_text_sink *sink, void *context) {
    struct show show = {.out = {sink, context}, .stage = stage};
    const struct compile_watch watch = {.context = &show, .ir = ir_show, .machine = machine_show, .code = code_show};
    struct compile_options options = module->engine->compile_options;
    struct code code;
    options.watch = &watch;
    enum error error = compile_function(module, function_index, &options, module->arena.budget, &code);
    if (error == ERROR_NONE) {
        code_release(&code);
        return show.error;
    }
    if (error == ERROR_LIMIT && stage == NULL) {
        listing_show_body(module, function_index, &show.out);
    }
    return error;
}
