/* The tables of isa.h. No code but for names. */
#include "wasm/compile/x86_64/isa.h"

const struct x86_op_info x86_ops[X86_OP_COUNT] = {
#define NONE      FLAG_NONE
#define W         FLAG_W
#define QUAD      FLAG_QUAD
#define BYTE_REG  FLAG_BYTE_REG
#define BYTE_RM   FLAG_BYTE_RM
#define BYTE      FLAG_BYTE
#define SHORT     FLAG_SHORT
#define SCALAR    FLAG_SCALAR
#define PACKED    FLAG_PACKED
#define CONDITION FLAG_CONDITION
#define SIZES     FLAG_SIZES
#define LOCK      FLAG_LOCK
#define READS     FLAG_READS
#define WRITES    FLAG_WRITES
#define MERGES    FLAG_MERGES
#define VEX       FLAG_VEX
#define X86(name, text_, form_, prefix_, map_, opcode_, digit_, flags_)                                                                              \
    [X86_##name] = {.text = text_, .form = FORM_##form_, .prefix = prefix_, .map = map_, .opcode = opcode_, .digit = digit_, .flags = flags_},
#include "wasm/compile/x86_64/ops.def"
#undef X86
};

/* Registers that need no prefix and hold no parameter come first; those of parameters last to first, so that the first parameters stay
   where they are for longest. */
static const uint8_t general_preference[] = {RAX, RBX, RBP, RCX, RDX, RSI, RDI, R10, R12, R13, R9, R8};
static const uint8_t vector_preference[] = {XMM0 + 7, XMM0 + 6, XMM0 + 5,  XMM0 + 4,  XMM0 + 3,  XMM0 + 2,  XMM0 + 1, XMM0,
                                            XMM0 + 8, XMM0 + 9, XMM0 + 10, XMM0 + 11, XMM0 + 12, XMM0 + 13, XMM0 + 14};

const struct machine_isa isa_machine = {
    .allocatable = {[MACHINE_GENERAL] = 1u << RAX | 1u << RCX | 1u << RDX | 1u << RBX | 1u << RBP | 1u << RSI | 1u << RDI | 1u << R8 | 1u << R9 |
                                        1u << R10 | 1u << R12 | 1u << R13,
                    [MACHINE_VECTOR] = 0x7FFFull << XMM0},
    .scratch = {[MACHINE_GENERAL] = X86_SCRATCH, [MACHINE_VECTOR] = XMM15},
    .preference = {[MACHINE_GENERAL] = general_preference, [MACHINE_VECTOR] = vector_preference},
    .preference_count = {[MACHINE_GENERAL] = sizeof general_preference, [MACHINE_VECTOR] = sizeof vector_preference},
};

static const char *op_name(uint16_t op) {
    return op > X86_NONE && op < X86_OP_COUNT ? x86_ops[op].text : "none";
}

static const char *register_name(uint32_t physical, uint8_t width) {
    static const char *const names[] = {"rax",  "rcx",  "rdx",  "rbx",  "rsp",   "rbp",   "rsi",   "rdi",   "r8",    "r9",   "r10",
                                        "r11",  "r12",  "r13",  "r14",  "r15",   "xmm0",  "xmm1",  "xmm2",  "xmm3",  "xmm4", "xmm5",
                                        "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"};
    static const char *const names_32[] = {"eax", "ecx", "edx",  "ebx",  "esp",  "ebp",  "esi",  "edi",
                                           "r8d", "r9d", "r10d", "r11d", "r12d", "r13d", "r14d", "r15d"};
    if (physical < XMM0 && width <= 4)
        return names_32[physical];
    return physical <= XMM15 ? names[physical] : "?";
}

const struct machine_names isa_names = {.op = op_name, .reg = register_name};
