/* The analysis of a function: blocks, their states until nothing changes any more, and one last round that finds what is wrong. */
#include "tests/verify/verifier.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_BYTES 4096u
#define VISITS_MAX 1000u /* of a block: symbols and ranges can change only so often */

const char *verify_reason_text(enum verify_reason reason) {
    static const char *const texts[] = {
#define REASON(name, text) [VERIFY_##name] = (text),
#include "tests/verify/reasons.def"
#undef REASON
    };
    return texts[reason];
}

const char *verify_reason_name(enum verify_reason reason) {
    static const char *const names[] = {
#define REASON(name, text) [VERIFY_##name] = #name,
#include "tests/verify/reasons.def"
#undef REASON
    };
    return names[reason];
}

/* ---- Findings ---- */

static void finding_add(struct verifier *verifier, uint32_t offset, enum verify_reason reason) {
    struct verify_result *result = verifier->result;
    for (uint32_t index = 0; index < result->finding_count && index < VERIFY_FINDINGS_MAX; index++) {
        if (result->findings[index].offset == offset && result->findings[index].reason == reason) {
            return;
        }
    }
    if (result->finding_count < VERIFY_FINDINGS_MAX) {
        struct verify_finding *finding = &result->findings[result->finding_count];
        *finding = (struct verify_finding){.offset = offset, .reason = (uint8_t)reason};
        instruction_text(verifier->code, offset, finding->instruction, sizeof(finding->instruction));
    }
    result->finding_count++;
}

void verify_fail(struct verifier *verifier, enum verify_reason reason) {
    if (verifier->is_final) {
        finding_add(verifier, verifier->at->offset, reason);
    }
}

/* ---- Sites and relocations ---- */

