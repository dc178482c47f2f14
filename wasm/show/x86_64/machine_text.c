/* x86-64 machine code as text, in Intel's notation: the table that the encoder writes from (ops.def), read the other way. What is not in it,
   because the encoder writes it by hand, is in a second one. Knows what the compiler makes, and nothing else. */
#include "wasm/show/dump.h"

#include "wasm/compile/x86_64/isa.h"
#include "wasm/show/text.h"

#define BYTES_MAX 15u /* of an instruction, Intel SDM volume 2, 2.3.11 */

/* An instruction taken apart (Intel SDM volume 2, chapter 2). */
struct parts {
    const uint8_t *at, *end;
    bool operand_size, lock; /* prefixes 66, F0 */
    uint8_t repeat;          /* prefix F2, F3, or 0 */
    uint8_t rex, map, opcode;
    bool has_vex;
    uint8_t second; /* the register that VEX names */
    uint8_t mod, reg, rm;
    bool has_index;
    uint8_t index, shift;
    bool is_absolute, is_relative; /* no base; to the instruction behind this one */
    int32_t displacement;
};

/* What of an entry an instruction chose. */
struct choice {
    const struct x86_op_info *info;
    bool is_reg_vector, is_rm_vector;
    bool is_digit;           /* no register, but a part of the opcode */
    uint8_t width, rm_width; /* of registers in bytes */
    uint8_t immediate_bytes;
    uint8_t condition;
};

/* What encode_special.c, encode_float.c and encode_control.c write; .digit as there. */
struct extra {
    struct x86_op_info info;
    bool is_reg_vector, is_rm_vector;
};
static const struct extra extras[] = {
    {{"div", FORM_TIED_ONE, 0, 0, 0xF7, 6, FLAG_W}, false, false},
    {{"idiv", FORM_TIED_ONE, 0, 0, 0xF7, 7, FLAG_W}, false, false},
    {{"call", FORM_TIED_ONE, 0, 0, 0xFF, 2, FLAG_QUAD}, false, false},
    {{"jmp", FORM_TIED_ONE, 0, 0, 0xFF, 4, FLAG_QUAD}, false, false},
    {{"set", FORM_TIED_ONE, 0, 1, 0x90, 0, FLAG_CONDITION | FLAG_BYTE_RM}, false, false},
    {{"cvtsi2ss", FORM_TIED, 0xF3, 1, 0x2A, 0, FLAG_W}, true, false},
    {{"cvtsi2sd", FORM_TIED, 0xF2, 1, 0x2A, 0, FLAG_W}, true, false},
    {{"cvttss2si", FORM_RM, 0xF3, 1, 0x2C, 0, FLAG_W}, false, true},
    {{"cvttsd2si", FORM_RM, 0xF2, 1, 0x2C, 0, FLAG_W}, false, true},
    {{"mins", FORM_TIED, 0, 1, 0x5D, 0, FLAG_SCALAR}, true, true},
    {{"maxs", FORM_TIED, 0, 1, 0x5F, 0, FLAG_SCALAR}, true, true},
    {{"nop", FORM_TIED_ONE, 0, 1, 0x1F, 0, FLAG_SIZES}, false, false},
};

/* Without operands: the bytes. */
static const struct {
    const char *text;
    uint8_t size, bytes[3];
} bare[] = {
    {"ret", 1, {0xC3}}, {"nop", 1, {0x90}}, {"cdq", 1, {0x99}}, {"cqo", 2, {0x48, 0x99}}, {"ud2", 2, {0x0F, 0x0B}}, {"mfence", 3, {0x0F, 0xAE, 0xF0}},
};

static const char *const conditions[] = {"o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"};

/* ---- Reading ---- */

static uint64_t take(struct parts *parts, uint32_t size) {
    uint64_t value = 0;
    if ((size_t)(parts->end - parts->at) < size) {
        parts->at = NULL;
        parts->end = NULL;
        return 0;
    }
    for (uint32_t i = 0; i < size; i++) {
        value |= (uint64_t)parts->at[i] << 8 * i;
    }
    parts->at += size;
    return value;
}

