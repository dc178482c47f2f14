/* Ends of blocks, calls, and what comes in and goes out. Places of parameters and results: signature.h. */
#include "wasm/compile/x86_64/select.h"

#include "base/assert.h"
#include "wasm/code/signature.h"

static const uint8_t general_parameters[ENTRY_GENERAL_PARAMETERS] = {RDI, RSI, RDX, RCX, R8, R9};
static const uint8_t general_results[ENTRY_GENERAL_RESULTS] = {RAX, RDX, RCX, RSI};

static uint32_t physical_of(struct signature_place place, const uint8_t *general) {
    return place.kind == SIGNATURE_VECTOR ? XMM0 + place.index : general[place.index];
}

/* ---- Values on the stack ---- */

static void stack_store(struct select *select, enum x86_address area, uint32_t offset, uint32_t value) {
    struct select_address address = {.kind = (uint8_t)area, .displacement = (int32_t)offset};
    uint8_t type = select->values[value].type, width = type_width(type);
    uint32_t reg = select_use_bits(select, value);
    enum x86_op op = type == WASM_V128 ? X86_STORE_VECTOR : type_is_vector(type) ? X86_STORE_SCALAR : X86_STORE;
    /* All 64 bits of an i32, which are zero-extended. */
    emit_store(select, op, op == X86_STORE ? 8 : width, reg, &address);
}

static void stack_load(struct select *select, enum x86_address area, uint32_t offset, uint32_t value) {
    struct select_address address = {.kind = (uint8_t)area, .displacement = (int32_t)offset};
    uint8_t type = select->values[value].type, width = type_width(type);
    enum x86_op op = type == WASM_V128 ? X86_MOVE_VECTOR : type_is_vector(type) ? X86_MOVE_SCALAR : X86_MOV;
    emit_load(select, op, width, select_define(select, value), &address);
}

/* ---- Entry ---- */

/* Parameters that are used, by number; the values stand in block 0. */
void select_enter(struct select *select) {
    const struct wasm_function_type *type = select->ir->type;
    uint32_t in_registers[ENTRY_GENERAL_PARAMETERS + ENTRY_VECTOR_PARAMETERS], physical[ENTRY_GENERAL_PARAMETERS + ENTRY_VECTOR_PARAMETERS];
    uint32_t count = 0, number = 0;
    struct signature_places places;
    struct signature_place place = {0};
    signature_begin(&places);
    for (uint32_t value = select->ir->blocks[0].first; value != IR_NONE; value = select->values[value].next) {
        if (select->values[value].op != IR_PARAMETER)
            continue;
        /* They stand in ascending order. */
        ASSERT(select->values[value].aux >= number);
        while (number <= select->values[value].aux)
            place = signature_parameter(&places, type->types[number++]);
        if (select->states[value].reg == 0 || place.kind == SIGNATURE_STACK)
            continue;
        physical[count] = physical_of(place, general_parameters);
        in_registers[count++] = value;
    }
    struct machine_instruction *enter = emit(select, X86_ENTER, 0, count);
    for (uint32_t index = 0; index < count; index++)
        operand_fixed(select, enter, index, select->states[in_registers[index]].reg, MACHINE_DEFINE, physical[index]);
    select->machine->incoming_bytes = signature_stack_bytes(type);
    signature_begin(&places);
    number = 0;
    for (uint32_t value = select->ir->blocks[0].first; value != IR_NONE; value = select->values[value].next) {
        if (select->values[value].op != IR_PARAMETER)
            continue;
        while (number <= select->values[value].aux)
            place = signature_parameter(&places, type->types[number++]);
        if (select->states[value].reg != 0 && place.kind == SIGNATURE_STACK)
            stack_load(select, ADDRESS_INCOMING, place.index, value);
    }
}

/* Done by select_enter. */
void select_parameter(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)select, (void)value, (void)rule;
}

/* Defined at the head of the block. */
void select_phi(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)select, (void)value, (void)rule;
}

/* ---- Calls ---- */

#define ARGUMENT_REGISTERS (ENTRY_GENERAL_PARAMETERS + ENTRY_VECTOR_PARAMETERS)
#define RESULT_REGISTERS   (ENTRY_GENERAL_RESULTS + ENTRY_VECTOR_RESULTS)

