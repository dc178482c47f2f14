/* One machine instruction that is one instruction of the processor: prefixes, opcode, registers, address, immediate (Intel SDM
   volume 2, chapter 2). */
#include "base/assert.h"
#include "wasm/compile/x86_64/encode.h"

/* ---- Places ---- */

struct encode_place encode_location(const struct encoder *encoder, uint32_t location) {
    if (location < MACHINE_SPILL)
        return encode_register(location);
    return encode_memory(RSP, (int32_t)(encoder->slots_at + 8 * (location - MACHINE_SPILL)));
}

struct encode_place encode_address(const struct encoder *encoder, const struct machine_instruction *instruction) {
    uint32_t scale = instruction->scale, last = instruction->operand_count - 1u, kind = PLACE_MEMORY, base = RSP, index = RSP, shift = 0;
    int32_t displacement = instruction->displacement;
    if (X86_SCALE_HAS_INDEX(scale)) {
        index = operand_location(encoder, instruction, last--);
        shift = X86_SCALE_SHIFT(scale);
    }
    switch (X86_SCALE_KIND(scale)) {
    case ADDRESS_MEMORY: base = X86_MEMORY; break;
    case ADDRESS_INSTANCE: base = X86_INSTANCE; break;
    case ADDRESS_BASE: base = operand_location(encoder, instruction, last); break;
    case ADDRESS_INDEX: kind = PLACE_ABSOLUTE; break;
    case ADDRESS_OUTGOING: break;
    case ADDRESS_HOME: displacement += (int32_t)encoder->homes_at; break;
    case ADDRESS_INCOMING: displacement += (int32_t)encoder->frame_bytes + 8; break;
    default: kind = PLACE_CONSTANT; break;
    }
    return (struct encode_place){
        .kind = (uint8_t)kind, .reg = (uint8_t)base, .index = (uint8_t)index, .shift = (uint8_t)shift, .displacement = displacement};
}

/* ---- Bytes: through a pointer of their own, since a byte that is stored might be any of the encoder's ---- */

/* The high bits of registers, as REX has them. What is no register has no high bit. */
static inline uint32_t high_bits(const struct encode_parts *parts, uint32_t reg, struct encode_place place) {
    return (parts->quad ? 8u : 0u) | (reg & 8) >> 1 | (place.index >> 2 & 2u) | place.reg >> 3;
}

static inline uint8_t *put_word(uint8_t *p, uint32_t value) {
    bytes_store_u32(p, value);
    return p + 4;
}

/* Intel SDM volume 2, 2.3.5: all registers are inverted; the short form has the first map and the high bit of `reg`. */
static inline uint8_t *put_vex(uint8_t *p, const struct encode_parts *parts, uint32_t bits) {
    uint32_t prefix = parts->prefix == 0x66 ? 1 : parts->prefix == 0xF3 ? 2 : parts->prefix == 0xF2 ? 3 : 0;
    uint32_t rest = (~(uint32_t)parts->second & 15) << 3 | prefix;
    if (parts->map == 1 && (bits & ~4u) == 0) {
        *p++ = 0xC5;
        *p++ = (uint8_t)((~bits & 4) << 5 | rest);
    } else {
        *p++ = 0xC4;
        *p++ = (uint8_t)((~bits & 7) << 5 | parts->map);
        *p++ = (uint8_t)((bits & 8) << 4 | rest);
    }
    return p;
}

static inline uint8_t *put_prefixes(uint8_t *p, const struct encode_parts *parts, uint32_t rex) {
    if (parts->vex)
        return put_vex(p, parts, rex);
    if (parts->lock)
        *p++ = 0xF0;
    if (parts->prefix != 0)
        *p++ = parts->prefix;
    if (rex != 0 || parts->needs_rex)
        *p++ = (uint8_t)(0x40 | rex);
    if (parts->map >= 1)
        *p++ = 0x0F;
    if (parts->map >= 2)
        *p++ = parts->map == 2 ? 0x38 : 0x3A;
    return p;
}

