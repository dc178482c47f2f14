/* Offsets that assembler needs of C structs; entry.c checks each one. Included by .S files: nothing but numbers. */
#ifndef WASM_COMPILE_X86_64_OFFSETS_H
#define WASM_COMPILE_X86_64_OFFSETS_H

#define INSTANCE_EXECUTION    0
#define INSTANCE_MEMORY_BASES 24

#define EXECUTION_CODE_STACK 0
#define EXECUTION_HOST_STACK 8
#define EXECUTION_STOP       16

#define FUNCTION_STORE    8
#define FUNCTION_INSTANCE 16
#define FUNCTION_ENTRY    56

#define STORE_EXECUTION 0

#define ENTRY_CODE        0
#define ENTRY_INSTANCE    8
#define ENTRY_MEMORY_BASE 16
#define ENTRY_STACK       24
#define ENTRY_EXECUTION   32
#define ENTRY_GENERAL     40
#define ENTRY_VECTOR      88
#define ENTRY_FUNCTION    216

/* What a stub keeps of the registers that hold parameters: 6 general, 8 vectors. */
#define SAVED_GENERAL 0
#define SAVED_VECTOR  48
#define SAVED_BYTES   184 /* 16-byte aligned together with the return address */

#endif
