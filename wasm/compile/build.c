/* SSA from a validated body: memory, limits, and the second walk. */
#include "wasm/compile/build.h"

#include "base/assert.h"

#define ARRAY_COUNT_MIN 64u

/* ---- Failure, work, scratch ---- */

void build_fail(struct builder *builder, enum error error) {
    if (builder->error == ERROR_NONE)
        builder->error = error;
}

void build_work(struct builder *builder, uint64_t amount) {
    builder->work += amount;
    if (UNLIKELY(builder->work > builder->work_max))
        build_fail(builder, ERROR_LIMIT);
}

static bool array_grow(struct builder *builder, struct build_array *array, uint32_t count, size_t item_size) {
    uint64_t wanted = (uint64_t)array->count + count, next = (uint64_t)array->capacity * 2;
    if (next < wanted)
        next = wanted;
    if (next < ARRAY_COUNT_MIN)
        next = ARRAY_COUNT_MIN;
    void *moved = NULL;
    if (builder->error == ERROR_NONE && next < UINT32_MAX)
        moved = budget_reallocate(builder->budget, array->items, array->capacity * item_size, (size_t)next * item_size);
    if (moved == NULL) {
        build_fail(builder, ERROR_NO_MEMORY);
        return false;
    }
    array->items = moved;
    array->capacity = (uint32_t)next;
    return true;
}

uint32_t build_array_add(struct builder *builder, struct build_array *array, uint32_t count, size_t item_size) {
    if (UNLIKELY(count > array->capacity - array->count) && !array_grow(builder, array, count, item_size))
        return 0;
    uint32_t first = array->count;
    if (count == 0)
        return first;
    memset((uint8_t *)array->items + first * item_size, 0, count * item_size);
    array->count += count;
    return first;
}

static void array_release(struct builder *builder, struct build_array *array, size_t item_size) {
    if (array->items != NULL)
        budget_release(builder->budget, array->items, array->capacity * item_size);
}

/* ---- Begin and end ---- */

/* One block for everything whose size is known. */
static size_t scratch_size(const struct builder *builder) {
    size_t label_size = sizeof *builder->labels + sizeof *builder->open, operand_size = sizeof *builder->operands;
    size_t local_size = sizeof *builder->locals + sizeof *builder->local_types;
    if (build_in_homes(builder)) {
        operand_size += sizeof *builder->places;
        local_size += sizeof *builder->local_states + sizeof *builder->dirty;
    }
    return builder->label_capacity * label_size + builder->operand_capacity * operand_size + builder->local_count * local_size;
}

static bool scratch_take(struct builder *builder) {
    uint8_t *scratch = budget_allocate(builder->budget, scratch_size(builder));
    if (scratch == NULL) {
        build_fail(builder, ERROR_NO_MEMORY);
        return false;
    }
    builder->labels = (struct build_label *)(void *)scratch;
    builder->open = (uint32_t *)(void *)(builder->labels + builder->label_capacity);
    builder->operands = builder->open + builder->label_capacity;
    builder->locals = builder->operands + builder->operand_capacity;
    uint32_t *end = builder->locals + builder->local_count;
    if (build_in_homes(builder)) {
        builder->places = (struct build_place *)(void *)end;
        builder->local_states = (struct build_local *)(void *)(builder->places + builder->operand_capacity);
        builder->dirty = (uint32_t *)(void *)(builder->local_states + builder->local_count);
        end = builder->dirty + builder->local_count;
        memset(builder->places, 0, builder->operand_capacity * sizeof *builder->places);
        memset(builder->local_states, 0, builder->local_count * sizeof *builder->local_states);
    }
    builder->local_types = (uint8_t *)end;
    return true;
}

static bool builder_begin(struct builder *builder, struct ir_function *function) {
    const struct module_function *declared = &function->module->functions[function->index];
    *builder = (struct builder){
        .function = function,
        .module = function->module,
        .declared = declared,
        .budget = function->budget,
        .work_max = BUILD_WORK_FREE + BUILD_WORK_FACTOR * ((uint64_t)declared->body_size + declared->local_count),
        .local_count = declared->local_count,
        .set_words = (declared->local_count + 63) / 64,
        .operand_capacity = declared->operand_max + 1,
        .label_capacity = declared->nesting_max + 1,
    };
    if (function->failed || !scratch_take(builder))
        return false;
    body_begin(&builder->body, function->module, function->index);
    body_read_locals(&builder->body, declared, builder->local_types);
    builder->instruction.source = declared->body_offset;
    build_array_add(builder, &builder->words, 1, sizeof(uint32_t)); /* so that no row is 0 */
    return builder->error == ERROR_NONE;
}

