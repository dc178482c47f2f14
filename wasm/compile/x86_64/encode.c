/* From machine instructions with locations to a struct code: frame, blocks in order with the allocator's moves between, and what
   stands behind. Everything is written once, from front to back; distances are filled in at the end. */
#include "base/assert.h"
#include "wasm/compile/x86_64/encode.h"

#define FRAME_BYTES_MAX (256u << 10) /* larger ones would need a loop of probes; the interpreter is for them */
#define PAGE_BYTES      4096u

void encode_grow(struct encoder *encoder) {
    uint32_t used = encode_offset(encoder);
    if (!code_reserve_bytes(encoder->code, used + ENCODE_BYTES_MAX)) {
        /* What follows is thrown away: it is written over the last room there is. */
        encoder->failed = true;
        used = encoder->code->capacity >= ENCODE_BYTES_MAX ? encoder->code->capacity - ENCODE_BYTES_MAX : 0;
    }
    encoder->p = encoder->code->bytes + used;
}

void encode_site(struct encoder *encoder, uint32_t source, uint8_t kind) {
    const struct code *code = encoder->code;
    /* The instruction behind a call has another address than the one that is returned to. */
    if (code->site_count > 0 && code->sites[code->site_count - 1].offset == encode_offset(encoder))
        encode_byte(encoder, 0x90);
    do {
        struct code_site site = {.offset = encode_offset(encoder), .kind = kind};
        site.source = ir_source_offset(encoder->machine->source, source, &source);
        if (!code_add_site(encoder->code, site))
            encoder->failed = true;
        kind = CODE_SITE_INLINED;
    } while (source != 0);
}

void encode_line_add(struct encoder *encoder, uint32_t source) {
    if (!code_add_line(encoder->code, (struct code_line){.offset = encode_offset(encoder), .source = source}))
        encoder->failed = true;
}

void encode_patch(struct encoder *encoder, enum encode_patch_kind kind, uint32_t at, uint32_t from, uint32_t target) {
    if (!code_grow(encoder->machine->budget, (void **)&encoder->patches, &encoder->patch_capacity, encoder->patch_count + 1u,
                   sizeof *encoder->patches)) {
        encoder->failed = true;
        return;
    }
    encoder->patches[encoder->patch_count++] = (struct encode_patch){.at = at, .from = from, .target = target, .kind = (uint8_t)kind};
}

bool encode_flags_are_free(const struct encoder *encoder, uint32_t instruction) {
    const struct machine_function *machine = encoder->machine;
    uint32_t end = machine->blocks[encoder->block].end, last = end - instruction > 8 ? instruction + 8 : end;
    for (; instruction < last; instruction++) {
        uint16_t flags = x86_ops[machine->instructions[instruction].op].flags;
        if ((flags & FLAG_READS) != 0)
            return false;
        if ((flags & FLAG_WRITES) != 0)
            return true;
    }
    return instruction == end;
}

/* ---- Blocks that are but a jump ---- */

static bool block_is_jump(const struct encoder *encoder, uint32_t block, const uint8_t *has_moves) {
    const struct machine_block *at = &encoder->machine->blocks[block];
    return at->end == at->first + 1 && encoder->machine->instructions[at->first].op == X86_JUMP && !has_moves[block];
}

#define FORWARD_STEPS 32u

/* A chain that is too long, or leads back into itself, keeps its blocks. */
static void blocks_forward(struct encoder *encoder, const uint8_t *has_moves) {
    const struct machine_function *machine = encoder->machine;
    for (uint32_t block = 0; block < machine->block_count; block++) {
        uint32_t target = block;
        for (uint32_t step = 0; step < FORWARD_STEPS && target != 0 && block_is_jump(encoder, target, has_moves); step++)
            target = machine->words[machine->blocks[target].successors];
        encoder->block_forward[block] = target != 0 && block_is_jump(encoder, target, has_moves) ? block : target;
    }
}

