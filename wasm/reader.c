/* The parts of the cursor that are not worth a place in every caller. */
#include "wasm/reader.h"
#include "base/format.h"
#include "wasm/decode_names.h"
#include "wasm/opcode.h"

/* The flags of a memarg: the alignment's exponent, and bit 6 when the index of a memory follows (multi-memory). */
#define MEMARG_HAS_MEMORY 0x40u
#define MEMARG_FLAGS_END  0x80u

enum error reader_fail_end(const struct reader *reader, const char *wanted) {
    return report_fail(reader->report, ERROR_MALFORMED, reader_offset(reader), "unexpected end: %s is missing", wanted);
}

enum error reader_fail_leb128(const struct reader *reader, enum leb128_problem problem) {
    switch (problem) {
    case LEB128_TRUNCATED: return reader_fail_end(reader, "the rest of an integer");
    case LEB128_TOO_LARGE: return report_fail(reader->report, ERROR_MALFORMED, reader_offset(reader), "integer too large");
    case LEB128_TOO_LONG: break;
    }
    return report_fail(reader->report, ERROR_MALFORMED, reader_offset(reader), "integer representation too long");
}

enum error reader_bytes(struct reader *reader, uint32_t size, struct bytes *out) {
    if (reader_left(reader) < size) {
        return report_fail(reader->report, ERROR_MALFORMED, reader_offset(reader), "length out of bounds: %u bytes are wanted, %zu are left", size,
                           reader_left(reader));
    }
    *out = (struct bytes){reader->at, size};
    reader->at += size;
    return ERROR_NONE;
}

enum error reader_name(struct reader *reader, struct bytes *out) {
    const uint8_t *start = reader->at;
    uint32_t size = 0;
    enum error error = reader_u32(reader, &size);
    if (error == ERROR_NONE) {
        error = reader_bytes(reader, size, out);
    }
    if (error == ERROR_NONE && !bytes_are_utf8(*out)) {
        error = report_fail(reader->report, ERROR_MALFORMED, reader_offset_of(reader, start), "malformed UTF-8 encoding in a name");
    }
    if (error != ERROR_NONE) {
        reader->at = start;
    }
    return error;
}

enum error reader_length(struct reader *reader, uint32_t item_size, const char *things, uint32_t *out) {
    const uint8_t *start = reader->at;
    const enum error error = reader_u32(reader, out);
    if (error != ERROR_NONE) {
        return error;
    }
    if ((uint64_t)*out * item_size > reader_left(reader)) {
        reader->at = start;
        return report_fail(reader->report, ERROR_MALFORMED, reader_offset(reader),
                           "unexpected end of section or function: %u %s do not fit in %zu bytes", *out, things, (size_t)(reader->end - start));
    }
    return ERROR_NONE;
}

enum error reader_count(struct reader *reader, uint32_t item_size, enum limit_number limit, uint32_t *out) {
    const uint8_t *start = reader->at;
    const enum error error = reader_length(reader, item_size, limit_infos[limit].text, out);
    if (error == ERROR_NONE && *out > limit_infos[limit].value) {
        reader->at = start;
        return limit_fail(reader->report, reader_offset(reader), limit, *out);
    }
    return error;
}

static bool is_prefix(uint8_t byte) {
    return byte >= 0xFC && byte <= 0xFE;
}

/* number: what follows a prefix. */
static enum error opcode_fail(const struct reader *reader, uint64_t offset, uint8_t byte, uint32_t number) {
    char opcode[sizeof "0xfc 0x12345678"];
    if (is_prefix(byte)) {
        (void)format(opcode, sizeof opcode, "0x%02x 0x%02x", byte, number);
    } else {
        (void)format(opcode, sizeof opcode, "0x%02x", byte);
    }
    const char *proposal = opcode_proposal(byte, number);
    if (proposal != NULL) {
        return report_fail(reader->report, ERROR_UNSUPPORTED, offset, "instruction %s belongs to the %s proposal, which is not supported", opcode,
                           proposal);
    }
    return report_fail(reader->report, ERROR_MALFORMED, offset, "illegal opcode %s", opcode);
}