static void builder_end(struct builder *builder) {
    array_release(builder, &builder->scopes, sizeof(struct build_scope));
    array_release(builder, &builder->events, sizeof(uint32_t));
    array_release(builder, &builder->sets, sizeof(uint64_t));
    array_release(builder, &builder->words, sizeof(uint32_t));
    array_release(builder, &builder->assigned, sizeof(uint32_t));
    if (builder->labels != NULL)
        budget_release(builder->budget, builder->labels, scratch_size(builder));
}

/* ---- The second walk ---- */

static void build_entry(struct builder *builder) {
    struct ir_function *function = builder->function;
    const struct wasm_function_type *type = function->type;
    builder->block = ir_block_make(function);
    memset(builder->locals, 0, builder->local_count * sizeof *builder->locals);
    for (uint32_t index = 0; index < type->parameter_count; index++) {
        uint32_t value = ir_make(function, IR_PARAMETER, type->types[index]);
        function->values[value].aux = index;
        function->values[value].source = builder->declared->body_offset;
        ir_append(function, builder->block, value);
        builder->locals[index] = value;
        builder->parameter_last = value;
    }
}

static void build_body(struct builder *builder) {
    build_entry(builder);
    if (build_in_homes(builder))
        home_begin(builder);
    build_function_label(builder);
    while (builder->body.at < builder->body.end && builder->error == ERROR_NONE && !builder->function->failed) {
        body_next(&builder->body, &builder->instruction);
        if (build_passes_over(builder))
            continue;
        if (builder->instruction.opcode < OP_DROP)
            build_control(builder);
        else
            build_instruction(builder);
    }
    if (build_in_homes(builder))
        home_end(builder);
    if (builder->function->failed)
        build_fail(builder, ERROR_NO_MEMORY);
    ASSERT(builder->error != ERROR_NONE || builder->label_count == 0);
    ASSERT(builder->error != ERROR_NONE || build_in_homes(builder) || builder->next_scope == builder->scopes.count);
}

/* ---- Trivial phis ---- */

#define TRIVIAL_ROUNDS_MAX 4u

/* The only value other than itself that a phi can have, or IR_NONE. */
static uint32_t phi_single(const struct ir_function *function, uint32_t phi) {
    const struct ir_value *at = &function->values[phi];
    uint32_t single = IR_NONE;
    for (uint32_t index = 0; index < at->b; index++) {
        uint32_t operand = function->pool[at->a + index];
        while (function->values[operand].op == IR_COPY)
            operand = function->values[operand].a;
        if (operand == phi || operand == single)
            continue;
        if (single != IR_NONE)
            return IR_NONE;
        single = operand;
    }
    return single;
}

/* Makes copies of phis with a single value. */
static bool phis_replace(struct ir_function *function, bool loops_only) {
    bool changed = false;
    for (uint32_t block = 0; block < function->block_count; block++) {
        if (loops_only && !function->blocks[block].is_loop)
            continue;
        for (uint32_t value = function->blocks[block].first; value != IR_NONE; value = function->values[value].next) {
            struct ir_value *at = &function->values[value];
            if (at->op != IR_PHI && at->op != IR_COPY)
                break;
            uint32_t single = at->op == IR_PHI ? phi_single(function, value) : IR_NONE;
            if (single == IR_NONE)
                continue;
            at->op = IR_COPY;
            at->a = single;
            at->b = 0;
            changed = true;
        }
    }
    return changed;
}

/* A phi where rows differ is needed when it is made; one of a loop may turn out not to be, and then others may. What is
   left after some rounds is correct, too. */
static void phis_simplify(struct ir_function *function) {
    if (!phis_replace(function, true))
        return;
    for (uint32_t round = 1; round < TRIVIAL_ROUNDS_MAX && phis_replace(function, false); round++)
        ;
}

enum error ir_build(struct ir_function *function) {
    struct builder builder;
    if (builder_begin(&builder, function)) {
        if (!function->in_homes) {
            build_scan(&builder);
            build_live(&builder);
        }
        if (builder.error == ERROR_NONE)
            build_body(&builder);
    }
    build_fail(&builder, function->failed ? ERROR_NO_MEMORY : ERROR_NONE);
    builder_end(&builder);
    if (builder.error != ERROR_NONE)
        return builder.error;
    if (function->in_homes) {
        ir_order(function);
    } else {
        phis_simplify(function);
        ir_number(function);
        ir_clean(function);
    }
    return function->failed ? ERROR_NO_MEMORY : ERROR_NONE;
}
