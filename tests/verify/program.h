/* Shared by the parts of the program build/verify. */
#ifndef TESTS_VERIFY_PROGRAM_H
#define TESTS_VERIFY_PROGRAM_H

#include "tests/support/build.h"
#include "tests/verify/verify.h"

struct program_counts {
    uint64_t passed, failed, skipped;
};

static inline void program_count(struct program_counts *counts, bool passed) {
    if (passed) {
        counts->passed++;
    } else {
        counts->failed++;
    }
}

/* What was found, one line each; `where` comes first. */
void program_print_findings(const struct verify_result *result, const char *where);

/* ---- cases.c ---- */

void cases_run(struct program_counts *counts);

/* ---- mutate.c ---- */

/* How many changes of one bit were made, by what they are in, and how many of them were refused. */
enum mutate_part {
    MUTATE_OTHER,        /* nothing that addresses: opcodes and immediates of plain instructions */
    MUTATE_SAME,         /* the bytes mean the same */
    MUTATE_LENGTH,       /* another length, or no instruction */
    MUTATE_BRANCH,       /* the target or condition of a branch, a call, a return */
    MUTATE_BASE,         /* the base of a memory operand */
    MUTATE_INDEX,        /* its index or scale */
    MUTATE_DISPLACEMENT, /* its displacement */
    MUTATE_STACK,        /* an instruction that names rsp, r14 or r15 as a value */
    MUTATE_PARTS
};
struct mutate_counts {
    uint64_t made[MUTATE_PARTS], refused[MUTATE_PARTS];
    uint64_t suspicious; /* accepted, though a plain look at the operand says no */
};
/* Changes `count` bits of the code, one at a time; it is as before afterwards. */
void mutate_code(const struct verify_subject *subject, uint32_t count, uint64_t *random, struct mutate_counts *counts);
void mutate_print(const struct mutate_counts *counts);

#endif
