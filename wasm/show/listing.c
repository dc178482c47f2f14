/* Function listings. The order is that of the instructions in the module; what a call that was inlined became stands below the call, with the
   instructions of the callee. Values and code that no instruction is to blame for (parameters, the frame) stand with the declarations of locals.

   Sources are the key: each value, end of a block and piece of code has one (ir_source_offset). They are sorted into lists by place, which is a
   source counted from the start of the body, and behind it the sources of inlined calls. */
#include "wasm/show/listing.h"

#include "base/assert.h"
#include "base/leb128.h"
#include "wasm/decode_names.h"
#include "wasm/show/instruction_text.h"

#define COLUMN_SSA  44u
#define COLUMN_CODE 88u
#define HEX_WIDTH   24u
#define INDENT_MAX  8u
#define DATA_LINE   16u
#define NONE        UINT32_MAX

/* Items of one kind by place, in their order. */
struct sorted {
    uint32_t *heads, *tails; /* by place; NONE */
    uint32_t *next;          /* by item */
    uint32_t item_count;
};

struct listing {
    const struct wasm_module *module;
    const struct ir_function *function;
    const struct code *code;
    const struct text_out *out;
    uint32_t place_count;
    struct sorted values; /* then the ends of blocks */
    struct sorted lines;
    uint32_t *blocks; /* by value: where it is */
    uint32_t block;   /* the one that was shown last */
};

/* ---- Sorting ---- */

static uint32_t place_of(const struct listing *listing, uint32_t source) {
    const struct ir_function *function = listing->function;
    const struct module_function *declared = &function->module->functions[function->index];
    if (source >= LIMIT_MODULE_BYTES) {
        return declared->body_size + (source - LIMIT_MODULE_BYTES);
    }
    return source - declared->body_offset < declared->body_size ? source - declared->body_offset : 0;
}

static bool sorted_begin(struct sorted *sorted, struct budget *budget, uint32_t place_count, uint32_t item_count) {
    sorted->item_count = item_count;
    sorted->heads = budget_allocate(budget, place_count * sizeof *sorted->heads);
    sorted->tails = budget_allocate(budget, place_count * sizeof *sorted->tails);
    sorted->next = budget_allocate(budget, (item_count + 1ull) * sizeof *sorted->next);
    if (sorted->heads == NULL || sorted->tails == NULL || sorted->next == NULL) {
        return false;
    }
    memset(sorted->heads, 0xFF, place_count * sizeof *sorted->heads);
    memset(sorted->next, 0xFF, (item_count + 1ull) * sizeof *sorted->next);
    return true;
}

static void sorted_end(struct sorted *sorted, struct budget *budget, uint32_t place_count) {
    if (sorted->heads != NULL) {
        budget_release(budget, sorted->heads, place_count * sizeof *sorted->heads);
    }
    if (sorted->tails != NULL) {
        budget_release(budget, sorted->tails, place_count * sizeof *sorted->tails);
    }
    if (sorted->next != NULL) {
        budget_release(budget, sorted->next, (sorted->item_count + 1ull) * sizeof *sorted->next);
    }
}

static void sorted_add(struct sorted *sorted, uint32_t place, uint32_t item) {
    ASSERT(item < sorted->item_count);
    if (sorted->heads[place] == NONE) {
        sorted->heads[place] = item;
    } else {
        sorted->next[sorted->tails[place]] = item;
    }
    sorted->tails[place] = item;
}

static void values_sort(struct listing *listing) {
    const struct ir_function *function = listing->function;
    for (uint32_t place = 0; place < function->order_count; place++) {
        const uint32_t block = function->order[place];
        for (uint32_t value = function->blocks[block].first; value != IR_NONE; value = function->values[value].next) {
            listing->blocks[value] = block;
            sorted_add(&listing->values, place_of(listing, function->values[value].source), value);
        }
        sorted_add(&listing->values, place_of(listing, function->blocks[block].source), function->value_count + block);
    }
}

static void lines_sort(struct listing *listing) {
    for (uint32_t line = 0; line < listing->code->line_count; line++) {
        sorted_add(&listing->lines, place_of(listing, listing->code->lines[line].source), line);
    }
}

/* ---- Columns ---- */

static const char spaces[] = "                                                                                                ";
_Static_assert(sizeof spaces > COLUMN_CODE, "enough for a column");

/* Begins a column on the line so far, which has `used` characters, or on a new line when that is longer. */
static void column_begin(const struct listing *listing, size_t used, uint32_t column) {
    if (used >= column) {
        text_out_add(listing->out, "\n");
        used = 0;
    }
    text_out_add(listing->out, "%.*s", (int)(column - used), spaces);
}

static uint32_t line_end(const struct code *code, uint32_t line) {
    return line + 1 < code->line_count ? code->lines[line + 1].offset : code->instruction_bytes;
}

