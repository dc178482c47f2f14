/* The operand stack of the validator: the cases that the inline parts leave. */
#include "wasm/validate.h"

#define OPERANDS_FIRST 1024u

enum error operand_fail(const struct validator *validator, const char *expected, const char *found) {
    const uint8_t *at = validator->instruction;
    return report_fail(validator->reader.report, ERROR_INVALID, instruction_offset(validator), "type mismatch: %s expects %s, found %s",
                       opcode_name(opcode_read(&at)), expected, found);
}

/* The innermost block has no value of its own left. */
static bool operands_are_used_up(const struct validator *validator) {
    return validator->operand_count == validator->height;
}

static bool is_unreachable(const struct validator *validator) {
    return validator->controls[validator->control_count - 1].is_unreachable;
}

enum error operand_pop_any(struct validator *validator, uint8_t *out) {
    if (!operands_are_used_up(validator)) {
        *out = validator->operands[--validator->operand_count];
        return ERROR_NONE;
    }
    if (is_unreachable(validator)) {
        *out = TYPE_UNKNOWN;
        return ERROR_NONE;
    }
    return operand_fail(validator, "a value", "an empty stack");
}

enum error operand_pop_slow(struct validator *validator, uint8_t expected) {
    if (operands_are_used_up(validator)) {
        return is_unreachable(validator) ? ERROR_NONE : operand_fail(validator, type_name(expected), "an empty stack");
    }
    const uint8_t found = validator->operands[validator->operand_count - 1];
    if (found != expected && found != TYPE_UNKNOWN) {
        return operand_fail(validator, type_name(expected), type_name(found));
    }
    validator->operand_count--;
    return ERROR_NONE;
}

enum error operands_reserve(struct validator *validator, uint32_t count) {
    const uint64_t wanted = (uint64_t)validator->operand_count + count;
    if (wanted <= validator->operand_capacity) {
        return ERROR_NONE;
    }
    if (wanted > LIMIT_OPERANDS) {
        return limit_fail(validator->reader.report, instruction_offset(validator), LIMIT_NUMBER_OPERANDS, wanted);
    }
    uint32_t capacity = validator->operand_capacity == 0 ? OPERANDS_FIRST : validator->operand_capacity;
    while (capacity < wanted) {
        capacity *= 2;
    }
    capacity = capacity < LIMIT_OPERANDS ? capacity : LIMIT_OPERANDS;
    uint8_t *grown = budget_reallocate(validator->budget, validator->operands, validator->operand_capacity, capacity);
    if (grown == NULL) {
        return ERROR_NO_MEMORY;
    }
    validator->operands = grown;
    validator->operand_capacity = capacity;
    return ERROR_NONE;
}

/* True when each type found is the wanted one or unknown. Eight at a time: types are below 0x80, so adding 0x7F to each
   byte sets its top bit exactly when it is not zero, and never carries. */
static bool types_match(const uint8_t *found, const uint8_t *wanted, uint32_t count) {
    const uint64_t low = 0x7F7F7F7F7F7F7F7Fu;
    const uint64_t top = 0x8080808080808080u;
    uint32_t i = 0;
    for (; count - i >= 8; i += 8) {
        const uint64_t known = bytes_load_u64(found + i);
        const uint64_t differs = known ^ bytes_load_u64(wanted + i);
        if (((known + low) & (differs + low) & top) != 0) {
            return false;
        }
    }
    for (; i < count; i++) {
        if (found[i] != wanted[i] && found[i] != TYPE_UNKNOWN) {
            return false;
        }
    }
    return true;
}

/* The topmost value that does not match. */
static enum error operands_fail(const struct validator *validator, const uint8_t *types, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t wanted = types[count - 1 - i];
        if (validator->operand_count - i == validator->height) {
            return operand_fail(validator, type_name(wanted), "an empty stack");
        }
        const uint8_t found = validator->operands[validator->operand_count - 1 - i];
        if (found != wanted && found != TYPE_UNKNOWN) {
            return operand_fail(validator, type_name(wanted), type_name(found));
        }
    }
    ASSERT(!"a value that does not match");
    return ERROR_INVALID;
}

enum error operands_match(const struct validator *validator, const uint8_t *types, uint32_t count) {
    const uint32_t available = validator->operand_count - validator->height;
    if (UNLIKELY(available < count && !is_unreachable(validator))) {
        return operands_fail(validator, types, count);
    }
    const uint32_t compared = available < count ? available : count;
    if (UNLIKELY(!types_match(validator->operands + validator->operand_count - compared, types + count - compared, compared))) {
        return operands_fail(validator, types, count);
    }
    return ERROR_NONE;
}

enum error operands_pop(struct validator *validator, const uint8_t *types, uint32_t count) {
    const enum error error = operands_match(validator, types, count);
    if (error == ERROR_NONE) {
        const uint32_t available = validator->operand_count - validator->height;
        validator->operand_count -= available < count ? available : count;
    }
    return error;
}

enum error operands_push(struct validator *validator, const uint8_t *types, uint32_t count) {
    const enum error error = operands_reserve(validator, count);
    if (error != ERROR_NONE || count == 0) {
        return error;
    }
    memcpy(validator->operands + validator->operand_count, types, count);
    validator->operand_count += count;
    if (validator->operand_count > validator->operand_max) {
        validator->operand_max = validator->operand_count;
    }
    return ERROR_NONE;
}