static inline uint8_t *put_memory(uint8_t *p, uint32_t field, struct encode_place place) {
    int32_t displacement = place.displacement;
    uint32_t base = place.reg & 7u, sib = (uint32_t)place.shift << 6 | (place.index & 7u) << 3;
    if (place.kind == PLACE_ABSOLUTE) {
        *p++ = (uint8_t)(field | 4);
        *p++ = (uint8_t)(sib | 5);
        return put_word(p, (uint32_t)displacement);
    }
    /* rbp and r13 as a base without a displacement mean something else. */
    uint32_t mode = displacement == 0 && base != 5 ? 0 : displacement >= -128 && displacement <= 127 ? 0x40 : 0x80;
    if (place.index != RSP || base == 4) {
        *p++ = (uint8_t)(mode | field | 4);
        *p++ = (uint8_t)(sib | base);
    } else {
        *p++ = (uint8_t)(mode | field | base);
    }
    if (mode == 0x40)
        *p++ = (uint8_t)displacement;
    return mode == 0x80 ? put_word(p, (uint32_t)displacement) : p;
}

void encode_parts(struct encoder *encoder, const struct encode_parts *parts, uint32_t reg, struct encode_place place) {
    uint32_t field = (reg & 7) << 3;
    uint8_t *p = put_prefixes(encoder->p, parts, high_bits(parts, reg, place));
    *p++ = parts->opcode;
    if (place.kind == PLACE_REGISTER) {
        *p++ = (uint8_t)(0xC0 | field | (place.reg & 7u));
        encoder->p = p;
    } else if (place.kind != PLACE_CONSTANT) {
        encoder->p = put_memory(p, field, place);
    } else {
        *p++ = (uint8_t)(field | 5);
        encoder->p = p;
        uint32_t at = encode_offset(encoder);
        encode_patch(encoder, PATCH_CONSTANT, at, at + 4 + parts->trailing, (uint32_t)place.displacement);
        encode_word(encoder, 0);
    }
}

/* What the width says beyond the table. */
static void parts_of(const struct x86_op_info *info, uint8_t width, uint32_t reg, struct encode_place place, struct encode_parts *parts) {
    uint32_t flags = info->flags;
    *parts = (struct encode_parts){.prefix = info->prefix, .map = info->map, .opcode = info->opcode};
    parts->quad = (flags & FLAG_QUAD) != 0 || ((flags & FLAG_W) != 0 && width == 8);
    if ((flags & (FLAG_LOCK | FLAG_BYTE_REG | FLAG_BYTE_RM | FLAG_SIZES | FLAG_SCALAR | FLAG_PACKED | FLAG_BYTE)) == 0)
        return;
    parts->lock = (flags & FLAG_LOCK) != 0;
    bool byte_reg = (flags & FLAG_BYTE_REG) != 0, byte_rm = (flags & FLAG_BYTE_RM) != 0;
    if ((flags & FLAG_SIZES) != 0) {
        parts->opcode += width == 1 ? 0 : 1;
        parts->prefix = width == 2 ? 0x66 : 0;
        parts->quad = width == 8;
        byte_reg = width == 1 && info->form != FORM_STORE_I;
        byte_rm = width == 1 && info->form == FORM_STORE_I;
    }
    if ((flags & FLAG_SCALAR) != 0)
        parts->prefix = width == 4 ? 0xF3 : 0xF2;
    if ((flags & FLAG_PACKED) != 0)
        parts->prefix = width == 4 ? 0 : 0x66;
    parts->needs_rex = (byte_reg && reg >= 4) || (byte_rm && place.kind == PLACE_REGISTER && place.reg >= 4);
    parts->trailing = (flags & FLAG_BYTE) != 0 ? 1 : 0;
}

static bool op_has_vex(const struct encoder *encoder, uint32_t op) {
    return (x86_ops[op].flags & FLAG_VEX) != 0 || (encoder->has_avx && x86_op_is_vector(op));
}

/* The register that VEX names where nobody asks for another: the result again, or where the upper part of the result is from, which had best
   be what is read anyway. */
static uint8_t second_of(const struct x86_op_info *info, uint32_t reg, struct encode_place place) {
    if ((info->flags & FLAG_MERGES) != 0)
        return place.kind == PLACE_REGISTER ? place.reg : (uint8_t)reg;
    return info->form == FORM_TIED || info->form == FORM_TIED_BYTE || info->form == FORM_SELF ? (uint8_t)reg : 0;
}