static bool blocks_prepare(struct encoder *encoder) {
    const struct machine_function *machine = encoder->machine;
    struct budget *budget = machine->budget;
    encoder->block_offsets = budget_allocate_zeroed(budget, machine->block_count, sizeof *encoder->block_offsets);
    encoder->block_forward = budget_allocate_zeroed(budget, machine->block_count, sizeof *encoder->block_forward);
    uint8_t *has_moves = budget_allocate_zeroed(budget, machine->block_count, 1);
    encoder->block_bounds = budget_allocate_zeroed(budget, machine->block_count + 1u, sizeof *encoder->block_bounds);
    bool done = encoder->block_offsets != NULL && encoder->block_forward != NULL && encoder->block_bounds != NULL && has_moves != NULL;
    if (done) {
        uint32_t block = 0;
        for (uint32_t move = 0; move < machine->move_count; move++) {
            while (machine->moves[move].before >= machine->blocks[block].end)
                block++;
            has_moves[block] = 1;
        }
        blocks_forward(encoder, has_moves);
        if (!machine->fast)
            encode_bounds(encoder, encoder->block_bounds);
    }
    if (has_moves != NULL)
        budget_release(budget, has_moves, machine->block_count);
    return done;
}

/* ---- Frame ---- */

static bool frame_plan(struct encoder *encoder) {
    const struct machine_function *machine = encoder->machine;
    uint64_t bytes = ((uint64_t)machine->outgoing_bytes + 15) / 16 * 16;
    encoder->slots_at = (uint32_t)bytes;
    bytes += 8ull * machine->spill_slots;
    encoder->homes_at = (uint32_t)bytes;
    bytes += 8ull * machine->home_words;
    encoder->keeps_instance = machine->leaves;
    if (machine->leaves) {
        encoder->instance_at = (uint32_t)bytes;
        bytes += 8;
    }
    /* Together with the return address a multiple of 16. */
    if (bytes != 0 || machine->calls || machine->leaves)
        bytes = (bytes + 8 + 15) / 16 * 16 - 8;
    if (bytes > FRAME_BYTES_MAX)
        return false;
    encoder->frame_bytes = (uint32_t)bytes;
    encoder->code->frame_bytes = (uint32_t)bytes;
    return true;
}

static void frame_enter(struct encoder *encoder) {
    uint32_t bytes = encoder->frame_bytes;
    encode_line(encoder, 0);
    for (uint32_t page = PAGE_BYTES; page <= bytes; page += PAGE_BYTES) {
        encode_room(encoder);
        encode_op(encoder, X86_TEST, 4, RAX, encode_memory(RSP, -(int32_t)page));
    }
    encode_room(encoder);
    if (bytes != 0)
        encode_op_i(encoder, X86_SUB_I, 8, encode_register(RSP), bytes);
    encoder->code->prologue_bytes = encode_offset(encoder);
    if (encoder->keeps_instance)
        encode_op(encoder, X86_STORE, 8, X86_INSTANCE, encode_memory(RSP, (int32_t)encoder->instance_at));
}

/* ---- What stands behind the instructions ---- */

static void encode_align(struct encoder *encoder, uint32_t alignment, uint32_t fill) {
    encode_room(encoder);
    while (encode_offset(encoder) % alignment != 0)
        encode_byte(encoder, fill);
}

