/* Translation of one function, on its first call: scratch, the locals' slots, and the finished code. Both scratch and code
   are charged to the store's budget; the scratch is given back at once. */
#include "base/assert.h"
#include "wasm/interpret/translate.h"

/* Gives each local a slot. */
static void locals_place(struct translator *translator) {
    const struct wasm_function_type *type = translator->function->type;
    body_read_locals(&translator->body, &translator->module->functions[translator->function->index], translator->local_types);
    uint32_t slot = 0;
    for (uint32_t local = 0; local < translator->local_count; local++) {
        translator->local_slots[local] = slot;
        slot += translator->local_types[local] == WASM_V128 ? 2 : 1;
    }
    translator->link_slot = slot;
    translator->operand_slot = slot + FRAME_LINK_SLOTS;
    translator_use_slots(translator, translator->operand_slot);
    translator_use_slots(translator, types_slots(type->types + type->parameter_count, type->result_count));
}

static enum error translator_begin(struct translator *translator, struct wasm_function *function) {
    const struct wasm_module *module = function->instance->module;
    const struct module_function *declared = &module->functions[function->index];
    *translator = (struct translator){
        .function = function,
        .module = module,
        .budget = function->store->budget,
        .retarget = NO_OPERATION,
        .operand_capacity = declared->operand_max + 1,
        .label_capacity = declared->nesting_max + 1,
        .local_count = declared->local_count,
    };
    body_begin(&translator->body, module, function->index);
    struct budget *budget = translator->budget;
    translator->operands = budget_allocate(budget, translator->operand_capacity * sizeof *translator->operands);
    translator->labels = budget_allocate(budget, translator->label_capacity * sizeof *translator->labels);
    translator->local_slots = budget_allocate(budget, translator->local_count * sizeof *translator->local_slots);
    translator->local_types = budget_allocate(budget, translator->local_count * sizeof *translator->local_types);
    if (translator->operands == NULL || translator->labels == NULL || translator->local_slots == NULL || translator->local_types == NULL) {
        return ERROR_NO_MEMORY;
    }
    locals_place(translator);
    translate_function_label(translator);
    return ERROR_NONE;
}

static void scratch_release(struct translator *translator, void *array, uint32_t count, size_t size) {
    if (array != NULL) {
        budget_release(translator->budget, array, count * size);
    }
}

static void translator_end(struct translator *translator) {
    scratch_release(translator, translator->operations, translator->operation_capacity, sizeof *translator->operations);
    scratch_release(translator, translator->sources, translator->source_capacity, sizeof *translator->sources);
    scratch_release(translator, translator->operands, translator->operand_capacity, sizeof *translator->operands);
    scratch_release(translator, translator->labels, translator->label_capacity, sizeof *translator->labels);
    scratch_release(translator, translator->local_slots, translator->local_count, sizeof *translator->local_slots);
    scratch_release(translator, translator->local_types, translator->local_count, sizeof *translator->local_types);
}

static bool is_branch(const struct operation *op) {
    return op->run == handle_branch || op->run == handle_branch_if || op->run == handle_branch_unless;
}

/* Copies the code to where it stays, and makes pointers of the branches' targets. */
static enum error code_finish(const struct translator *translator) {
    struct wasm_function *function = translator->function;
    struct arena *arena = &function->store->arena;
    uint32_t count = translator->operation_count;
    struct function_code *code = arena_allocate(arena, sizeof *code);
    struct operation *operations = arena_allocate(arena, count * sizeof *operations);
    uint32_t *sources = arena_allocate(arena, count * sizeof *sources);
    if (code == NULL || operations == NULL || sources == NULL) {
        return ERROR_NO_MEMORY;
    }
    memcpy(operations, translator->operations, count * sizeof *operations);
    memcpy(sources, translator->sources, count * sizeof *sources);
    for (uint32_t index = 0; index < count; index++) {
        struct operation *op = &operations[index];
        if (is_branch(op)) {
            ASSERT(op->immediate < count);
            op->pointer = &operations[op->immediate];
        }
    }
    *code = (struct function_code){
        .operations = operations,
        .sources = sources,
        .operation_count = count,
        .local_slots = translator->link_slot,
        .parameter_slots = types_slots(function->type->types, function->type->parameter_count),
        .frame_slots = translator->frame_slots,
    };
    function->code = code;
    return ERROR_NONE;
}

enum error translate_function(struct wasm_function *function) {
    ASSERT(function->host_call == NULL && function->code == NULL);
    struct translator translator;
    enum error error = translator_begin(&translator, function);
    if (error == ERROR_NONE) {
        error = translate_body(&translator);
    }
    if (error == ERROR_NONE) {
        error = code_finish(&translator);
    }
    translator_end(&translator);
    return error;
}