/* Arguments on their way: those in registers are operands of the call. */
struct call {
    const struct wasm_function_type *type;
    struct signature_places places;
    uint32_t registers[ARGUMENT_REGISTERS], physical[ARGUMENT_REGISTERS], count;
    uint32_t function; /* register of the struct wasm_function *; 0 for a direct call */
    uint32_t results[RESULT_REGISTERS], result_physical[RESULT_REGISTERS], result_count;
};

static void call_arguments(struct select *select, struct call *call, const uint32_t *arguments, enum x86_address area) {
    signature_begin(&call->places);
    for (uint32_t index = 0; index < call->type->parameter_count; index++) {
        struct signature_place place = signature_parameter(&call->places, call->type->types[index]);
        if (place.kind == SIGNATURE_STACK) {
            stack_store(select, area, place.index, arguments[index]);
        } else {
            call->registers[call->count] = select_use_bits(select, arguments[index]);
            call->physical[call->count++] = physical_of(place, general_parameters);
        }
    }
}

/* An element of the table in bounds, not null, and of the type; the index is clamped, so that nothing else is read under
   speculation, either. */
static uint32_t call_indirect_function(struct select *select, const struct ir_value *at, uint32_t index_value) {
    uint32_t index = select_use(select, index_value);
    uint32_t function = select_table_callee(select, at->c, index);
    struct select_source self = source_register(function);
    emit_pair(select, X86_TEST, 8, function, &self);
    emit_trap_if(select, CONDITION_E, WASM_TRAP_UNINITIALIZED_ELEMENT);
    uint32_t type = load_field(select, address_of_instance((int32_t)(select->layout.types + 8 * at->aux)), 8);
    struct select_address of_function = address_of_field(function, offsetof(struct wasm_function, type));
    emit_store(select, X86_CMP_M, 8, type, &of_function);
    emit_trap_if(select, CONDITION_NE, WASM_TRAP_INDIRECT_CALL_TYPE);
    return function;
}

/* The values that results are, in their order; 0 for one that nobody wants. */
static uint32_t next_result(const struct select *select, uint32_t call, uint32_t number, uint32_t *after) {
    if (select->values[call].type != 0)
        return number == 0 && select->states[call].uses != 0 ? call : 0;
    uint32_t value = select->values[*after].next;
    if (value == IR_NONE || select->values[value].op != IR_RESULT || select->values[value].a != call || select->values[value].aux != number)
        return 0;
    *after = value;
    return select->states[value].uses != 0 ? value : 0;
}

static void call_results(struct select *select, struct call *call, uint32_t value) {
    uint32_t after = value;
    struct signature_places places = call->places;
    signature_results(&places);
    for (uint32_t index = 0; index < call->type->result_count; index++) {
        struct signature_place place = signature_result(&places, call->type->types[call->type->parameter_count + index]);
        uint32_t result = next_result(select, value, index, &after);
        if (result == 0 || place.kind == SIGNATURE_STACK)
            continue;
        call->results[call->result_count] = select_define(select, result);
        call->result_physical[call->result_count++] = physical_of(place, general_results);
    }
    uint32_t room = places.stack_bytes;
    if (select->machine->outgoing_bytes < room)
        select->machine->outgoing_bytes = room;
}

/* Results that come on the stack, behind the call. */
static void call_stack_results(struct select *select, const struct call *call, uint32_t value) {
    uint32_t after = value;
    struct signature_places places = call->places;
    signature_results(&places);
    for (uint32_t index = 0; index < call->type->result_count; index++) {
        struct signature_place place = signature_result(&places, call->type->types[call->type->parameter_count + index]);
        uint32_t result = next_result(select, value, index, &after);
        if (result != 0 && place.kind == SIGNATURE_STACK)
            stack_load(select, ADDRESS_OUTGOING, place.index, result);
    }
}

static struct machine_instruction *call_emit(struct select *select, const struct call *call, enum x86_op op, uint8_t flags) {
    uint32_t has_function = call->function != 0;
    struct machine_instruction *instruction = emit(select, op, 8, call->result_count + call->count + has_function);
    uint32_t number = 0;
    for (uint32_t index = 0; index < call->result_count; index++)
        operand_fixed(select, instruction, number++, call->results[index], MACHINE_DEFINE, call->result_physical[index]);
    for (uint32_t index = 0; index < call->count; index++)
        operand_fixed(select, instruction, number++, call->registers[index], MACHINE_USE, call->physical[index]);
    if (has_function)
        operand_fixed(select, instruction, number, call->function, MACHINE_USE, RAX);
    instruction->flags = flags;
    select->machine->calls |= (flags & MACHINE_IS_CALL) != 0;
    select->machine->leaves |= has_function;
    return instruction;
}

