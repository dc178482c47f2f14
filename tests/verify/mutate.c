/* Changes single bits of code that was found safe. Most changes that touch an address must be refused; what is accepted is looked at once
   more, in a plain way of its own. */
#include "tests/verify/decode.h"
#include "tests/verify/program.h"
#include "tests/verify/verifier.h"

#include "tests/support/support.h"

#include <stdio.h>

/* The instruction around an offset, alone. */
static bool instruction_read(const struct code *code, uint32_t offset, struct instruction *out) {
    struct code part = {.bytes = code->bytes + offset, .instruction_bytes = code->instruction_bytes - offset};
    if (part.instruction_bytes > 15) {
        part.instruction_bytes = 15;
    }
    struct instructions instructions;
    (void)instructions_read(&instructions, &part);
    bool found = instructions.count != 0;
    if (found) {
        *out = instructions.all[0];
    }
    instructions_end(&instructions);
    return found;
}

static const struct operand *memory_operand(const struct instruction *instruction) {
    for (uint32_t index = 0; index < instruction->operand_count && index < 4; index++) {
        if (instruction->operands[index].kind == OPERAND_MEMORY) {
            return &instruction->operands[index];
        }
    }
    return NULL;
}

static bool names_pinned(const struct instruction *instruction) {
    for (uint32_t index = 0; index < instruction->operand_count && index < 4; index++) {
        uint8_t reg = instruction->operands[index].kind == OPERAND_REGISTER ? instruction->operands[index].reg : 0;
        if (reg == RSP || reg == R14 || reg == R15) {
            return true;
        }
    }
    return false;
}

static bool is_control(const struct instruction *instruction) {
    enum instruction_class class = instruction_class_of(instruction);
    return class >= CLASS_JUMP && class <= CLASS_TRAP;
}

static bool is_same(const struct instruction *old, const struct instruction *new) {
    bool same = old->id == new->id && old->operand_count == new->operand_count && old->has_lock == new->has_lock;
    for (uint32_t index = 0; same && index < old->operand_count && index < 4; index++) {
        const struct operand *left = &old->operands[index], *right = &new->operands[index];
        same = left->kind == right->kind && left->size == right->size && left->reg == right->reg && left->base == right->base &&
               left->index == right->index && (left->scale == right->scale || left->index == REGISTER_NONE) && left->value == right->value;
    }
    return same;
}

static enum mutate_part part_of(const struct instruction *old, const struct instruction *new) {
    const struct operand *old_memory = memory_operand(old), *new_memory = memory_operand(new);
    if (old->size != new->size) {
        return MUTATE_LENGTH;
    }
    if (is_same(old, new)) {
        return MUTATE_SAME;
    }
    if (is_control(old) || is_control(new)) {
        return MUTATE_BRANCH;
    }
    if (names_pinned(old) || names_pinned(new)) {
        return MUTATE_STACK;
    }
    if (instruction_class_of(old) == CLASS_ADDRESS && instruction_class_of(new) == CLASS_ADDRESS) {
        return MUTATE_OTHER;
    }
    if ((old_memory == NULL) != (new_memory == NULL)) {
        return MUTATE_BASE;
    }
    if (old_memory != NULL && old_memory->base != new_memory->base) {
        return MUTATE_BASE;
    }
    if (old_memory != NULL && (old_memory->index != new_memory->index || old_memory->scale != new_memory->scale)) {
        return MUTATE_INDEX;
    }
    if (old_memory != NULL && old_memory->value != new_memory->value) {
        return MUTATE_DISPLACEMENT;
    }
    return MUTATE_OTHER;
}

/* What no context can make right. */
static bool is_wrong(const struct verify_subject *subject, const struct instruction *instruction) {
    const struct wasm_module *module = subject->module;
    const struct operand *memory = memory_operand(instruction);
    enum instruction_class class = instruction_class_of(instruction);
    if (class == CLASS_NONE || instruction->bad_prefix) {
        return true;
    }
    if (!memory || class == CLASS_ADDRESS) {
        return false;
    }
    struct instance_layout layout;
    instance_layout(module, &layout);
    int64_t stack_end = (int64_t)subject->code->frame_bytes + 8 + abi_stack_bytes(module->functions[subject->function].type);
    switch (memory->base) {
    case R14: return memory->value < 0 || (memory->index != REGISTER_NONE && memory->scale != 1) || memory->index == R15 || memory->index == R14;
    case R15: return memory->index != REGISTER_NONE || memory->value < 0 || memory->value >= layout.size;
    case RSP: return memory->index != REGISTER_NONE || memory->value < 0 || memory->value >= stack_end;
    case REGISTER_NONE: return true;
    default: return memory->base >= LOCATION_VECTOR && memory->base != REGISTER_RIP;
    }
}

static void mutate_bit(const struct verify_subject *subject, uint32_t bit, uint32_t start, struct mutate_counts *counts) {
    struct code *code = subject->code;
    struct instruction old = {0}, new = {0};
    struct verify_result result;
    enum mutate_part part = MUTATE_LENGTH;
    bool was_read = instruction_read(code, start, &old);
    code->bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    bool is_read = instruction_read(code, start, &new);
    if (was_read && is_read) {
        part = part_of(&old, &new);
    }
    verify_function(subject, &result);
    counts->made[part]++;
    counts->refused[part] += result.finding_count != 0;
    if (result.finding_count == 0 && is_read && is_wrong(subject, &new)) {
        char text[100];
        instruction_text(code, start, text, sizeof(text));
        printf("accepted, though it cannot be right: function %u, offset 0x%x: %s\n", subject->function, start, text);
        counts->suspicious++;
    }
    code->bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

void mutate_code(const struct verify_subject *subject, uint32_t count, uint64_t *random, struct mutate_counts *counts) {
    const struct code *code = subject->code;
    struct instructions instructions;
    if (!instructions_read(&instructions, code)) {
        instructions_end(&instructions);
        return;
    }
    for (uint32_t change = 0; change < count; change++) {
        uint32_t bit = (uint32_t)(support_random(random) % (8ull * code->instruction_bytes)), start = bit / 8;
        while (instruction_at(&instructions, start) == NULL) {
            start--;
        }
        mutate_bit(subject, bit, start, counts);
    }
    instructions_end(&instructions);
}

void mutate_print(const struct mutate_counts *counts) {
    static const char *const names[MUTATE_PARTS] = {"no address", "same meaning", "length",       "control",
                                                    "base",       "index, scale", "displacement", "rsp, r14, r15"};
    for (uint32_t part = 0; part < MUTATE_PARTS; part++) {
        if (counts->made[part] != 0) {
            printf("changed bits, %-14s %8llu made %8llu refused (%.2f %%)\n", names[part], (unsigned long long)counts->made[part],
                   (unsigned long long)counts->refused[part], 100.0 * (double)counts->refused[part] / (double)counts->made[part]);
        }
    }
}