/* A direct call has no distance yet, but a function. */
static void target_text(const struct code *code, uint32_t offset, uint32_t size, struct text *instruction) {
    uint32_t low = 0, high = code->relocation_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (code->relocations[middle].offset < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < code->relocation_count && code->relocations[low].offset < offset + size) {
        size_t name = 0;
        while (name < instruction->size && instruction->data[name] != ' ') {
            name++;
        }
        text_cut(instruction, name);
        text_add(instruction, " function %u", code->relocations[low].function);
    }
}

/* One instruction, "0010  8b 44 24 08   mov eax, [rsp + 8]"; its size. Bytes that are none of ours are shown up to `end`. */
static uint32_t code_text(const struct code *code, uint32_t offset, uint32_t end, struct text *out) {
    struct text instruction;
    text_begin(&instruction);
    uint32_t size = machine_text((struct bytes){code->bytes + offset, end - offset}, offset, &instruction);
    if (size == 0) {
        size = end - offset;
        text_add(&instruction, "?");
    } else {
        target_text(code, offset, size, &instruction);
    }
    text_add(out, "%04x  ", offset);
    for (uint32_t byte = 0; byte < size; byte++) {
        text_add(out, "%02x ", code->bytes[offset + byte]);
    }
    text_add(out, "%.*s%s", (int)(3 * size < HEX_WIDTH ? HEX_WIDTH - 3 * size : 0), spaces, instruction.data);
    return size;
}

static void item_text(struct listing *listing, uint32_t item, struct text *out) {
    const struct ir_function *function = listing->function;
    const bool is_end = item >= function->value_count;
    const uint32_t block = is_end ? item - function->value_count : listing->blocks[item];
    if (block != listing->block) {
        text_add(out, "block %u: ", block);
    }
    listing->block = block;
    if (is_end) {
        ir_dump_end(function, block, text_take, out);
    } else {
        ir_dump_value(function, item, text_take, out);
    }
}

/* A line with the instruction, and what else belongs to its place, on as many lines as the longer column takes. */
static void place_show(struct listing *listing, uint32_t source, const struct text *instruction) {
    const struct code *code = listing->code;
    if (code == NULL) {
        text_out_add(listing->out, "%s\n", instruction->data);
        return;
    }
    const uint32_t place = place_of(listing, source);
    uint32_t item = listing->values.heads[place], line = listing->lines.heads[place];
    uint32_t offset = line != NONE ? code->lines[line].offset : 0;
    size_t used = instruction->size;
    text_out_add(listing->out, "%s", instruction->data);
    for (;; used = 0) {
        struct text text;
        if (item != NONE) {
            text_begin(&text);
            item_text(listing, item, &text);
            column_begin(listing, used, COLUMN_SSA);
            text_out_add(listing->out, "%s", text.data);
            used = COLUMN_SSA + text.size;
            item = listing->values.next[item];
        }
        while (line != NONE && offset == line_end(code, line)) {
            line = listing->lines.next[line];
            offset = line != NONE ? code->lines[line].offset : 0;
        }
        if (line != NONE) {
            text_begin(&text);
            offset += code_text(code, offset, line_end(code, line), &text);
            column_begin(listing, used, COLUMN_CODE);
            text_out_add(listing->out, "%s", text.data);
        } else if (item == NONE) {
            break;
        }
        text_out_add(listing->out, "\n");
    }
    if (used != 0) {
        text_out_add(listing->out, "\n");
    }
}

/* ---- Bodies ---- */

static void name_text(const struct wasm_module *module, uint32_t function, struct text *out) {
    char quoted[128];
    const struct bytes name = wasm_module_function_name(module, function);
    text_add(out, "function %u", function);
    if (name.size != 0) {
        text_add(out, " %s", report_quote(name, quoted, sizeof quoted));
    }
}

static void types_text(const uint8_t *types, uint32_t count, struct text *out) {
    for (uint32_t i = 0; i < count; i++) {
        text_add(out, "%s%s", i == 0 ? "" : ", ", type_name(types[i]));
    }
}

static void header_show(const struct wasm_module *module, uint32_t index, const struct text_out *out) {
    const struct wasm_function_type *type = module->functions[index].type;
    struct text text;
    text_begin(&text);
    name_text(module, index, &text);
    text_add(&text, " (");
    types_text(type->types, type->parameter_count, &text);
    text_add(&text, ") to (");
    types_text(type->types + type->parameter_count, type->result_count, &text);
    text_add(&text, "), %u bytes", module->functions[index].body_size);
    text_out_add(out, "%s", text.data);
}

/* The declarations at the head of a body (5.5.13); goes to the first instruction. */
static void locals_take(struct body *body, struct text *out) {
    uint32_t groups = leb128_read_u32(&body->at);
    text_add(out, groups == 0 ? "no locals" : "locals");
    for (; groups > 0; groups--) {
        const uint32_t count = leb128_read_u32(&body->at);
        text_add(out, " %u %s", count, type_name(*body->at++));
    }
}