/* How the function is reached, and its register. */
static enum x86_op call_target(struct select *select, struct call *call, const struct ir_value *at, const uint32_t *arguments) {
    if (at->op == IR_CALL_INDIRECT) {
        call->function = call_indirect_function(select, at, arguments[call->type->parameter_count]);
        return X86_CALL_FUNCTION;
    }
    if (at->aux >= select->ir->module->imported_function_count)
        return X86_CALL;
    call->function = load_field(select, address_of_instance((int32_t)(select->layout.functions + 8 * at->aux)), 8);
    return X86_CALL_EXTERNAL;
}

static const struct wasm_function_type *call_type(const struct select *select, const struct ir_value *at) {
    const struct wasm_module *module = select->ir->module;
    return at->op == IR_CALL ? module->functions[at->aux].type : module->types[at->aux];
}

void select_call(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    const struct ir_value *at = &select->values[value];
    struct call call = {.type = call_type(select, at)};
    const uint32_t *arguments = select->ir->pool + at->a;
    call_arguments(select, &call, arguments, ADDRESS_OUTGOING);
    enum x86_op op = call_target(select, &call, at, arguments);
    call_results(select, &call, value);
    call_emit(select, &call, op, MACHINE_IS_CALL)->immediate = at->aux;
    call_stack_results(select, &call, value);
}

/* Made by its call. */
void select_result(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)select, (void)value, (void)rule;
}

/* ---- Returns and tail calls ---- */

static void select_return(struct select *select, const struct ir_block *block) {
    const struct wasm_function_type *type = select->ir->type;
    uint32_t registers[RESULT_REGISTERS], physical[RESULT_REGISTERS], count = 0;
    const uint32_t *results = select->ir->pool + block->arguments;
    struct signature_places places;
    signature_begin(&places);
    for (uint32_t index = 0; index < type->parameter_count; index++)
        signature_parameter(&places, type->types[index]);
    signature_results(&places);
    for (uint32_t index = 0; index < block->argument_count; index++) {
        struct signature_place place = signature_result(&places, type->types[type->parameter_count + index]);
        if (place.kind == SIGNATURE_STACK) {
            stack_store(select, ADDRESS_INCOMING, place.index, results[index]);
            continue;
        }
        registers[count] = select_use_bits(select, results[index]);
        physical[count++] = physical_of(place, general_results);
    }
    struct machine_instruction *instruction = emit(select, X86_RETURN, 0, count);
    for (uint32_t index = 0; index < count; index++)
        operand_fixed(select, instruction, index, registers[index], MACHINE_USE, physical[index]);
    instruction->flags = MACHINE_IS_END;
}

/* What the parameters of a type take on the stack. */
static uint32_t parameter_stack_bytes(const struct wasm_function_type *type) {
    struct signature_places places;
    signature_begin(&places);
    for (uint32_t index = 0; index < type->parameter_count; index++)
        signature_parameter(&places, type->types[index]);
    return places.stack_bytes;
}

/* A call whose results are this function's, when it cannot leave its frame first: to another instance. */
static void call_and_return(struct select *select, struct call *call, enum x86_op op, uint32_t function) {
    struct signature_places places = call->places;
    signature_results(&places);
    for (uint32_t index = 0; index < call->type->result_count; index++) {
        uint8_t type = call->type->types[call->type->parameter_count + index];
        struct signature_place place = signature_result(&places, type);
        call->results[call->result_count] = select_temporary(select, type_is_vector(type) ? MACHINE_VECTOR : MACHINE_GENERAL, type_width(type));
        call->result_physical[call->result_count++] = physical_of(place, general_results);
    }
    if (select->machine->outgoing_bytes < places.stack_bytes)
        select->machine->outgoing_bytes = places.stack_bytes;
    call_emit(select, call, op, MACHINE_IS_CALL)->immediate = function;
    struct machine_instruction *instruction = emit(select, X86_RETURN, 0, call->result_count);
    for (uint32_t index = 0; index < call->result_count; index++)
        operand_fixed(select, instruction, index, call->results[index], MACHINE_USE, call->result_physical[index]);
    instruction->flags = MACHINE_IS_END;
}