void encode_op(struct encoder *encoder, enum x86_op op, uint8_t width, uint32_t reg, struct encode_place place) {
    reg &= 15;
    struct encode_parts parts;
    parts_of(&x86_ops[op], width, reg, place, &parts);
    parts.vex = op_has_vex(encoder, op);
    parts.second = parts.vex ? second_of(&x86_ops[op], reg, place) : 0;
    encode_parts(encoder, &parts, reg, place);
}

static uint8_t immediate_bytes(const struct x86_op_info *info, uint8_t width, int64_t immediate) {
    if ((info->flags & FLAG_BYTE) != 0 || ((info->flags & FLAG_SIZES) != 0 && width == 1))
        return 1;
    if ((info->flags & FLAG_SHORT) != 0 && immediate >= -128 && immediate <= 127)
        return 1;
    return (info->flags & FLAG_SIZES) != 0 && width == 2 ? 2 : 4;
}

static void encode_with_immediate(struct encoder *encoder, const struct x86_op_info *info, uint8_t width, uint32_t reg, struct encode_place place,
                                  int64_t immediate) {
    struct encode_parts parts;
    parts_of(info, width, reg, place, &parts);
    parts.trailing = immediate_bytes(info, width, immediate);
    if (parts.trailing == 1 && (info->flags & FLAG_SHORT) != 0 && !((info->flags & FLAG_SIZES) != 0 && width == 1))
        parts.opcode += 2;
    encode_parts(encoder, &parts, reg, place);
    encode_byte(encoder, (uint32_t)immediate);
    if (parts.trailing >= 2)
        encode_byte(encoder, (uint32_t)immediate >> 8);
    if (parts.trailing == 4) {
        encode_byte(encoder, (uint32_t)immediate >> 16);
        encode_byte(encoder, (uint32_t)immediate >> 24);
    }
}

void encode_op_i(struct encoder *encoder, enum x86_op op, uint8_t width, struct encode_place place, int64_t immediate) {
    encode_with_immediate(encoder, &x86_ops[op], width, x86_ops[op].digit, place, immediate);
}

void encode_move_constant(struct encoder *encoder, uint32_t reg, uint8_t width, uint64_t value, bool flags_are_free) {
    struct encode_place place = encode_register(reg);
    if (value == 0 && flags_are_free) {
        encode_op(encoder, X86_XOR, 4, reg, place);
        return;
    }
    if (width <= 4)
        value = (uint32_t)value;
    if (value <= UINT32_MAX) {
        if (reg >= 8)
            encode_byte(encoder, 0x41);
        encode_byte(encoder, 0xB8 | (reg & 7));
        encode_word(encoder, (uint32_t)value);
        return;
    }
    encode_byte(encoder, 0x48 | reg >> 3);
    if ((int64_t)value == (int32_t)value) {
        encode_byte(encoder, 0xC7);
        encode_byte(encoder, 0xC0 | (reg & 7));
        encode_word(encoder, (uint32_t)value);
        return;
    }
    encode_byte(encoder, 0xB8 | (reg & 7));
    encode_word(encoder, (uint32_t)value);
    encode_word(encoder, (uint32_t)(value >> 32));
}

/* ---- Instructions ---- */

/* Where the second register of an instruction is: an address, an operand, or (TIED with one use) the first again. */
static struct encode_place place_of(const struct encoder *encoder, const struct machine_instruction *instruction, uint32_t number,
                                    uint32_t otherwise) {
    if (X86_SCALE_KIND(instruction->scale) != ADDRESS_NONE)
        return encode_address(encoder, instruction);
    return encode_location(encoder, operand_location(encoder, instruction, number < instruction->operand_count ? number : otherwise));
}