static int64_t take_signed(struct parts *parts, uint32_t size) {
    const uint32_t unused = 64 - 8 * size;
    return size == 0 ? 0 : (int64_t)(take(parts, size) << unused) >> unused;
}

/* Intel SDM volume 2, 2.3.5. Afterwards it is as if there were the other prefixes. */
static void take_vex(struct parts *parts, bool is_short) {
    const uint8_t first = (uint8_t)take(parts, 1), last = is_short ? first : (uint8_t)take(parts, 1);
    parts->has_vex = true;
    parts->map = is_short ? 1 : first & 31;
    parts->rex = (uint8_t)((~first >> 5 & (is_short ? 4 : 7)) | (is_short ? 0 : last >> 4 & 8));
    parts->second = (uint8_t)(~last >> 3 & 15);
    parts->operand_size = (last & 3) == 1;
    parts->repeat = (last & 3) == 2 ? 0xF3 : (last & 3) == 3 ? 0xF2 : 0;
    parts->opcode = (uint8_t)take(parts, 1);
}

static void take_opcode(struct parts *parts) {
    uint8_t byte = (uint8_t)take(parts, 1);
    if (byte == 0xC4 || byte == 0xC5) {
        take_vex(parts, byte == 0xC5);
        return;
    }
    for (; byte == 0x66 || byte == 0xF0 || byte == 0xF2 || byte == 0xF3; byte = (uint8_t)take(parts, 1)) {
        parts->operand_size |= byte == 0x66;
        parts->lock |= byte == 0xF0;
        parts->repeat = byte >= 0xF2 ? byte : parts->repeat;
    }
    if ((byte & 0xF0) == 0x40) {
        parts->rex = byte;
        byte = (uint8_t)take(parts, 1);
    }
    if (byte == 0x0F) {
        parts->map = 1;
        byte = (uint8_t)take(parts, 1);
        if (byte == 0x38 || byte == 0x3A) {
            parts->map = byte == 0x38 ? 2 : 3;
            byte = (uint8_t)take(parts, 1);
        }
    }
    parts->opcode = byte;
}

static void take_place(struct parts *parts) {
    const uint8_t byte = (uint8_t)take(parts, 1);
    parts->mod = byte >> 6;
    parts->reg = (uint8_t)((byte >> 3 & 7) | (parts->rex & 4) << 1);
    parts->rm = (uint8_t)((byte & 7) | (parts->rex & 1) << 3);
    if (parts->mod == 3) {
        return;
    }
    if ((byte & 7) == 4) {
        const uint8_t scale = (uint8_t)take(parts, 1);
        parts->shift = scale >> 6;
        parts->index = (uint8_t)((scale >> 3 & 7) | (parts->rex & 2) << 2);
        parts->has_index = parts->index != RSP;
        parts->rm = (uint8_t)((scale & 7) | (parts->rex & 1) << 3);
        parts->is_absolute = parts->mod == 0 && (scale & 7) == 5;
    } else {
        parts->is_relative = parts->mod == 0 && (byte & 7) == 5;
    }
    const bool is_word = parts->mod == 2 || parts->is_absolute || parts->is_relative;
    parts->displacement = (int32_t)take_signed(parts, parts->mod == 1 ? 1 : is_word ? 4 : 0);
}

/* ---- Finding the entry ---- */

static bool op_reg_is_general(uint32_t op) {
    return op == X86_PMOVMSKB || op == X86_MOVMSKP;
}

static bool op_rm_is_general(uint32_t op) {
    switch (op) {
    case X86_MOVE_TO_VECTOR:
    case X86_MOVE_FROM_VECTOR:
    case X86_PINSRB:
    case X86_PINSRW:
    case X86_PINSRD:
    case X86_PEXTRB:
    case X86_PEXTRW:
    case X86_PEXTRD:
    case X86_PEXTRB_M:
    case X86_PEXTRW_M:
    case X86_PEXTRD_M: return true;
    default: return false;
    }
}

static bool form_has_digit(const struct x86_op_info *info) {
    switch (info->form) {
    case FORM_STORE_I:
    case FORM_TIED_I:
    case FORM_TIED_ONE:
    case FORM_INTO:
    case FORM_TIED_CL: return true;
    case FORM_SPECIAL: return info->digit != 0;
    default: return false;
    }
}