/* How far an instruction is to the right; what is nested deeper than people can follow stays where it is. */
static uint32_t indent_of(const struct instruction *instruction, uint32_t *depth) {
    const bool closes = instruction->opcode == OP_END || instruction->opcode == OP_ELSE;
    const bool opens = instruction->opcode == OP_BLOCK || instruction->opcode == OP_LOOP || instruction->opcode == OP_IF;
    *depth -= closes && *depth > 0;
    const uint32_t indent = *depth < INDENT_MAX ? *depth : INDENT_MAX;
    *depth += opens || instruction->opcode == OP_ELSE;
    return 2 * indent;
}

static void inlined_show(struct listing *listing, uint32_t callee, uint32_t call);

/* distance: what to add to an offset for the source of its place. Callees that were inlined call nothing. */
static void body_show(struct listing *listing, uint32_t index, uint32_t distance, bool is_inlined) {
    const struct wasm_module *module = listing->module;
    const char *margin = is_inlined ? "  | " : "";
    struct body body;
    struct text text;
    uint32_t depth = 0;
    body_begin(&body, module, index);
    text_begin(&text);
    text_add(&text, "0x%06x  %s", module->functions[index].body_offset, margin);
    locals_take(&body, &text);
    place_show(listing, module->functions[index].body_offset + distance, &text);
    while (body.at < body.end) {
        struct instruction instruction;
        body_next(&body, &instruction);
        text_begin(&text);
        text_add(&text, "0x%06x  %s%.*s", instruction.source, margin, (int)indent_of(&instruction, &depth), spaces);
        instruction_text(module, &instruction, &text);
        place_show(listing, instruction.source + distance, &text);
        if (instruction.opcode == OP_CALL && !is_inlined) {
            inlined_show(listing, instruction.index, instruction.source);
        }
    }
}

static void inlined_show(struct listing *listing, uint32_t callee, uint32_t call) {
    const struct ir_function *function = listing->function;
    for (uint32_t i = 0; function != NULL && i < function->inlined_count; i++) {
        const struct ir_inlined *inlined = &function->inlined[i];
        if (inlined->call == call) {
            header_show(listing->module, callee, listing->out);
            text_out_add(listing->out, ", inlined\n");
            body_show(listing, callee, inlined->first - inlined->offset, true);
        }
    }
}

/* ---- The whole ---- */

/* Constants and jump tables. */
static void data_show(const struct code *code, const struct text_out *out) {
    for (uint32_t offset = code->instruction_bytes; offset < code->size; offset += DATA_LINE) {
        text_out_add(out, "%04x ", offset);
        for (uint32_t byte = offset; byte < offset + DATA_LINE && byte < code->size; byte++) {
            text_out_add(out, " %02x", code->bytes[byte]);
        }
        text_out_add(out, "\n");
    }
}

static void code_header_show(const struct ir_function *function, const struct code *code, const struct text_out *out) {
    header_show(function->module, function->index, out);
    text_out_add(out, "; %u bytes of machine code, a frame of %u\n", code->size, code->frame_bytes);
}

enum error listing_show(const struct ir_function *function, const struct code *code, const struct text_out *out) {
    struct budget *budget = function->budget;
    struct listing listing = {.module = function->module, .function = function, .code = code, .out = out, .block = NONE};
    listing.place_count = function->module->functions[function->index].body_size;
    if (function->inlined_count != 0) {
        const struct ir_inlined *last = &function->inlined[function->inlined_count - 1];
        listing.place_count += last->first + last->size - LIMIT_MODULE_BYTES;
    }
    listing.blocks = budget_allocate_zeroed(budget, function->value_count, sizeof *listing.blocks);
    const bool is_there = listing.blocks != NULL &&
                          sorted_begin(&listing.values, budget, listing.place_count, function->value_count + function->block_count) &&
                          sorted_begin(&listing.lines, budget, listing.place_count, code->line_count);
    if (is_there) {
        values_sort(&listing);
        lines_sort(&listing);
        code_header_show(function, code, out);
        body_show(&listing, function->index, 0, false);
        data_show(code, out);
    }
    sorted_end(&listing.values, budget, listing.place_count);
    sorted_end(&listing.lines, budget, listing.place_count);
    if (listing.blocks != NULL) {
        budget_release(budget, listing.blocks, function->value_count * sizeof *listing.blocks);
    }
    return is_there ? ERROR_NONE : ERROR_NO_MEMORY;
}

void listing_show_body(const struct wasm_module *module, uint32_t function, const struct text_out *out) {
    struct listing listing = {.module = module, .out = out};
    header_show(module, function, out);
    text_out_add(out, ", not compiled\n");
    body_show(&listing, function, 0, false);
}

void listing_show_code(const struct ir_function *function, const struct code *code, const struct text_out *out) {
    code_header_show(function, code, out);
    for (uint32_t line = 0; line < code->line_count; line++) {
        for (uint32_t offset = code->lines[line].offset; offset < line_end(code, line);) {
            struct text text;
            text_begin(&text);
            offset += code_text(code, offset, line_end(code, line), &text);
            text_out_add(out, "%s", text.data);
            ir_dump_source(function, code->lines[line].source, out->sink, out->context);
        }
    }
    data_show(code, out);
}