/* Constants, at a multiple of 16; then the tables, whose entries are distances from their start. */
static void encode_data(struct encoder *encoder, uint32_t *constants_at) {
    const struct machine_function *machine = encoder->machine;
    encoder->code->instruction_bytes = encode_offset(encoder);
    if (machine->constant_count != 0)
        encode_align(encoder, 16, 0xCC);
    *constants_at = encode_offset(encoder);
    for (uint32_t index = 0; index < machine->constant_count; index++) {
        encode_room(encoder);
        memcpy(encoder->p, machine->constants[index], 16);
        encoder->p += 16;
    }
    if (encoder->table_count != 0)
        encode_align(encoder, 4, 0xCC);
    for (uint32_t index = 0; index < encoder->table_count; index++) {
        uint32_t first = encoder->tables[2 * index], count = encoder->tables[2 * index + 1], start = encode_offset(encoder);
        /* The patch that asks for the table finds its start here. */
        encoder->tables[2 * index] = start;
        for (uint32_t entry = 0; entry < count; entry++) {
            encode_room(encoder);
            encode_patch(encoder, PATCH_TABLE_ENTRY, encode_offset(encoder), start, machine->words[first + entry]);
            encode_word(encoder, 0);
        }
    }
}

/* False when a jump is longer than it was thought to be. */
static bool encode_patches(struct encoder *encoder, uint32_t constants_at) {
    for (uint32_t index = 0; index < encoder->patch_count; index++) {
        const struct encode_patch *patch = &encoder->patches[index];
        uint32_t to;
        switch (patch->kind) {
        case PATCH_CONSTANT: to = constants_at + 16 * patch->target; break;
        case PATCH_TABLE: to = encoder->tables[2 * patch->target]; break;
        default: to = encoder->block_offsets[encoder->block_forward[patch->target]]; break;
        }
        if (patch->kind != PATCH_BLOCK_SHORT)
            bytes_store_u32(encoder->code->bytes + patch->at, to - patch->from);
        else if (to - patch->from <= INT8_MAX)
            encoder->code->bytes[patch->at] = (uint8_t)(to - patch->from);
        else
            return false;
    }
    return true;
}

/* ---- The whole ---- */

/* A constant that every user has made for itself: see machine.h. */
static bool is_left_out(const struct machine_function *machine, const struct machine_instruction *instruction) {
    const struct machine_operand *operand = &machine->operands[instruction->operands];
    return instruction->operand_count == 1 && operand->role == MACHINE_DEFINE && (operand->location == X86_SCRATCH || operand->location == XMM15);
}

/* ---- Comparisons with 0 of what was just computed ---- */

static bool op_flags_are_of_result(uint16_t op) {
    return (op >= X86_ADD && op <= X86_XOR_I) || op == X86_NEG;
}

static void flags_note(struct encoder *encoder, const struct machine_instruction *instruction) {
    if (encoder->flags_location == MACHINE_NONE && !op_flags_are_of_result(instruction->op))
        return;
    bool writes = (x86_ops[instruction->op].flags & FLAG_WRITES) != 0 || instruction->op == X86_LEA || instruction->op == X86_MOVE_CONSTANT;
    if (op_flags_are_of_result(instruction->op)) {
        encoder->flags_location = operand_location(encoder, instruction, 0);
        encoder->flags_width = instruction->width;
        return;
    }
    for (uint32_t number = 0; number < instruction->operand_count && !writes; number++) {
        const struct machine_operand *operand = &encoder->machine->operands[instruction->operands + number];
        writes = operand->role >= MACHINE_DEFINE && operand->location == encoder->flags_location;
    }
    if (writes)
        encoder->flags_location = MACHINE_NONE;
}

/* Whether an instruction is a comparison of a result with 0 whose outcome the flags hold already, for all that look at them. */
static bool flags_tell(const struct encoder *encoder, uint32_t index) {
    const struct machine_function *machine = encoder->machine;
    const struct machine_instruction *test = &machine->instructions[index];
    if (test->op != X86_TEST || test->operand_count != 1 || test->width != encoder->flags_width ||
        operand_location(encoder, test, 0) != encoder->flags_location)
        return false;
    for (uint32_t next = index + 1; next < machine->blocks[encoder->block].end; next++) {
        const struct machine_instruction *at = &machine->instructions[next];
        uint16_t flags = x86_ops[at->op].flags;
        if ((flags & FLAG_READS) != 0 && at->condition != CONDITION_E && at->condition != CONDITION_NE)
            return false;
        if ((flags & FLAG_WRITES) != 0)
            return (flags & FLAG_READS) == 0;
        if (next > index + 8)
            return false;
    }
    return true;
}

