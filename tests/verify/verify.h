/* An independent verifier of compiled x86-64 code. It is a development tool: it shares nothing with the compiler but the headers that
   state the ABI (code.h, store.h, entry.h), reads the bytes through libcapstone, and proves by abstract interpretation that the code
   keeps to what a WebAssembly function may do. docs/testing.md says which rules; reasons.def lists what is found. */
#ifndef TESTS_VERIFY_VERIFY_H
#define TESTS_VERIFY_VERIFY_H

#include "wasm/compile/code.h"

enum verify_reason {
#define REASON(name, text) VERIFY_##name,
#include "tests/verify/reasons.def"
#undef REASON
    VERIFY_REASON_COUNT
};

struct verify_finding {
    uint32_t offset; /* in the code */
    uint8_t reason;  /* enum verify_reason */
    char instruction[100];
};

#define VERIFY_FINDINGS_MAX 8u
struct verify_result {
    struct verify_finding findings[VERIFY_FINDINGS_MAX]; /* the first */
    uint32_t finding_count;                              /* of all; 0: the code is safe */
    uint64_t instructions, blocks, visits;
    uint64_t linear, stack, instance, constants, fields, elements; /* memory operands by what they address */
    uint64_t calls, indirect_calls, jump_tables;
};

/* The code of a function of a module, and whether it is of an engine that checks bounds. */
struct verify_subject {
    const struct wasm_module *module;
    uint32_t function;
    struct code *code;
    bool checks_bounds;
};

/* What this needs of memory is libc's; it stops the program when there is none. */
void verify_function(const struct verify_subject *subject, struct verify_result *result);
const char *verify_reason_text(enum verify_reason reason);
const char *verify_reason_name(enum verify_reason reason);

#endif