static uint32_t site_first(const struct verifier *verifier, uint32_t offset) {
    uint32_t low = 0, high = verifier->code->site_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (verifier->code->sites[middle].offset < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool site_find(const struct verifier *verifier, uint32_t offset, uint8_t kind) {
    const struct code *code = verifier->code;
    for (uint32_t index = site_first(verifier, offset); index < code->site_count && code->sites[index].offset == offset; index++) {
        if (code->sites[index].kind == kind) {
            return true;
        }
    }
    return false;
}

bool site_is_trap(const struct verifier *verifier, uint32_t offset) {
    const struct code *code = verifier->code;
    for (uint32_t index = site_first(verifier, offset); index < code->site_count && code->sites[index].offset == offset; index++) {
        if (code->sites[index].kind != 0 && code->sites[index].kind != CODE_SITE_INLINED) {
            return true;
        }
    }
    return false;
}

/* They come in the order of their places. */
const struct code_relocation *relocation_find(const struct verifier *verifier, uint32_t offset) {
    uint32_t low = 0, high = verifier->code->relocation_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (verifier->code->relocations[middle].offset < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < verifier->code->relocation_count && verifier->code->relocations[low].offset == offset;
    return found ? &verifier->code->relocations[low] : NULL;
}

static bool is_direct(const struct instruction *instruction) {
    enum instruction_class class = instruction_class_of(instruction);
    return (class == CLASS_CALL || class == CLASS_JUMP) && instruction->operands[0].kind == OPERAND_IMMEDIATE && instruction->size == 5;
}

/* A call that was inlined is told of behind the site of what stands in its place, and nowhere else. */
static bool site_is_inlined_call(const struct code *code, uint32_t index) {
    return code->sites[index].kind == CODE_SITE_INLINED && index > 0 && code->sites[index - 1].offset == code->sites[index].offset;
}

/* Each is of something that is there, and no two others are of one address: the trap of an instruction would be taken for the call before it. */
static void check_tables(struct verifier *verifier) {
    const struct code *code = verifier->code;
    const struct instructions *instructions = &verifier->instructions;
    for (uint32_t index = 0; index < code->site_count; index++) {
        struct code_site site = code->sites[index];
        if (site_is_inlined_call(code, index)) {
            continue;
        }
        bool is_right = (index == 0 || code->sites[index - 1].offset < site.offset) && site.kind <= WASM_TRAP_COUNT;
        if (site.kind != 0) {
            const struct instruction *at = instruction_at(instructions, site.offset);
            bool may_fault = site.kind == WASM_TRAP_MEMORY_BOUNDS + 1 || site.kind == WASM_TRAP_UNINITIALIZED_ELEMENT + 1;
            is_right &= at != NULL &&
                        (at->id == X86_INS_UD2 || (may_fault && (at->operands[0].kind == OPERAND_MEMORY || at->operands[1].kind == OPERAND_MEMORY ||
                                                                 at->operands[2].kind == OPERAND_MEMORY)));
        } else {
            bool found = false;
            for (uint32_t size = 2; size <= 8 && size <= site.offset; size++) {
                const struct instruction *at = instruction_at(instructions, site.offset - size);
                found |= at != NULL && at->size == size && instruction_class_of(at) == CLASS_CALL;
            }
            is_right &= found;
        }
        if (!is_right) {
            finding_add(verifier, site.offset < code->instruction_bytes ? site.offset : 0, VERIFY_SITES);
        }
    }
    for (uint32_t index = 0; index < code->relocation_count; index++) {
        struct code_relocation relocation = code->relocations[index];
        const struct instruction *at = relocation.offset != 0 ? instruction_at(instructions, relocation.offset - 1) : NULL;
        bool is_right = (index == 0 || code->relocations[index - 1].offset < relocation.offset) && at != NULL && is_direct(at);
        if (!is_right) {
            finding_add(verifier, relocation.offset < code->instruction_bytes ? relocation.offset : 0, VERIFY_RELOCATION);
        }
    }
}

/* ---- Registers ---- */

struct value register_get(struct verifier *verifier, uint32_t location) {
    struct value value = *value_of(&verifier->values, verifier->now.locations[location]);
    if (value.symbol == 0) {
        /* Numbers 0 to 2 are results'. */
        value.symbol = symbol_of_instruction(verifier->number, 3 + verifier->demanded);
        if (verifier->demanded == 4) {
            value.symbol = 0;
            return value;
        }
        verifier->demanded++;
        verifier->now.locations[location] = values_number(&verifier->values, &value);
    }
    return value;
}

void register_set(struct verifier *verifier, uint32_t location, struct value value, uint32_t number) {
    if (value.symbol == 0) {
        value.symbol = symbol_of_instruction(verifier->number, number);
    }
    verifier->now.locations[location] = values_number(&verifier->values, &value);
}

void register_set_part(struct verifier *verifier, uint32_t location, uint32_t size, struct value value, uint32_t number) {
    if (size < 4) {
        struct value old = *value_of(&verifier->values, verifier->now.locations[location]);
        uint64_t high = old.high | value_width_max(size);
        value = value_range(0, high);
    } else {
        value = value_low(&value, size);
    }
    register_set(verifier, location, value, number);
}

/* ---- Blocks ---- */

/* A block with one edge to it has the state at the other end of it. Others have what holds of all. */
static bool head_update(struct verifier *verifier, uint32_t index, uint32_t edge) {
    struct block *block = &verifier->blocks[index];
    bool is_only = edge != EDGE_MANY && (block->edge == EDGE_NONE || block->edge == edge);
    block->edge = is_only ? edge : EDGE_MANY;
    if (is_only) {
        return state_replace(&block->head, &verifier->now, verifier->location_count);
    }
    verifier->join.block = index;
    return state_join(&verifier->join, &block->head, &verifier->now);
}

void block_reach(struct verifier *verifier, uint64_t offset, uint32_t edge, enum verify_reason reason) {
    struct instruction *at = instruction_at(&verifier->instructions, offset);
    bool is_head =
        at != NULL && offset >= verifier->code->prologue_bytes && verifier->blocks[at->block].first == (uint32_t)(at - verifier->instructions.all);
    if (!verify_that(verifier, is_head, reason)) {
        return;
    }
    struct block *block = &verifier->blocks[at->block];
    if (verifier->in_dead && !block->is_dead) {
        if (block->head.is_reached) {
            return;
        }
        block->is_dead = true;
    }
    if (head_update(verifier, at->block, edge)) {
        block->is_waiting = true;
        /* In the last round nothing changes any more. */
        verify_fail(verifier, VERIFY_ENDLESS);
    }
}

static void head_mark(struct verifier *verifier, bool *heads, int64_t offset) {
    struct instruction *at = offset < 0 ? NULL : instruction_at(&verifier->instructions, (uint64_t)offset);
    if (at) {
        heads[at - verifier->instructions.all] = true;
    }
}

/* Where in the data an instruction takes an address of: that is a jump table. 0: it does not. */
static uint32_t table_of(const struct verifier *verifier, const struct instruction *at) {
    if (at->id != X86_INS_LEA || at->operands[1].base != REGISTER_RIP) {
        return 0;
    }
    int64_t table = (int64_t)at->offset + at->size + at->operands[1].value;
    return table >= verifier->code->instruction_bytes && table < verifier->code->size ? (uint32_t)table : 0;
}

/* Whatever may be an entry of a jump table: from its start up to that of another one, or to the end. A head too many does little harm. */
static void heads_of_tables(struct verifier *verifier, bool *heads) {
    const struct code *code = verifier->code;
    bool *starts = verify_allocate(NULL, code->size + 1ull, sizeof(*starts));
    memset(starts, 0, code->size + 1ull);
    for (uint32_t index = 0; index < verifier->instructions.count; index++) {
        starts[table_of(verifier, &verifier->instructions.all[index])] = true;
    }
    for (uint32_t table = code->instruction_bytes; table < code->size; table++) {
        for (uint64_t entry = table; starts[table] && entry + 4 <= code->size && (entry == table || !starts[entry]); entry += 4) {
            head_mark(verifier, heads, (int64_t)table + (int32_t)bytes_load_u32(code->bytes + entry));
        }
    }
    free(starts);
}

static void heads_find(struct verifier *verifier, bool *heads) {
    const struct instructions *instructions = &verifier->instructions;
    heads_of_tables(verifier, heads);
    head_mark(verifier, heads, verifier->code->prologue_bytes);
    for (uint32_t index = 0; index < instructions->count; index++) {
        const struct instruction *at = &instructions->all[index];
        enum instruction_class class = instruction_class_of(at);
        bool ends = class == CLASS_JUMP || class == CLASS_BRANCH || class == CLASS_RETURN || class == CLASS_TRAP || class == CLASS_NONE;
        bool is_near = (class == CLASS_JUMP || class == CLASS_BRANCH) && at->operands[0].kind == OPERAND_IMMEDIATE;
        if (is_near && !relocation_find(verifier, at->offset + 1)) {
            head_mark(verifier, heads, at->operands[0].value);
        }
        if (ends && index + 1 < instructions->count) {
            heads[index + 1] = true;
        }
    }
}

static void blocks_make(struct verifier *verifier) {
    struct instructions *instructions = &verifier->instructions;
    bool *heads = verify_allocate(NULL, instructions->count + 1ull, sizeof(*heads));
    uint32_t count = 0;
    memset(heads, 0, instructions->count * sizeof(*heads));
    heads_find(verifier, heads);
    heads[0] = true;
    for (uint32_t index = 0; index < instructions->count; index++) {
        count += heads[index];
    }
    verifier->blocks = verify_allocate(NULL, count, sizeof(*verifier->blocks));
    for (uint32_t index = 0; index < instructions->count; index++) {
        if (heads[index]) {
            struct block *block = &verifier->blocks[verifier->block_count++];
            *block = (struct block){.first = index, .edge = EDGE_NONE};
            state_begin(&block->head, verifier->location_count);
        }
        verifier->blocks[verifier->block_count - 1].last = index;
        instructions->all[index].block = verifier->block_count - 1;
    }
    free(heads);
}

static void block_run(struct verifier *verifier, uint32_t index) {
    struct block *block = &verifier->blocks[index];
    block->is_waiting = false;
    verifier->in_dead = block->is_dead;
    block->visits++;
    verifier->result->visits++;
    state_copy(&verifier->now, &block->head, verifier->location_count);
    state_forget(&verifier->now, &verifier->values, verifier->location_count, block->first, block->last);
    for (uint32_t number = block->first; number <= block->last; number++) {
        verifier->number = number;
        verifier->at = &verifier->instructions.all[number];
        step(verifier);
        if (verifier->ends) {
            return;
        }
    }
    block_reach(verifier, (uint64_t)verifier->at->offset + verifier->at->size, edge_of(verifier, false), VERIFY_FALL);
}

/* ---- The prologue ---- */

/* Probes touch each page of the frame from rsp down, then rsp goes down by all of it. They are read here alone. */
static bool prologue_is_right(const struct verifier *verifier) {
    const struct code *code = verifier->code;
    uint32_t touched = 0, index = 0;
    if (code->frame_bytes == 0) {
        return code->prologue_bytes == 0;
    }
    for (; index < verifier->instructions.count; index++) {
        const struct instruction *at = &verifier->instructions.all[index];
        const struct operand *place = at->operands[0].kind == OPERAND_MEMORY ? &at->operands[0] : &at->operands[1];
        bool is_probe = at->id == X86_INS_TEST && at->operand_count == 2 && place->kind == OPERAND_MEMORY && place->base == RSP &&
                        place->index == REGISTER_NONE && place->value < 0 && !at->bad_prefix && !at->has_lock && !at->has_repeat;
        if (!is_probe || -place->value > (int64_t)touched + PAGE_BYTES || -place->value <= (int64_t)touched) {
            break;
        }
        touched = (uint32_t)-place->value;
    }
    if (index == verifier->instructions.count) {
        return false;
    }
    const struct instruction *at = &verifier->instructions.all[index];
    const struct operand *operands = at->operands;
    bool is_frame = at->id == X86_INS_SUB && operands[0].kind == OPERAND_REGISTER && operands[0].reg == RSP && operands[0].size == 8 &&
                    operands[1].kind == OPERAND_IMMEDIATE && operands[1].value == (int64_t)code->frame_bytes && !at->bad_prefix && !at->has_lock &&
                    !at->has_repeat && !at->has_size;
    bool is_near = touched <= code->frame_bytes && code->frame_bytes - touched < PAGE_BYTES;
    return is_frame && is_near && at->offset + at->size == code->prologue_bytes;
}

/* What the bytes of the prologue do wrong: the probes, or all else. */
static void check_prologue(struct verifier *verifier) {
    const struct code *code = verifier->code;
    if (!prologue_is_right(verifier)) {
        finding_add(verifier, 0, code->frame_bytes >= PAGE_BYTES ? VERIFY_PROBE : VERIFY_STACK_POINTER);
    }
}

/* ---- The state at entry ---- */

/* rsp, r14 and r15, as they are where the frame is complete. */
static void pinned_begin(struct verifier *verifier) {
    struct state *now = &verifier->now;
    struct value instance = value_pointer(VALUE_INSTANCE, 0), memory = value_pointer(VALUE_MEMORY_BASE, 0);
    now->is_reached = true;
    now->depth = verifier->frame_bytes;
    now->locations[R15] = values_number(&verifier->values, &instance);
    if (verifier->module->memory_count != 0) {
        now->locations[R14] = values_number(&verifier->values, &memory);
    }
}

static void entry_begin(struct verifier *verifier) {
    struct abi_walk walk = {.type = verifier->type};
    struct abi_place place;
    uint8_t type;
    bool is_result;
    struct state *now = &verifier->now;
    struct value garbage = value_pointer(VALUE_GARBAGE, 0);
    for (uint32_t location = 0; location < LOCATION_FRAME + verifier->frame_bytes / 8; location++) {
        now->locations[location] = values_number(&verifier->values, &garbage);
    }
    pinned_begin(verifier);
    while (abi_next(&walk, &place, &type, &is_result)) {
        uint32_t location = place.location;
        if (!is_result && (!place.is_stack || stack_location(verifier, 8 + (int64_t)place.offset, &location))) {
            struct value value = value_of_type(type);
            now->locations[location] = values_number(&verifier->values, &value);
        }
    }
}

/* ---- The whole ---- */

static bool sizes_are_right(const struct verifier *verifier) {
    const struct code *code = verifier->code;
    return code->instruction_bytes != 0 && code->instruction_bytes <= code->size && code->prologue_bytes < code->instruction_bytes &&
           code->frame_bytes % 8 == 0 && code->frame_bytes < 1u << 30 && instruction_at(&verifier->instructions, code->prologue_bytes) != NULL;
}

static void blocks_settle(struct verifier *verifier) {
    bool again = true;
    while (again) {
        again = false;
        for (uint32_t index = 0; index < verifier->block_count; index++) {
            if (verifier->blocks[index].is_waiting) {
                again = true;
                block_run(verifier, index);
                if (verifier->blocks[index].visits > VISITS_MAX) {
                    finding_add(verifier, verifier->instructions.all[verifier->blocks[index].first].offset, VERIFY_ENDLESS);
                    return;
                }
            }
        }
    }
}

static void blocks_check(struct verifier *verifier) {
    verifier->is_final = true;
    for (uint32_t index = 0; index < verifier->block_count; index++) {
        uint32_t offset = verifier->instructions.all[verifier->blocks[index].first].offset;
        if (offset >= verifier->code->prologue_bytes) {
            block_run(verifier, index);
        }
    }
}

/* Code that nothing leads to must be safe all the same, whatever is in the registers; where it goes on in other code changes nothing there. */
static void blocks_settle_dead(struct verifier *verifier) {
    for (uint32_t index = 0; index < verifier->block_count; index++) {
        uint32_t offset = verifier->instructions.all[verifier->blocks[index].first].offset;
        if (!verifier->blocks[index].head.is_reached && offset >= verifier->code->prologue_bytes) {
            state_clear(&verifier->now, verifier->location_count);
            pinned_begin(verifier);
            verifier->in_dead = true;
            block_reach(verifier, offset, EDGE_ENTRY, VERIFY_TARGET);
            blocks_settle(verifier);
        }
    }
}

static void verifier_run(struct verifier *verifier) {
    const struct code *code = verifier->code;
    verifier->frame_bytes = code->frame_bytes;
    verifier->incoming_bytes = abi_stack_bytes(verifier->type);
    verifier->location_count = LOCATION_FRAME + (code->frame_bytes + verifier->incoming_bytes) / 8;
    values_begin(&verifier->values);
    state_begin(&verifier->now, verifier->location_count);
    verifier->join = (struct join){.values = &verifier->values, .location_count = verifier->location_count};
    check_tables(verifier);
    blocks_make(verifier);
    check_prologue(verifier);
    entry_begin(verifier);
    verifier->at = verifier->instructions.all;
    block_reach(verifier, code->prologue_bytes, EDGE_ENTRY, VERIFY_TARGET);
    blocks_settle(verifier);
    blocks_settle_dead(verifier);
    blocks_check(verifier);
    verifier->result->instructions = verifier->instructions.count;
    verifier->result->blocks = verifier->block_count;
    for (uint32_t index = 0; index < verifier->block_count; index++) {
        state_end(&verifier->blocks[index].head);
    }
    free(verifier->blocks);
    free(verifier->join.classes);
    state_end(&verifier->now);
    values_end(&verifier->values);
}

void verify_function(const struct verify_subject *subject, struct verify_result *result) {
    const struct wasm_module *module = subject->module;
    const struct code *code = subject->code;
    struct verifier verifier = {.module = module, .code = code, .checks_bounds = subject->checks_bounds, .result = result};
    *result = (struct verify_result){0};
    verifier.type = module->functions[subject->function].type;
    instance_layout(module, &verifier.layout);
    bool is_read = instructions_read(&verifier.instructions, code);
    if (!is_read) {
        finding_add(&verifier, verifier.instructions.end, VERIFY_DECODE);
    } else if (!sizes_are_right(&verifier)) {
        finding_add(&verifier, 0, VERIFY_SIZES);
    } else {
        verifier_run(&verifier);
    }
    instructions_end(&verifier.instructions);
}