static void encode_blocks(struct encoder *encoder) {
    const struct machine_function *machine = encoder->machine;
    uint32_t move = 0;
    for (uint32_t block = 0; block < machine->block_count; block++) {
        encoder->block = block;
        encoder->block_offsets[block] = encode_offset(encoder);
        encoder->flags_location = MACHINE_NONE;
        if (encoder->block_forward[block] != block)
            continue;
        for (uint32_t index = machine->blocks[block].first; index < machine->blocks[block].end; index++) {
            for (; move < machine->move_count && machine->moves[move].before == index; move++) {
                encode_room(encoder);
                encode_line(encoder, machine->instructions[index].source);
                encode_move(encoder, &machine->moves[move]);
                if (machine->moves[move].to == encoder->flags_location || machine->moves[move].from == MACHINE_NONE)
                    encoder->flags_location = MACHINE_NONE;
            }
            if (is_left_out(machine, &machine->instructions[index]))
                continue;
            encode_room(encoder);
            encoder->instruction = index;
            if (flags_tell(encoder, index))
                continue;
            encode_line(encoder, machine->instructions[index].source);
            encode_instruction(encoder, &machine->instructions[index]);
            flags_note(encoder, &machine->instructions[index]);
        }
    }
}

static void encoder_release(struct encoder *encoder) {
    struct budget *budget = encoder->machine->budget;
    uint32_t blocks = encoder->machine->block_count;
    if (encoder->block_offsets != NULL)
        budget_release(budget, encoder->block_offsets, blocks * sizeof *encoder->block_offsets);
    if (encoder->block_forward != NULL)
        budget_release(budget, encoder->block_forward, blocks * sizeof *encoder->block_forward);
    if (encoder->block_bounds != NULL)
        budget_release(budget, encoder->block_bounds, (blocks + 1) * sizeof *encoder->block_bounds);
    budget_release(budget, encoder->patches, encoder->patch_capacity * sizeof *encoder->patches);
    budget_release(budget, encoder->stubs, encoder->stub_capacity * sizeof *encoder->stubs);
    budget_release(budget, encoder->tables, encoder->table_capacity * sizeof *encoder->tables);
}

/* The code's arrays are made for about what there will be. */
static bool code_begin(struct encoder *encoder) {
    uint64_t guess = 256 + 6ull * (encoder->machine->instruction_count + encoder->machine->move_count);
    return guess < UINT32_MAX && code_reserve_bytes(encoder->code, (uint32_t)guess);
}

/* Writes everything; false when it is to be done again, with long jumps. */
static bool encode_all(struct encoder *encoder) {
    uint32_t constants_at;
    encoder->p = encoder->code->bytes;
    frame_enter(encoder);
    encode_blocks(encoder);
    encode_stubs(encoder);
    encode_data(encoder, &constants_at);
    if (encoder->failed || encode_patches(encoder, constants_at))
        return true;
    encoder->no_short_jumps = true;
    encoder->patch_count = encoder->stub_count = encoder->table_count = 0;
    encoder->code->site_count = encoder->code->relocation_count = encoder->code->line_count = 0;
    return false;
}

enum error isa_encode(const struct machine_function *machine, const struct instance_layout *layout, struct code *code) {
    struct encoder encoder = {.machine = machine, .code = code, .layout = *layout, .has_avx = (machine->features & X86_HAS_AVX) != 0};
    if (!frame_plan(&encoder))
        return ERROR_LIMIT;
    enum error error = ERROR_NO_MEMORY;
    if (code_begin(&encoder) && blocks_prepare(&encoder)) {
        while (!encode_all(&encoder)) {
        }
        if (!encoder.failed) {
            code->size = encode_offset(&encoder);
            error = ERROR_NONE;
        }
    }
    encoder_release(&encoder);
    return error;
}
