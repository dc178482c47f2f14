/* Offsets that assembler needs of C structs; entry_check.c checks each one. Included by .S files: nothing but numbers. */
#ifndef WASM_COMPILE_X86_64_OFFSETS_H
#define WASM_COMPILE_X86_64_OFFSETS_H

#define INSTANCE_EXECUTION    0
#define INSTANCE_MEMORY_BASES 24

#define EXECUTION_CODE_STACK  0
#define EXECUTION_ENTRY       8
#define EXECUTION_STOP        16 /* and, in the upper half, whether a native host function failed */
#define EXECUTION_THREAD_ID   24
#define EXECUTION_THREAD      32
#define EXECUTION_ENTRY_COUNT 40
#define EXECUTION_OUTCOME     44

#define HOST_CALLS 100 /* LIMIT_HOST_CALLS */

#define THREAD_RUNNING 0
#define THREAD_ID      8

#define FUNCTION_INSTANCE 16
#define FUNCTION_ENTRY    56

#define NATIVE_CALL    72
#define NATIVE_CONTEXT 80

#define PREPARED_FUNCTION    8
#define PREPARED_EXECUTION   40
#define PREPARED_INSTANCE    48
#define PREPARED_MEMORY_BASE 56

#define ENTRY_FUNCTION 0
#define ENTRY_THREAD   8
#define ENTRY_STACK    16
#define ENTRY_GENERAL  24
#define ENTRY_VECTOR   72

/* struct code_saved: 6 general registers, 8 vectors. */
#define SAVED_GENERAL 0
#define SAVED_VECTOR  48
#define SAVED_BYTES   176

#endif