/* Arguments on the stack go where this function's own came, so they must fit there; results on the stack would have to stand behind the
   own ones. What does not fit is for the interpreter. */
static void select_tail_call(struct select *select, uint32_t value) {
    const struct ir_value *at = &select->values[value];
    struct call call = {.type = call_type(select, at)};
    const uint32_t *arguments = select->ir->pool + at->a;
    uint32_t bytes = parameter_stack_bytes(call.type), own = parameter_stack_bytes(select->ir->type);
    bool stack_results = signature_stack_bytes(call.type) != bytes;
    bool is_import = at->op == IR_CALL && at->aux < select->ir->module->imported_function_count;
    select_mark_folded(select, value);
    select->epoch = select->states[value].epoch;
    select->source = at->source;
    if (stack_results || (!is_import && bytes > own) || (at->op == IR_CALL_INDIRECT && bytes != 0)) {
        select->unsupported = true;
        return;
    }
    call_arguments(select, &call, arguments, is_import ? ADDRESS_OUTGOING : ADDRESS_INCOMING);
    enum x86_op op = call_target(select, &call, at, arguments);
    if (is_import)
        call_and_return(select, &call, op, at->aux);
    else
        call_emit(select, &call, op == X86_CALL ? X86_TAIL_CALL : X86_TAIL_CALL_FUNCTION, MACHINE_IS_END)->immediate = at->aux;
}

/* ---- Branches ---- */

#define CHAIN_TARGETS_MAX 4u

static void select_jump(struct select *select) {
    emit(select, X86_JUMP, 0, 0)->flags = MACHINE_IS_END;
}

static void select_branch(struct select *select, const struct ir_block *block) {
    const uint32_t *successors = select->ir->pool + block->successors;
    if (successors[0] == successors[1]) {
        select_jump(select);
        return;
    }
    enum x86_condition condition = select_condition(select, block->operand);
    struct machine_instruction *instruction = emit(select, X86_BRANCH, 0, 0);
    instruction->condition = (uint8_t)condition;
    instruction->flags = MACHINE_IS_END;
}

static void select_table(struct select *select, const struct ir_block *block) {
    struct machine_function *machine = select->machine;
    uint32_t count = block->successor_count;
    if (machine->blocks[select->blocks[select->block].place].successor_count == 1) {
        select_jump(select);
        return;
    }
    uint32_t words = machine_words(machine, count);
    if (machine->failed)
        return;
    for (uint32_t index = 0; index < count; index++)
        machine->words[words + index] = select->blocks[select->ir->pool[block->successors + index]].place;
    uint32_t index = select_use_low(select, block->operand);
    bool is_chain = count <= CHAIN_TARGETS_MAX;
    struct machine_instruction *instruction = emit(select, is_chain ? X86_BRANCH_CHAIN : X86_BRANCH_TABLE, 0, is_chain ? 1 : 2);
    operand_use(select, instruction, 0, index, is_chain ? MACHINE_USE : MACHINE_USE_LATE);
    instruction->immediate = words;
    instruction->displacement = (int32_t)count;
    instruction->flags = MACHINE_IS_END;
    if (!is_chain) {
        uint32_t number = machine->instruction_count - 1;
        operand_scratch(select, &machine->instructions[number], 1, MACHINE_GENERAL);
    }
}

void select_end(struct select *select, const struct ir_block *block) {
    switch ((enum ir_end)block->end) {
    case IR_END_JUMP: select_jump(select); break;
    case IR_END_BRANCH: select_branch(select, block); break;
    case IR_END_TABLE: select_table(select, block); break;
    case IR_END_RETURN: select_return(select, block); break;
    case IR_END_TAIL_CALL: select_tail_call(select, block->operand); break;
    default: {
        ASSERT(block->end == IR_END_UNREACHABLE);
        struct machine_instruction *instruction = emit(select, X86_TRAP, 0, 0);
        instruction->trap = WASM_TRAP_UNREACHABLE + 1;
        instruction->flags = MACHINE_IS_END;
        break;
    }
    }
}