/* lea without an index, onto its own base, is an addition. */
static bool encode_lea_as_add(struct encoder *encoder, const struct machine_instruction *instruction) {
    if (instruction->op != X86_LEA || X86_SCALE_KIND(instruction->scale) != ADDRESS_BASE)
        return false;
    uint32_t to = operand_location(encoder, instruction, 0), base = operand_location(encoder, instruction, 1);
    bool has_index = X86_SCALE_HAS_INDEX(instruction->scale);
    uint32_t index = has_index ? operand_location(encoder, instruction, 2) : 0;
    bool fits = has_index ? X86_SCALE_SHIFT(instruction->scale) == 0 && instruction->displacement == 0 && (to == base || to == index) : to == base;
    if (!fits || !encode_flags_are_free(encoder, encoder->instruction + 1))
        return false;
    if (has_index)
        encode_op(encoder, X86_ADD, instruction->width, to, encode_register(to == base ? index : base));
    else
        encode_op_i(encoder, X86_ADD_I, instruction->width, encode_register(to), instruction->displacement);
    return true;
}

static bool encode_is_move(const struct encoder *encoder, const struct machine_instruction *instruction) {
    return X86_SCALE_KIND(instruction->scale) == ADDRESS_NONE && instruction->op == X86_COPY_VECTOR &&
           operand_location(encoder, instruction, 0) == operand_location(encoder, instruction, 1);
}

/* An instruction that leaves the upper part of its result alone would wait for what was there before. */
static void encode_forget(struct encoder *encoder, const struct machine_instruction *instruction) {
    uint32_t to = operand_location(encoder, instruction, 0) & 15;
    struct encode_place from = place_of(encoder, instruction, 1, 0);
    bool is_there = from.kind == PLACE_REGISTER && (from.reg == to || encoder->has_avx);
    if (!is_there)
        encode_op(encoder, X86_ZERO_VECTOR, 16, to, encode_register(to));
}

/* Where an instruction's operands stand: in the register's field (or a part of the opcode), the place, and what VEX names. */
struct operands {
    uint32_t first, second;
    struct encode_place place;
};

static struct operands operands_of(const struct encoder *encoder, const struct machine_instruction *instruction, bool has_vex) {
    const struct x86_op_info *info = &x86_ops[instruction->op];
    uint32_t first = instruction->operand_count > 0 ? operand_location(encoder, instruction, 0) & 15 : 0;
    uint32_t next = instruction->operand_count > 1 ? operand_location(encoder, instruction, 1) & 15 : first;
    struct operands out = {.first = first};
    switch (info->form) {
    case FORM_RM:
    case FORM_RM_I:
    case FORM_PAIR:
        out.place = place_of(encoder, instruction, 1, 0);
        out.second = second_of(info, first, out.place);
        break;
    case FORM_THREE:
    case FORM_TIED:
    case FORM_TIED_BYTE:
        out.place = place_of(encoder, instruction, 2, has_vex ? 1 : 0);
        out.second = next;
        break;
    case FORM_STORE: out.place = encode_address(encoder, instruction); break;
    case FORM_STORE_I: return (struct operands){.first = info->digit, .place = place_of(encoder, instruction, 0, 0)};
    case FORM_OUT: return (struct operands){.first = next, .place = encode_register(first)};
    case FORM_INTO: return (struct operands){.first = info->digit, .second = first, .place = place_of(encoder, instruction, 1, 0)};
    case FORM_SELF: return (struct operands){.first = first, .second = first, .place = encode_register(first)};
    default: /* with a part of the opcode: only where VEX frees the result, it is not what is read */
        return (struct operands){.first = info->digit, .second = first, .place = encode_register(has_vex ? next : first)};
    }
    return out;
}

static bool form_has_long_immediate(const struct x86_op_info *info, bool has_vex) {
    return info->form == FORM_RM_I || info->form == FORM_STORE_I || (info->form == FORM_TIED_I && !has_vex);
}

/* Two conditional moves, where either of two conditions is enough. */
static void encode_conditional(struct encoder *encoder, struct encode_parts *parts, const struct machine_instruction *instruction,
                               const struct operands *operands) {
    uint8_t opcode = parts->opcode, condition = instruction->condition;
    ASSERT(condition != CONDITION_EQUAL_ORDERED);
    if (condition == CONDITION_DIFFER_OR_UNORDERED) {
        parts->opcode = (uint8_t)(opcode + CONDITION_P);
        encode_parts(encoder, parts, operands->first, operands->place);
        condition = CONDITION_NE;
    }
    parts->opcode = (uint8_t)(opcode + condition);
    encode_parts(encoder, parts, operands->first, operands->place);
}

