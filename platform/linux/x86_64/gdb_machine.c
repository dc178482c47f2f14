/* x86-64 for gdb (System V ABI, AMD64 supplement, figure 3.36): rsp, and the return address. */
#include "platform/linux/debug/gdb_machine.h"

#include <elf.h>

const struct gdb_machine gdb_machine = {.elf_machine = EM_X86_64, .stack_register = 7, .return_register = 16, .return_bytes = 8};