enum error reader_opcode(struct reader *reader, uint32_t *out) {
    const uint8_t *start = reader->at;
    uint8_t byte = 0;
    uint32_t number = 0;
    enum error error = reader_u8(reader, &byte);
    if (error == ERROR_NONE && is_prefix(byte)) {
        error = reader_u32(reader, &number);
    }
    if (error != ERROR_NONE) {
        reader->at = start;
        return error;
    }
    uint32_t opcode = byte;
    if (is_prefix(byte)) {
        opcode = number + (byte == 0xFC ? OPCODE_PAGE_FC : byte == 0xFD ? OPCODE_PAGE_FD : OPCODE_PAGE_FE);
    }
    if (number > 0xFF || opcode_table[opcode].immediate == IMMEDIATE_INVALID) {
        reader->at = start;
        return opcode_fail(reader, reader_offset(reader), byte, number);
    }
    *out = opcode;
    return ERROR_NONE;
}

static bool is_reference_type(uint8_t type) {
    return type == WASM_FUNCREF || type == WASM_EXTERNREF;
}

static enum error type_fail(const struct reader *reader, uint8_t type, const char *wanted) {
    const char *proposal = type_proposal(type);
    if (proposal != NULL) {
        return report_fail(reader->report, ERROR_UNSUPPORTED, reader_offset(reader), "type 0x%02x belongs to the %s proposal, which is not supported",
                           type, proposal);
    }
    return report_fail(reader->report, ERROR_MALFORMED, reader_offset(reader), "malformed %s type 0x%02x", wanted, type);
}

enum error reader_value_type(struct reader *reader, uint8_t *out) {
    if (reader->at == reader->end) {
        return reader_fail_end(reader, "a value type");
    }
    const uint8_t type = *reader->at;
    if ((type < WASM_V128 || type > WASM_I32) && !is_reference_type(type)) {
        return type_fail(reader, type, "value");
    }
    *out = type;
    reader->at++;
    return ERROR_NONE;
}

enum error reader_reference_type(struct reader *reader, uint8_t *out) {
    if (reader->at == reader->end) {
        return reader_fail_end(reader, "a reference type");
    }
    if (!is_reference_type(*reader->at)) {
        return type_fail(reader, *reader->at, "reference");
    }
    *out = *reader->at++;
    return ERROR_NONE;
}

enum error reader_block_type(struct reader *reader, int64_t *out) {
    const uint8_t *start = reader->at;
    if (start == reader->end) {
        return reader_fail_end(reader, "a block type");
    }
    *out = -1;
    if (*start == BLOCK_TYPE_EMPTY) {
        reader->at++;
        return ERROR_NONE;
    }
    /* One byte with bit 6 is a negative number: a type. */
    if ((*start & 0xC0) == 0x40) {
        uint8_t type = 0;
        return reader_value_type(reader, &type);
    }
    enum leb128_problem problem;
    const size_t used = leb128_decode_s33(start, reader->end, out, &problem);
    if (used == 0) {
        return reader_fail_leb128(reader, problem);
    }
    if (*out < 0) {
        return report_fail(reader->report, ERROR_MALFORMED, reader_offset(reader), "malformed block type");
    }
    reader->at += used;
    return ERROR_NONE;
}

enum error reader_memory_argument(struct reader *reader, struct memory_argument *out) {
    const uint8_t *start = reader->at;
    uint32_t flags = 0;
    out->memory = 0;
    enum error error = reader_u32(reader, &flags);
    if (error == ERROR_NONE && flags >= MEMARG_FLAGS_END) {
        error = report_fail(reader->report, ERROR_MALFORMED, reader_offset_of(reader, start), "malformed memop flags 0x%x", flags);
    }
    if (error == ERROR_NONE && (flags & MEMARG_HAS_MEMORY) != 0) {
        error = reader_u32(reader, &out->memory);
    }
    if (error == ERROR_NONE) {
        error = reader_u32(reader, &out->offset);
    }
    out->alignment = flags & ~MEMARG_HAS_MEMORY;
    return error;
}