void encode_instruction(struct encoder *encoder, const struct machine_instruction *instruction) {
    const struct x86_op_info *info = &x86_ops[instruction->op];
    if (info->form == FORM_SPECIAL) {
        encode_special(encoder, instruction);
        return;
    }
    if (encode_lea_as_add(encoder, instruction) || encode_is_move(encoder, instruction))
        return;
    if ((info->flags & FLAG_MERGES) != 0)
        encode_forget(encoder, instruction);
    if (instruction->trap != 0)
        encode_site(encoder, instruction->source, instruction->trap);
    bool has_vex = op_has_vex(encoder, instruction->op);
    const struct operands operands = operands_of(encoder, instruction, has_vex);
    if (form_has_long_immediate(info, has_vex)) {
        encode_with_immediate(encoder, info, instruction->width, operands.first, operands.place, (int64_t)instruction->immediate);
        return;
    }
    struct encode_parts parts;
    parts_of(info, instruction->width, operands.first, operands.place, &parts);
    parts.vex = has_vex;
    parts.second = (uint8_t)(has_vex ? operands.second : 0);
    if ((info->flags & FLAG_CONDITION) != 0)
        encode_conditional(encoder, &parts, instruction, &operands);
    else
        encode_parts(encoder, &parts, operands.first, operands.place);
    if ((info->flags & FLAG_BYTE) != 0)
        encode_byte(encoder, (uint32_t)instruction->immediate);
}

/* ---- Moves of the allocator: they leave the processor's flags alone unless nobody looks at them ---- */

/* The registers say what moves: a value on its way from slot to slot may pass through one of the other class. */
static void encode_move_vector(struct encoder *encoder, const struct machine_move *move) {
    bool is_whole = move->width == 16;
    struct encode_place from = encode_location(encoder, move->from), to = encode_location(encoder, move->to);
    if (move->from < MACHINE_SPILL && move->to < MACHINE_SPILL)
        encode_op(encoder, X86_COPY_VECTOR, 16, to.reg, from);
    else if (move->to < MACHINE_SPILL)
        encode_op(encoder, is_whole ? X86_COPY_VECTOR : X86_MOVE_SCALAR, move->width, to.reg, from);
    else
        encode_op(encoder, is_whole ? X86_STORE_VECTOR : X86_STORE_SCALAR, move->width, from.reg, to);
}

static void encode_move_constant_to(struct encoder *encoder, const struct machine_move *move) {
    struct encode_place to = encode_location(encoder, move->to);
    if (move->to >= MACHINE_SPILL) {
        encode_op_i(encoder, X86_STORE_I, 8, to, (int64_t)move->constant);
        if (move->width == 16) {
            to.displacement += 8;
            encode_op_i(encoder, X86_STORE_I, 8, to, 0);
        }
    } else if (move->to >= XMM0) {
        encode_op(encoder, X86_ZERO_VECTOR, 16, to.reg, to);
    } else {
        encode_move_constant(encoder, to.reg, move->width, move->constant, encode_flags_are_free(encoder, move->before));
    }
}

static bool location_is_vector(uint32_t location) {
    return location >= XMM0 && location < MACHINE_SPILL;
}

void encode_move(struct encoder *encoder, const struct machine_move *move) {
    if (move->from == MACHINE_NONE) {
        encode_move_constant_to(encoder, move);
        return;
    }
    ASSERT(move->to < MACHINE_SPILL || move->from < MACHINE_SPILL);
    if (location_is_vector(move->to) || location_is_vector(move->from)) {
        encode_move_vector(encoder, move);
        return;
    }
    struct encode_place from = encode_location(encoder, move->from), to = encode_location(encoder, move->to);
    if (move->to < MACHINE_SPILL)
        encode_op(encoder, X86_MOV, move->width, to.reg, from);
    else
        encode_op(encoder, X86_STORE, move->width, from.reg, to);
}