static bool form_has_immediate(const struct x86_op_info *info) {
    return info->form == FORM_RM_I || info->form == FORM_STORE_I || info->form == FORM_TIED_I || (info->flags & FLAG_BYTE) != 0;
}

/* The opcode says the condition, the size of the operands and that of the immediate. */
static bool opcode_fits(const struct parts *parts, struct choice *choice) {
    const struct x86_op_info *info = choice->info;
    const uint8_t more = (uint8_t)(parts->opcode - info->opcode);
    const bool has_sizes = (info->flags & FLAG_SIZES) != 0, is_byte = has_sizes && (more & 1) == 0;
    const uint8_t wide = (parts->rex & 8) != 0 ? 8 : 4;
    choice->width = (info->flags & FLAG_QUAD) != 0 ? 8 : is_byte ? 1 : has_sizes && parts->operand_size ? 2 : wide;
    choice->rm_width = (info->flags & FLAG_BYTE_RM) != 0 ? 1 : info == &x86_ops[X86_SIGN_EXTEND_32] ? 4 : choice->width;
    if ((info->flags & FLAG_CONDITION) != 0) {
        choice->condition = more;
        return more < 16;
    }
    const bool is_short = (info->flags & FLAG_SHORT) != 0 && (more & 2) != 0;
    if (form_has_immediate(info)) {
        const bool is_small = is_short || is_byte || (info->flags & FLAG_BYTE) != 0;
        choice->immediate_bytes = is_small ? 1 : has_sizes && choice->width == 2 ? 2 : 4;
    }
    return more <= (has_sizes ? 1 : 0) + (is_short ? 2 : 0);
}

static bool prefix_fits(const struct parts *parts, const struct x86_op_info *info) {
    const uint8_t prefix = parts->repeat != 0 ? parts->repeat : parts->operand_size ? 0x66 : 0;
    if ((info->flags & FLAG_SCALAR) != 0) {
        return prefix == 0xF2 || prefix == 0xF3;
    }
    if ((info->flags & (FLAG_PACKED | FLAG_SIZES)) != 0) {
        return prefix == 0 || prefix == 0x66;
    }
    return prefix == info->prefix;
}

static bool entry_fits(const struct parts *parts, struct choice *choice) {
    const struct x86_op_info *info = choice->info;
    if (info->map != parts->map || !prefix_fits(parts, info) || ((info->flags & FLAG_LOCK) != 0) != parts->lock || !opcode_fits(parts, choice)) {
        return false;
    }
    choice->is_digit = form_has_digit(info);
    return (!choice->is_digit || (parts->reg & 7) == info->digit) && (info->form != FORM_STORE || parts->mod != 3);
}

/* Scalars are moved between registers by an entry of its own: it takes the upper part from a third one. */
static bool vex_fits(const struct parts *parts, uint32_t op) {
    const bool must_have = (x86_ops[op].flags & FLAG_VEX) != 0;
    if (!parts->has_vex) {
        return !must_have;
    }
    return must_have || (x86_op_is_vector(op) && !(op == X86_MOVE_SCALAR && parts->mod == 3));
}

static bool entry_find(const struct parts *parts, struct choice *choice) {
    for (uint32_t op = X86_NONE + 1; op < X86_OP_COUNT; op++) {
        *choice = (struct choice){.info = &x86_ops[op]};
        if ((choice->info->opcode == 0 && choice->info->form == FORM_SPECIAL) || !vex_fits(parts, op) || !entry_fits(parts, choice)) {
            continue;
        }
        choice->is_reg_vector = x86_op_is_vector(op) && !op_reg_is_general(op);
        choice->is_rm_vector = x86_op_is_vector(op) && !op_rm_is_general(op);
        return true;
    }
    for (uint32_t i = 0; i < sizeof extras / sizeof *extras; i++) {
        *choice = (struct choice){.info = &extras[i].info, .is_reg_vector = extras[i].is_reg_vector, .is_rm_vector = extras[i].is_rm_vector};
        if (parts->has_vex <= (choice->is_reg_vector || choice->is_rm_vector) && entry_fits(parts, choice)) {
            return true;
        }
    }
    return false;
}

/* ---- Writing ---- */

