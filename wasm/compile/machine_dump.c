/* Machine code as text, for people: a line for each instruction, a header for each block, and the allocator's moves where they stand. */
#include "wasm/compile/machine.h"

#include "base/format.h"

struct dump {
    const struct machine_function *function;
    const struct machine_names *names;
    ir_sink *sink;
    void *context;
};

static void dump_text(const struct dump *dump, const char *pattern, ...) __attribute__((format(printf, 2, 3)));
static void dump_text(const struct dump *dump, const char *pattern, ...) {
    char text[128];
    va_list arguments;
    va_start(arguments, pattern);
    size_t size = format_list(text, sizeof text, pattern, arguments);
    va_end(arguments);
    dump->sink(dump->context, text, size < sizeof text ? size : sizeof text - 1);
}

static void dump_list(const struct dump *dump, const char *name, uint32_t first, uint32_t count) {
    for (uint32_t index = 0; index < count; index++)
        dump_text(dump, "%s%s%u", index == 0 ? " " : ", ", name, dump->function->words[first + index]);
}

static void dump_location(const struct dump *dump, uint32_t location, uint8_t width) {
    if (location == MACHINE_NONE)
        dump_text(dump, "nowhere");
    else if (location < MACHINE_SPILL)
        dump_text(dump, "%s", dump->names->reg(location, width));
    else
        dump_text(dump, "[%u]", location - MACHINE_SPILL);
}

/* "=" before what is written, "late" and "scratch" after it; "any" where a slot will do; the location behind a slash once there is one. */
static void dump_operand(const struct dump *dump, const struct machine_operand *operand) {
    static const char *const roles[] = {"", " late", "", " scratch"};
    uint8_t width = dump->function->registers[operand->reg].width;
    dump_text(dump, "%sv%u%s", operand->role == MACHINE_DEFINE ? "=" : "", operand->reg, roles[operand->role]);
    switch ((enum machine_constraint)operand->constraint) {
    case MACHINE_ANY: break;
    case MACHINE_FIXED: dump_text(dump, " in %s", dump->names->reg(operand->fixed, width)); break;
    case MACHINE_SAME: dump_text(dump, " same as %u", operand->fixed); break;
    case MACHINE_OR_SPILL: dump_text(dump, " any"); break;
    }
    if (dump->function->is_allocated) {
        dump_text(dump, "/");
        dump_location(dump, operand->location, width);
    }
}

static void dump_instruction(const struct dump *dump, uint32_t index) {
    const struct machine_instruction *at = &dump->function->instructions[index];
    dump_text(dump, "  %5u %s.%u", index, dump->names->op(at->op), at->width);
    for (uint32_t operand = 0; operand < at->operand_count; operand++) {
        dump_text(dump, operand == 0 ? " " : ", ");
        dump_operand(dump, &dump->function->operands[at->operands + operand]);
    }
    if (at->condition != 0)
        dump_text(dump, " condition=%u", at->condition);
    if (at->scale != 0 || at->displacement != 0)
        dump_text(dump, " address=0x%x%s0x%x", at->scale, at->displacement < 0 ? "-" : "+",
                  at->displacement < 0 ? 0u - (uint32_t)at->displacement : (uint32_t)at->displacement);
    if (at->immediate != 0)
        dump_text(dump, " immediate=0x%llx", (unsigned long long)at->immediate);
    if (at->trap != 0)
        dump_text(dump, " trap=%u", at->trap - 1u);
    dump_text(dump, "%s    ; 0x%x\n", (at->flags & MACHINE_IS_CALL) != 0 ? " call" : "", at->source);
}

static void dump_move(const struct dump *dump, const struct machine_move *move) {
    dump_text(dump, "        ");
    dump_location(dump, move->to, move->width);
    dump_text(dump, " <- ");
    if (move->from == MACHINE_NONE)
        dump_text(dump, "0x%llx", (unsigned long long)move->constant);
    else
        dump_location(dump, move->from, move->width);
    dump_text(dump, " .%u\n", move->width);
}

static void dump_block(const struct dump *dump, uint32_t block, uint32_t *move) {
    const struct machine_function *function = dump->function;
    const struct machine_block *at = &function->blocks[block];
    dump_text(dump, "block %u: from", block);
    dump_list(dump, "", at->predecessors, at->predecessor_count);
    dump_text(dump, " to");
    dump_list(dump, "", at->successors, at->successor_count);
    dump_text(dump, "; depth %u", at->loop_depth);
    if (at->loop_end != 0)
        dump_text(dump, ", loop up to %u", at->loop_end);
    dump_text(dump, "\n");
    for (uint32_t index = at->phis; index < at->phis + at->phi_count; index++) {
        dump_text(dump, "        v%u = phi", function->phis[index].reg);
        dump_list(dump, "v", function->phis[index].operands, at->predecessor_count);
        dump_text(dump, "\n");
    }
    for (uint32_t index = at->first; index < at->end; index++) {
        for (; *move < function->move_count && function->moves[*move].before == index; (*move)++)
            dump_move(dump, &function->moves[*move]);
        dump_instruction(dump, index);
    }
}

void machine_dump(const struct machine_function *function, const struct machine_names *names, ir_sink *sink, void *context) {
    struct dump dump = {.function = function, .names = names, .sink = sink, .context = context};
    uint32_t move = 0;
    for (uint32_t block = 0; block < function->block_count; block++)
        dump_block(&dump, block, &move);
    if (function->is_allocated)
        dump_text(&dump, "%u slots, %u moves\n", function->spill_slots, function->move_count);
}
