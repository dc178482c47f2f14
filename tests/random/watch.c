/* Faults that are notes: see watch.h. */
#include "tests/random/watch.h"

#include "base/assert.h"

#include <capstone/capstone.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { RANGES_MAX = 8, INSTRUCTION_BYTES_MAX = 15, TRAP_FLAG = 0x100, FAULT_WAS_WRITE = 2 };

struct range {
    uint8_t *memory;
    size_t size;
};

/* A signal handler has no context but this. */
static struct {
    watch_note *note;
    void *context;
    struct range ranges[RANGES_MAX];
    uint32_t count;
    struct sigaction previous_segv, previous_trap;
    csh capstone;
} watch;

static void protect(int access) {
    for (uint32_t index = 0; index < watch.count; index++) {
        ASSERT(mprotect(watch.ranges[index].memory, watch.ranges[index].size, access) == 0);
    }
}

static bool is_watched(uintptr_t address) {
    for (uint32_t index = 0; index < watch.count; index++) {
        if (address - (uintptr_t)watch.ranges[index].memory < watch.ranges[index].size) {
            return true;
        }
    }
    return false;
}

/* Capstone takes a lane that is stored for one that is replaced, and so with AVX's stores of scalars. */
static bool only_writes(unsigned int instruction) {
    switch (instruction) {
    case X86_INS_PEXTRB:
    case X86_INS_PEXTRW:
    case X86_INS_PEXTRD:
    case X86_INS_PEXTRQ:
    case X86_INS_EXTRACTPS:
    case X86_INS_VPEXTRB:
    case X86_INS_VPEXTRW:
    case X86_INS_VPEXTRD:
    case X86_INS_VPEXTRQ:
    case X86_INS_VMOVSS:
    case X86_INS_VMOVSD: return true;
    default: return false;
    }
}

/* What the instruction does with its operand in memory. That it is written is the processor's word, that it is read before is capstone's. */
static void access_note(uintptr_t instruction, uintptr_t address, bool was_write) {
    cs_insn *insn = NULL;
    size_t count = cs_disasm(watch.capstone, (const uint8_t *)instruction, INSTRUCTION_BYTES_MAX, 0, 1, &insn);
    ASSERT(count == 1);
    const cs_x86 *x86 = &insn->detail->x86;
    uint32_t width = 0;
    bool reads = false;
    for (uint8_t index = 0; index < x86->op_count; index++) {
        if (x86->operands[index].type == X86_OP_MEM) {
            width = x86->operands[index].size;
            reads = (x86->operands[index].access & CS_AC_READ) != 0;
        }
    }
    reads = reads && !only_writes(insn->id);
    cs_free(insn, count);
    watch.note(watch.context, !was_write ? WATCH_READ : reads ? WATCH_UPDATE : WATCH_WRITE, width, address);
}

static void fault_handle(int number, siginfo_t *information, void *machine_state) {
    ucontext_t *state = machine_state;
    uintptr_t address = (uintptr_t)information->si_addr;
    greg_t *registers = state->uc_mcontext.gregs;
    bool is_step = (registers[REG_EFL] & TRAP_FLAG) != 0;
    if (information->si_code <= 0 || !is_watched(address) || is_step) {
        /* Also an access that begins in watched pages and goes on behind them: it was noted, and now it faults. */
        watch.previous_segv.sa_sigaction(number, information, machine_state);
        return;
    }
    access_note((uintptr_t)registers[REG_RIP], address, (registers[REG_ERR] & FAULT_WAS_WRITE) != 0);
    protect(PROT_READ | PROT_WRITE);
    registers[REG_EFL] |= TRAP_FLAG;
}

static void step_handle(int number, siginfo_t *information, void *machine_state) {
    ucontext_t *state = machine_state;
    (void)number, (void)information;
    state->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
    protect(PROT_NONE);
}

void watch_begin(watch_note *note, void *context) {
    watch.note = note;
    watch.context = context;
    watch.count = 0;
    ASSERT(cs_open(CS_ARCH_X86, CS_MODE_64, &watch.capstone) == CS_ERR_OK);
    ASSERT(cs_option(watch.capstone, CS_OPT_DETAIL, CS_OPT_ON) == CS_ERR_OK);
    struct sigaction own = {.sa_sigaction = fault_handle, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigemptyset(&own.sa_mask);
    ASSERT(sigaction(SIGSEGV, &own, &watch.previous_segv) == 0);
    own.sa_sigaction = step_handle;
    ASSERT(sigaction(SIGTRAP, &own, &watch.previous_trap) == 0);
}

void watch_add(void *memory, size_t size) {
    if (size == 0 || is_watched((uintptr_t)memory)) {
        return;
    }
    ASSERT(watch.count < RANGES_MAX);
    watch.ranges[watch.count++] = (struct range){memory, size};
}

void watch_arm(void) {
    protect(PROT_NONE);
}

void watch_disarm(void) {
    protect(PROT_READ | PROT_WRITE);
}

void watch_end(void) {
    ASSERT(sigaction(SIGSEGV, &watch.previous_segv, NULL) == 0 && sigaction(SIGTRAP, &watch.previous_trap, NULL) == 0);
    cs_close(&watch.capstone);
}
