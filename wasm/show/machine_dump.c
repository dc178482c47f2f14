/* Machine code as text: a line for each instruction, a header for each block, and the allocator's moves where they stand. */
#include "wasm/show/dump.h"

#include "wasm/show/text.h"

struct dump {
    const struct machine_function *function;
    const struct machine_names *names;
    struct text_out out;
};

static void dump_list(const struct dump *dump, const char *name, uint32_t first, uint32_t count) {
    for (uint32_t index = 0; index < count; index++)
        text_out_add(&dump->out, "%s%s%u", index == 0 ? " " : ", ", name, dump->function->words[first + index]);
}

static void dump_location(const struct dump *dump, uint32_t location, uint8_t width) {
    if (location == MACHINE_NONE)
        text_out_add(&dump->out, "nowhere");
    else if (location < MACHINE_SPILL)
        text_out_add(&dump->out, "%s", dump->names->reg(location, width));
    else
        text_out_add(&dump->out, "[%u]", location - MACHINE_SPILL);
}

/* "=" before what is written, "late" and "scratch" after it; "any" where a slot will do; the location behind a slash once there is one. */
static void dump_operand(const struct dump *dump, const struct machine_operand *operand) {
    static const char *const roles[] = {"", " late", "", " scratch"};
    uint8_t width = dump->function->registers[operand->reg].width;
    text_out_add(&dump->out, "%sv%u%s", operand->role == MACHINE_DEFINE ? "=" : "", operand->reg, roles[operand->role]);
    switch ((enum machine_constraint)operand->constraint) {
    case MACHINE_ANY: break;
    case MACHINE_FIXED: text_out_add(&dump->out, " in %s", dump->names->reg(operand->fixed, width)); break;
    case MACHINE_SAME: text_out_add(&dump->out, " same as %u", operand->fixed); break;
    case MACHINE_OR_SPILL: text_out_add(&dump->out, " any"); break;
    }
    if (dump->function->is_allocated) {
        text_out_add(&dump->out, "/");
        dump_location(dump, operand->location, width);
    }
}

static void dump_instruction(const struct dump *dump, uint32_t index) {
    const struct machine_instruction *at = &dump->function->instructions[index];
    text_out_add(&dump->out, "  %5u %s.%u", index, dump->names->op(at->op), at->width);
    for (uint32_t operand = 0; operand < at->operand_count; operand++) {
        text_out_add(&dump->out, operand == 0 ? " " : ", ");
        dump_operand(dump, &dump->function->operands[at->operands + operand]);
    }
    if (at->condition != 0)
        text_out_add(&dump->out, " condition=%u", at->condition);
    if (at->scale != 0 || at->displacement != 0)
        text_out_add(&dump->out, " address=0x%x%s0x%x", at->scale, at->displacement < 0 ? "-" : "+",
                     at->displacement < 0 ? 0u - (uint32_t)at->displacement : (uint32_t)at->displacement);
    if (at->immediate != 0)
        text_out_add(&dump->out, " immediate=0x%llx", (unsigned long long)at->immediate);
    if (at->trap != 0)
        text_out_add(&dump->out, " trap=%u", at->trap - 1u);
    text_out_add(&dump->out, "%s", (at->flags & MACHINE_IS_CALL) != 0 ? " call" : "");
    ir_dump_source(dump->function->source, at->source, dump->out.sink, dump->out.context);
}

static void dump_move(const struct dump *dump, const struct machine_move *move) {
    text_out_add(&dump->out, "        ");
    dump_location(dump, move->to, move->width);
    text_out_add(&dump->out, " <- ");
    if (move->from == MACHINE_NONE)
        text_out_add(&dump->out, "0x%llx", (unsigned long long)move->constant);
    else
        dump_location(dump, move->from, move->width);
    text_out_add(&dump->out, " .%u\n", move->width);
}

static void dump_block(const struct dump *dump, uint32_t block, uint32_t *move) {
    const struct machine_function *function = dump->function;
    const struct machine_block *at = &function->blocks[block];
    text_out_add(&dump->out, "block %u: from", block);
    dump_list(dump, "", at->predecessors, at->predecessor_count);
    text_out_add(&dump->out, " to");
    dump_list(dump, "", at->successors, at->successor_count);
    text_out_add(&dump->out, "; depth %u", at->loop_depth);
    if (at->loop_end != 0)
        text_out_add(&dump->out, ", loop up to %u", at->loop_end);
    text_out_add(&dump->out, "\n");
    for (uint32_t index = at->phis; index < at->phis + at->phi_count; index++) {
        text_out_add(&dump->out, "        v%u = phi", function->phis[index].reg);
        dump_list(dump, "v", function->phis[index].operands, at->predecessor_count);
        text_out_add(&dump->out, "\n");
    }
    for (uint32_t index = at->first; index < at->end; index++) {
        for (; *move < function->move_count && function->moves[*move].before == index; (*move)++)
            dump_move(dump, &function->moves[*move]);
        dump_instruction(dump, index);
    }
}

void machine_dump(const struct machine_function *function, const struct machine_names *names, wasm_text_sink *sink, void *context) {
    const struct dump dump = {.function = function, .names = names, .out = {sink, context}};
    uint32_t move = 0;
    for (uint32_t block = 0; block < function->block_count; block++)
        dump_block(&dump, block, &move);
    if (function->is_allocated)
        text_out_add(&dump.out, "%u slots, %u moves\n", function->spill_slots, function->move_count);
}
