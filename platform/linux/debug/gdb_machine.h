/* What gdb must know of the machine's compiled code; <isa>/gdb_machine.c beside the platform's other leaves. */
#ifndef PLATFORM_LINUX_DEBUG_GDB_MACHINE_H
#define PLATFORM_LINUX_DEBUG_GDB_MACHINE_H

#include <stdint.h>

struct gdb_machine {
    uint16_t elf_machine;
    uint8_t stack_register, return_register; /* in DWARF's numbering */
    uint8_t return_bytes;                    /* that a call puts on the stack */
};

extern const struct gdb_machine gdb_machine;

#endif
