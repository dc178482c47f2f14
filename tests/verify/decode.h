/* The instructions of a function, as libcapstone reads them: every byte of the instruction part belongs to one. */
#ifndef TESTS_VERIFY_DECODE_H
#define TESTS_VERIFY_DECODE_H

#include "tests/verify/verify.h"

#include <capstone/capstone.h>

enum operand_kind { OPERAND_NONE, OPERAND_REGISTER, OPERAND_IMMEDIATE, OPERAND_MEMORY };

#define REGISTER_NONE 0xFFu
#define REGISTER_RIP  0xFEu
#define REGISTER_BAD  0xFDu /* one that no code may name */

struct operand {
    uint8_t kind; /* enum operand_kind */
    uint8_t size;
    uint8_t reg;                /* location: 0 to 15 general, 16 to 31 xmm; or one of the above */
    uint8_t base, index, scale; /* memory */
    int64_t value;              /* immediate, displacement */
};

struct instruction {
    uint32_t offset;
    uint16_t id; /* enum x86_insn */
    uint8_t size;
    uint8_t operand_count;
    uint8_t opcode;                                /* its last byte */
    bool has_lock, has_repeat, has_size, has_wide; /* prefixes F0, F2 or F3, 66, and REX.W */
    bool bad_prefix;
    uint32_t block;
    struct operand operands[4];
};

struct instructions {
    struct instruction *all;
    uint32_t count, capacity;
    uint32_t *at; /* of each offset the instruction that starts there, plus 1 */
    uint32_t end; /* offset of what could not be read, or of the end */
};

/* False when the bytes from `end` on are no instruction. */
bool instructions_read(struct instructions *instructions, const struct code *code);
void instructions_end(struct instructions *instructions);
/* The instruction that starts there; NULL when none does. */
struct instruction *instruction_at(const struct instructions *instructions, uint64_t offset);
/* The text of one instruction. */
void instruction_text(const struct code *code, uint32_t offset, char *out, size_t size);

#endif