static const char *register_text(uint32_t number, bool is_vector, uint8_t width) {
    static const char *const words[] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "r8w", "r9w", "r10w", "r11w", "r12w", "r13w", "r14w", "r15w"};
    static const char *const bytes[] = {"al",  "cl",  "dl",   "bl",   "spl",  "bpl",  "sil",  "dil",
                                        "r8b", "r9b", "r10b", "r11b", "r12b", "r13b", "r14b", "r15b"};
    if (is_vector) {
        return isa_names.reg(XMM0 + number, 16);
    }
    return width == 1 ? bytes[number] : width == 2 ? words[number] : isa_names.reg(number, width);
}

static void number_text(struct text *out, const char *before, int64_t value) {
    const uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    text_add(out, size > 9 ? "%s%s0x%llx" : "%s%s%llu", before, value < 0 ? "-" : "", (unsigned long long)size);
}

static void memory_text(struct text *out, const struct parts *parts) {
    const char *between = "";
    text_add(out, "[");
    if (parts->is_relative) {
        text_add(out, "rip");
        between = " + ";
    } else if (!parts->is_absolute) {
        text_add(out, "%s", isa_names.reg(parts->rm, 8));
        between = " + ";
    }
    if (parts->has_index) {
        text_add(out, "%s%s", between, isa_names.reg(parts->index, 8));
        between = " + ";
        if (parts->shift != 0) {
            text_add(out, "*%u", 1u << parts->shift);
        }
    }
    if (parts->displacement < 0 && *between != 0) {
        number_text(out, " - ", -(int64_t)parts->displacement);
    } else if (parts->displacement != 0 || *between == 0) {
        number_text(out, between, parts->displacement);
    }
    text_add(out, "]");
}

/* Memory without a register beside it says how much of it. */
static void place_text(struct text *out, const struct parts *parts, const struct choice *choice) {
    if (parts->mod == 3) {
        text_add(out, "%s", register_text(parts->rm, choice->is_rm_vector, choice->rm_width));
        return;
    }
    if (choice->is_digit || choice->rm_width != choice->width) {
        text_add(out, "%s ptr ", choice->rm_width == 1 ? "byte" : choice->rm_width == 2 ? "word" : choice->rm_width == 4 ? "dword" : "qword");
    }
    memory_text(out, parts);
}

/* The processor's name of what ops.def has a name of: with the kind of float, the condition, or the width at its end. */
static void name_text(struct text *out, const struct parts *parts, struct choice *choice) {
    const uint16_t flags = choice->info->flags;
    text_add(out, "%s%s", parts->has_vex && (flags & FLAG_VEX) == 0 ? "v" : "", choice->info->text);
    char *last = out->data + out->size - 1;
    if (*last == '8' || *last == '6') {
        choice->rm_width = *last == '8' ? 1 : 2;
        text_cut(out, out->size - (*last == '8' ? 1 : 2));
    } else if ((flags & FLAG_SCALAR) != 0) {
        text_add(out, parts->repeat == 0xF3 ? "s" : "d");
    } else if ((flags & FLAG_PACKED) != 0) {
        text_add(out, parts->operand_size ? "d" : "s");
    } else if ((flags & FLAG_CONDITION) != 0) {
        text_add(out, "%s", conditions[choice->condition]);
    } else if (choice->info->prefix == 0x66 && choice->is_reg_vector != choice->is_rm_vector && *last == 'd' && choice->width == 8) {
        *last = 'q';
    }
}

/* Which register VEX names, if any: the result, the first of two that are read, or the last. */
enum second { SECOND_NONE, SECOND_RESULT, SECOND_MIDDLE, SECOND_LAST };

static enum second second_of(const struct parts *parts, const struct choice *choice) {
    if (!parts->has_vex) {
        return SECOND_NONE;
    }
    switch (choice->info->form) {
    case FORM_TIED_I:
    case FORM_INTO: return SECOND_RESULT;
    case FORM_TIED:
    case FORM_TIED_BYTE:
    case FORM_SELF: return SECOND_MIDDLE;
    case FORM_THREE: return choice->info->opcode == x86_ops[X86_SHL_3].opcode ? SECOND_LAST : SECOND_MIDDLE;
    case FORM_SPECIAL: return SECOND_MIDDLE;
    default: return (choice->info->flags & FLAG_MERGES) != 0 ? SECOND_MIDDLE : SECOND_NONE;
    }
}

