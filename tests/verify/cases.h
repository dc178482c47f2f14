/* Numbers that case_*.S and cases.c agree on: the module of cases.c as an instance. Included by assembler: nothing but numbers. */
#ifndef TESTS_VERIFY_CASES_H
#define TESTS_VERIFY_CASES_H

#define INSTANCE_RUNTIME      88
#define INSTANCE_BASES        176
#define INSTANCE_MEMORIES     192
#define INSTANCE_TABLES       208
#define INSTANCE_TYPES        224
#define INSTANCE_FUNCTIONS    272
#define INSTANCE_GLOBALS      336
#define INSTANCE_OWN_GLOBALS  384
#define GLOBAL_BYTES          32
#define INSTANCE_OWN_MEMORIES 512
#define MEMORY_STRUCT_BYTES   88

#define FUNCTION_TYPE     0
#define FUNCTION_INSTANCE 16
#define FUNCTION_ENTRY    56
#define FUNCTION_EXTERNAL 64
#define TABLE_ELEMENTS    24
#define TABLE_SIZE        32
#define TABLE_CALL_SIZE   36
#define MEMORY_BYTES      40

#endif
