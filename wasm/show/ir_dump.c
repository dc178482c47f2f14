/* The intermediate form as text. */
#include "wasm/show/dump.h"

#include "base/assert.h"
#include "wasm/decode_names.h"
#include "wasm/show/text.h"

struct dump {
    const struct ir_function *function;
    struct text_out out;
};

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
    case IR_BOUND: return "bound";
    case IR_RESULT: return "result";
    case IR_HOME_GET: return "home.get";
    case IR_HOME_SET: return "home.set";
    default: return opcode_name(op);
    }
}

/* ", " between items. */
static void dump_list(const struct dump *dump, const char *name, const uint32_t *words, uint32_t count) {
    for (uint32_t index = 0; index < count; index++)
        text_out_add(&dump->out, "%s%s%u", index == 0 ? " " : ", ", name, words[index]);
}

static void dump_immediates(const struct dump *dump, const struct ir_value *at) {
    const uint32_t *pool = dump->function->pool;
    switch (at->op) {
    case IR_PARAMETER:
    case IR_HOME_GET:
    case IR_HOME_SET:
    case IR_RESULT: text_out_add(&dump->out, " %u", at->aux); return;
    case IR_CONSTANT: text_out_add(&dump->out, " 0x%llx", (unsigned long long)ir_constant_bits(at)); return;
    case IR_CONSTANT_V128: text_out_add(&dump->out, " 0x%08x%08x%08x%08x", pool[at->a + 3], pool[at->a + 2], pool[at->a + 1], pool[at->a]); return;
    case IR_BOUND: text_out_add(&dump->out, " distance=0x%x memory=%u", at->aux, at->extra); return;
    case IR_CALL: text_out_add(&dump->out, " function=%u", at->aux); return;
    case IR_CALL_INDIRECT: text_out_add(&dump->out, " type=%u table=%u", at->aux, at->c); return;
    case OP_I8X16_SHUFFLE:
        text_out_add(&dump->out, " lanes=0x%08x%08x%08x%08x", pool[at->extra + 3], pool[at->extra + 2], pool[at->extra + 1], pool[at->extra]);
        return;
    default: break;
    }
    if (at->op >= OPCODE_COUNT)
        return;
    switch ((enum immediate)opcode_table[at->op].immediate) {
    case IMMEDIATE_NONE:
    case IMMEDIATE_TYPES:
    case IMMEDIATE_FENCE: break;
    case IMMEDIATE_LANE: text_out_add(&dump->out, " lane=%u", at->aux); break;
    case IMMEDIATE_ACCESS_LANE: text_out_add(&dump->out, " lane=%u", at->c); /* fall through */
    case IMMEDIATE_ACCESS:
        text_out_add(&dump->out, " offset=0x%x", at->aux);
        if (at->extra != 0)
            text_out_add(&dump->out, " memory=%u", at->extra);
        break;
    case IMMEDIATE_TABLE_TABLE:
    case IMMEDIATE_ELEMENT_TABLE:
    case IMMEDIATE_DATA_MEMORY:
    case IMMEDIATE_MEMORY_MEMORY: text_out_add(&dump->out, " index=%u second=%u", at->aux, at->extra); break;
    default: text_out_add(&dump->out, " index=%u", at->aux); break;
    }
}

static void dump_value(const struct dump *dump, uint32_t value) {
    const struct ir_value *at = &dump->function->values[value];
    uint32_t count;
    const uint32_t *operands = ir_operands(dump->function, value, &count);
    if (at->type != 0) {
        text_out_add(&dump->out, "v%u = %s ", value, type_name(at->type));
    } else if (at->op == IR_CALL || at->op == IR_CALL_INDIRECT) {
        text_out_add(&dump->out, "v%u = ", value);
    }
    text_out_add(&dump->out, "%s", op_text(at->op));
    dump_list(dump, "v", operands, count);
    dump_immediates(dump, at);
}

static void dump_end(const struct dump *dump, const struct ir_block *at) {
    static const char *const names[] = {"nothing", "jump", "branch", "table", "return", "tail call", "unreachable"};
    const uint32_t *pool = dump->function->pool;
    ASSERT(at->end < sizeof names / sizeof *names);
    text_out_add(&dump->out, "%s", names[at->end]);
    if (at->operand != IR_NONE) {
        text_out_add(&dump->out, " v%u", at->operand);
    }
    dump_list(dump, "v", pool + at->arguments, at->argument_count);
    if (at->successor_count > 0) {
        text_out_add(&dump->out, " to");
    }
    dump_list(dump, "block ", pool + at->successors, at->successor_count);
}

void ir_dump_source(const struct ir_function *function, uint32_t source, wasm_text_sink *sink, void *context) {
    const struct text_out out = {sink, context};
    const char *before = "    ; ";
    do {
        text_out_add(&out, "%s0x%x", before, ir_source_offset(function, source, &source));
        before = " in ";
    } while (source != 0);
    text_out_add(&out, "\n");
}

static void dump_block(const struct dump *dump, uint32_t block) {
    const struct ir_block *at = &dump->function->blocks[block];
    text_out_add(&dump->out, "block %u:", block);
    if (at->predecessor_count > 0)
        text_out_add(&dump->out, " from");
    dump_list(dump, "", dump->function->pool + at->predecessors, at->predecessor_count);
    if (at->dominator != IR_NO_BLOCK)
        text_out_add(&dump->out, "; under %u", at->dominator);
    if (at->loop != IR_NO_BLOCK)
        text_out_add(&dump->out, "; %s %u, depth %u", at->is_loop ? "loop" : "in loop", at->loop, at->loop_depth);
    text_out_add(&dump->out, "\n");
    for (uint32_t value = at->first; value != IR_NONE; value = dump->function->values[value].next) {
        text_out_add(&dump->out, "    ");
        dump_value(dump, value);
        ir_dump_source(dump->function, dump->function->values[value].source, dump->out.sink, dump->out.context);
    }
    text_out_add(&dump->out, "    ");
    dump_end(dump, at);
    ir_dump_source(dump->function, at->source, dump->out.sink, dump->out.context);
}

void ir_dump_value(const struct ir_function *function, uint32_t value, wasm_text_sink *sink, void *context) {
    const struct dump dump = {.function = function, .out = {sink, context}};
    dump_value(&dump, value);
}

void ir_dump_end(const struct ir_function *function, uint32_t block, wasm_text_sink *sink, void *context) {
    const struct dump dump = {.function = function, .out = {sink, context}};
    dump_end(&dump, &function->blocks[block]);
}

void ir_dump(const struct ir_function *function, wasm_text_sink *sink, void *context) {
    const struct dump dump = {.function = function, .out = {sink, context}};
    const struct wasm_function_type *type = function->type;
    text_out_add(&dump.out, "function %u (", function->index);
    for (uint32_t index = 0; index < type->parameter_count; index++)
        text_out_add(&dump.out, "%s%s", index == 0 ? "" : ", ", type_name(type->types[index]));
    text_out_add(&dump.out, ") to (");
    for (uint32_t index = 0; index < type->result_count; index++)
        text_out_add(&dump.out, "%s%s", index == 0 ? "" : ", ", type_name(type->types[type->parameter_count + index]));
    text_out_add(&dump.out, ")\n");
    for (uint32_t block = 0; block < function->block_count; block++)
        dump_block(&dump, block);
}
