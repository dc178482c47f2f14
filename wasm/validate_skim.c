/* Decoding of instructions without validation: how much of a body is well-formed when it is invalid anyway. */
#include "wasm/validate.h"

#define SHUFFLE_SIZE 16u

static enum error skim_indices(struct reader *reader, uint64_t count) {
    enum error error = ERROR_NONE;
    for (uint64_t i = 0; i < count && error == ERROR_NONE; i++) {
        uint32_t index = 0;
        error = reader_u32(reader, &index);
    }
    return error;
}

static enum error skim_labels(struct reader *reader) {
    uint32_t count = 0;
    const enum error error = reader_length(reader, 1, "labels", &count);
    return error != ERROR_NONE ? error : skim_indices(reader, (uint64_t)count + 1);
}

static enum error skim_types(struct reader *reader) {
    uint32_t count = 0;
    enum error error = reader_length(reader, 1, "types", &count);
    for (uint32_t i = 0; i < count && error == ERROR_NONE; i++) {
        uint8_t type = 0;
        error = reader_value_type(reader, &type);
    }
    return error;
}

static enum error skim_access(struct reader *reader, size_t lane_size) {
    struct memory_argument argument;
    const enum error error = reader_memory_argument(reader, &argument);
    return error != ERROR_NONE ? error : reader_skip(reader, lane_size);
}

static enum error skim_immediate(struct reader *reader, enum immediate immediate) {
    int64_t s64 = 0;
    int32_t s32 = 0;
    uint8_t type = 0;
    switch (immediate) {
    case IMMEDIATE_INVALID:
    case IMMEDIATE_NONE: return ERROR_NONE;
    case IMMEDIATE_BLOCK: return reader_block_type(reader, &s64);
    case IMMEDIATE_LABELS: return skim_labels(reader);
    case IMMEDIATE_TYPES: return skim_types(reader);
    case IMMEDIATE_LABEL:
    case IMMEDIATE_FUNCTION:
    case IMMEDIATE_LOCAL:
    case IMMEDIATE_GLOBAL:
    case IMMEDIATE_TABLE:
    case IMMEDIATE_ELEMENT:
    case IMMEDIATE_DATA:
    case IMMEDIATE_MEMORY: return skim_indices(reader, 1);
    case IMMEDIATE_INDIRECT:
    case IMMEDIATE_TABLE_TABLE:
    case IMMEDIATE_ELEMENT_TABLE:
    case IMMEDIATE_DATA_MEMORY:
    case IMMEDIATE_MEMORY_MEMORY: return skim_indices(reader, 2);
    case IMMEDIATE_ACCESS: return skim_access(reader, 0);
    case IMMEDIATE_ACCESS_LANE: return skim_access(reader, 1);
    case IMMEDIATE_I32: return reader_s32(reader, &s32);
    case IMMEDIATE_I64: return reader_s64(reader, &s64);
    case IMMEDIATE_F32: return reader_skip(reader, 4);
    case IMMEDIATE_F64: return reader_skip(reader, 8);
    case IMMEDIATE_V128:
    case IMMEDIATE_SHUFFLE: return reader_skip(reader, SHUFFLE_SIZE);
    case IMMEDIATE_LANE:
    case IMMEDIATE_FENCE: return reader_skip(reader, 1);
    case IMMEDIATE_REFERENCE: return reader_reference_type(reader, &type);
    }
    ASSERT(!"an immediate");
    return ERROR_MALFORMED;
}

enum error skim_instructions(struct reader *reader, uint32_t depth) {
    while (depth > 0) {
        uint32_t opcode = 0;
        enum error error = reader_opcode(reader, &opcode);
        if (error == ERROR_NONE) {
            error = skim_immediate(reader, (enum immediate)opcode_table[opcode].immediate);
        }
        if (error != ERROR_NONE) {
            return error;
        }
        if (opcode == OP_BLOCK || opcode == OP_LOOP || opcode == OP_IF) {
            depth++;
        } else if (opcode == OP_END) {
            depth--;
        }
    }
    if (reader->at != reader->end) {
        return report_fail(reader->report, ERROR_MALFORMED, reader_offset(reader), "END opcode expected: %zu bytes follow the end of a body",
                           reader_left(reader));
    }
    return ERROR_NONE;
}