static void operands_text(struct text *out, struct parts *parts, const struct choice *choice) {
    const uint8_t form = choice->info->form;
    const char *reg = register_text(parts->reg, choice->is_reg_vector, choice->width);
    const bool is_store = form == FORM_STORE || form == FORM_OUT || (form == FORM_SPECIAL && !parts->has_vex);
    const bool place_first = is_store || choice->info == &x86_ops[X86_TEST];
    const enum second second = second_of(parts, choice);
    const char *named = register_text(parts->second, choice->is_reg_vector, choice->width);
    text_add(out, " ");
    if (!choice->is_digit && !place_first) {
        text_add(out, "%s, ", reg);
    }
    if (second == SECOND_RESULT || second == SECOND_MIDDLE) {
        text_add(out, "%s, ", named);
    }
    place_text(out, parts, choice);
    if (second == SECOND_LAST) {
        text_add(out, ", %s", named);
    }
    if (!choice->is_digit && place_first) {
        text_add(out, ", %s", reg);
    }
    if (form == FORM_TIED_CL) {
        text_add(out, ", cl");
    }
    if (choice->immediate_bytes != 0) {
        const bool is_signed = choice->width >= 4 && (choice->info->flags & FLAG_BYTE) == 0;
        number_text(out, ", ", is_signed ? take_signed(parts, choice->immediate_bytes) : (int64_t)take(parts, choice->immediate_bytes));
    }
}

/* Jumps and calls to a distance, and constants in the opcode's register. */
static bool direct_text(struct text *out, struct parts *parts, const uint8_t *start, uint32_t address) {
    const uint8_t opcode = parts->opcode;
    const bool is_short = parts->map == 0 && (opcode == 0xEB || opcode >> 4 == 7);
    const bool is_conditional = parts->map == 0 ? opcode >> 4 == 7 : parts->map == 1 && opcode >> 4 == 8;
    if (is_short || is_conditional || (parts->map == 0 && (opcode == 0xE8 || opcode == 0xE9))) {
        const int64_t distance = take_signed(parts, is_short ? 1 : 4);
        const int64_t target = address + (parts->at - start) + distance;
        text_add(out, "%s%s", is_conditional ? "j" : opcode == 0xE8 ? "call" : "jmp", is_conditional ? conditions[opcode & 15] : "");
        number_text(out, " ", target);
        return true;
    }
    if (parts->map == 0 && (opcode & 0xF8) == 0xB8) {
        const uint8_t width = (parts->rex & 8) != 0 ? 8 : 4;
        text_add(out, "mov %s, ", register_text((opcode & 7) | (parts->rex & 1u) << 3, false, width));
        text_add(out, "0x%llx", (unsigned long long)take(parts, width));
        return true;
    }
    return false;
}

static uint32_t bare_text(struct text *out, struct bytes bytes) {
    for (uint32_t i = 0; i < sizeof bare / sizeof *bare; i++) {
        if (bytes.size >= bare[i].size && memcmp(bytes.data, bare[i].bytes, bare[i].size) == 0) {
            text_add(out, "%s", bare[i].text);
            return bare[i].size;
        }
    }
    return 0;
}

uint32_t machine_text(struct bytes bytes, uint32_t address, struct text *out) {
    struct parts parts = {.at = bytes.data, .end = bytes.data + (bytes.size < BYTES_MAX ? bytes.size : BYTES_MAX)};
    struct choice choice;
    const uint32_t size = bare_text(out, bytes);
    if (size != 0) {
        return size;
    }
    const size_t before = out->size;
    take_opcode(&parts);
    if (!direct_text(out, &parts, bytes.data, address)) {
        take_place(&parts);
        if (!entry_find(&parts, &choice)) {
            return 0;
        }
        name_text(out, &parts, &choice);
        operands_text(out, &parts, &choice);
    }
    if (parts.end == NULL) {
        text_cut(out, before);
        return 0;
    }
    return (uint32_t)(parts.at - bytes.data);
}
