/* The intermediate form as text, for people: a line for each value, a header for each block. */
#include "wasm/compile/ir.h"

#include "base/assert.h"
#include "base/format.h"

struct dump {
    const struct ir_function *function;
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

static const char *type_text(uint8_t type) {
    switch (type) {
    case WASM_I32: return "i32";
    case WASM_I64: return "i64";
    case WASM_F32: return "f32";
    case WASM_F64: return "f64";
    case WASM_V128: return "v128";
    case WASM_FUNCREF: return "funcref";
    case WASM_EXTERNREF: return "externref";
    default: return "none";
    }
}

static const char *op_text(uint32_t op) {
    switch (op) {
    case IR_DELETED: return "deleted";
    case IR_PARAMETER: return "parameter";
    case IR_CONSTANT:
    case IR_CONSTANT_V128: return "constant";
    case IR_PHI: return "phi";
    case IR_COPY: return "copy";
    case IR_CALL: return "call";
    case IR_CALL_INDIRECT: return "call_indirect";
    case IR_MULTIPLY_HIGH_S: return "multiply_high_s";
    case IR_MULTIPLY_HIGH_U: return "multiply_high_u";
    case IR_RESULT: return "result";
    default: return opcode_name(op);
    }
}

/* ", " between items. */
static void dump_list(const struct dump *dump, const char *name, const uint32_t *words, uint32_t count) {
    for (uint32_t index = 0; index < count; index++)
        dump_text(dump, "%s%s%u", index == 0 ? " " : ", ", name, words[index]);
}

static void dump_immediates(const struct dump *dump, const struct ir_value *at) {
    const uint32_t *pool = dump->function->pool;
    switch (at->op) {
    case IR_PARAMETER:
    case IR_RESULT: dump_text(dump, " %u", at->aux); return;
    case IR_CONSTANT: dump_text(dump, " 0x%llx", (unsigned long long)ir_constant_bits(at)); return;
    case IR_CONSTANT_V128: dump_text(dump, " 0x%08x%08x%08x%08x", pool[at->a + 3], pool[at->a + 2], pool[at->a + 1], pool[at->a]); return;
    case IR_CALL: dump_text(dump, " function=%u", at->aux); return;
    case IR_CALL_INDIRECT: dump_text(dump, " type=%u table=%u", at->aux, at->c); return;
    case OP_I8X16_SHUFFLE:
        dump_text(dump, " lanes=0x%08x%08x%08x%08x", pool[at->extra + 3], pool[at->extra + 2], pool[at->extra + 1], pool[at->extra]);
        return;
    default: break;
    }
    if (at->op >= OPCODE_COUNT)
        return;
    switch ((enum immediate)opcode_table[at->op].immediate) {
    case IMMEDIATE_NONE:
    case IMMEDIATE_TYPES:
    case IMMEDIATE_FENCE: break;
    case IMMEDIATE_LANE: dump_text(dump, " lane=%u", at->aux); break;
    case IMMEDIATE_ACCESS_LANE: dump_text(dump, " lane=%u", at->c); /* fall through */
    case IMMEDIATE_ACCESS:
        dump_text(dump, " offset=0x%x", at->aux);
        if (at->extra != 0)
            dump_text(dump, " memory=%u", at->extra);
        break;
    case IMMEDIATE_TABLE_TABLE:
    case IMMEDIATE_ELEMENT_TABLE:
    case IMMEDIATE_DATA_MEMORY:
    case IMMEDIATE_MEMORY_MEMORY: dump_text(dump, " index=%u second=%u", at->aux, at->extra); break;
    default: dump_text(dump, " index=%u", at->aux); break;
    }
}

static void dump_value(const struct dump *dump, uint32_t value) {
    const struct ir_value *at = &dump->function->values[value];
    uint32_t count;
    const uint32_t *operands = ir_operands(dump->function, value, &count);
    if (at->type != 0)
        dump_text(dump, "    v%u = %s ", value, type_text(at->type));
    else if (at->op == IR_CALL || at->op == IR_CALL_INDIRECT)
        dump_text(dump, "    v%u = ", value);
    else
        dump_text(dump, "    ");
    dump_text(dump, "%s", op_text(at->op));
    dump_list(dump, "v", operands, count);
    dump_immediates(dump, at);
    dump_text(dump, "    ; 0x%x\n", at->source);
}

static void dump_end(const struct dump *dump, const struct ir_block *at) {
    static const char *const names[] = {"nothing", "jump", "branch", "table", "return", "tail call", "unreachable"};
    const uint32_t *pool = dump->function->pool;
    ASSERT(at->end < sizeof names / sizeof *names);
    dump_text(dump, "    %s", names[at->end]);
    if (at->operand != IR_NONE)
        dump_text(dump, " v%u", at->operand);
    dump_list(dump, "v", pool + at->arguments, at->argument_count);
    if (at->successor_count > 0)
        dump_text(dump, " to");
    dump_list(dump, "block ", pool + at->successors, at->successor_count);
    dump_text(dump, "    ; 0x%x\n", at->source);
}

static void dump_block(const struct dump *dump, uint32_t block) {
    const struct ir_block *at = &dump->function->blocks[block];
    dump_text(dump, "block %u:", block);
    if (at->predecessor_count > 0)
        dump_text(dump, " from");
    dump_list(dump, "", dump->function->pool + at->predecessors, at->predecessor_count);
    if (at->dominator != IR_NO_BLOCK)
        dump_text(dump, "; under %u", at->dominator);
    if (at->loop != IR_NO_BLOCK)
        dump_text(dump, "; %s %u, depth %u", at->is_loop ? "loop" : "in loop", at->loop, at->loop_depth);
    dump_text(dump, "\n");
    for (uint32_t value = at->first; value != IR_NONE; value = dump->function->values[value].next)
        dump_value(dump, value);
    dump_end(dump, at);
}

void ir_dump(const struct ir_function *function, ir_sink *sink, void *context) {
    struct dump dump = {.function = function, .sink = sink, .context = context};
    const struct wasm_function_type *type = function->type;
    dump_text(&dump, "function %u (", function->index);
    for (uint32_t index = 0; index < type->parameter_count; index++)
        dump_text(&dump, "%s%s", index == 0 ? "" : ", ", type_text(type->types[index]));
    dump_text(&dump, ") to (");
    for (uint32_t index = 0; index < type->result_count; index++)
        dump_text(&dump, "%s%s", index == 0 ? "" : ", ", type_text(type->types[type->parameter_count + index]));
    dump_text(&dump, ")\n");
    for (uint32_t block = 0; block < function->block_count; block++)
        dump_block(&dump, block);
}
