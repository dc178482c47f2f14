/* Checks the offsets that entry.S uses. */
#include "wasm/code/entry.h"
#include "wasm/compile/x86_64/offsets.h"
#include "wasm/interpret/operation.h"

#define CHECK(type, field, offset) _Static_assert(offsetof(struct type, field) == (offset), #type "." #field)

CHECK(wasm_instance, execution, INSTANCE_EXECUTION);
CHECK(wasm_instance, memory_bases, INSTANCE_MEMORY_BASES);
CHECK(execution, code_stack, EXECUTION_CODE_STACK);
CHECK(execution, host_stack, EXECUTION_HOST_STACK);
CHECK(execution, stop, EXECUTION_STOP);
CHECK(wasm_function, store, FUNCTION_STORE);
CHECK(wasm_function, instance, FUNCTION_INSTANCE);
CHECK(wasm_function, entry, FUNCTION_ENTRY);
CHECK(wasm_store, execution, STORE_EXECUTION);
CHECK(code_entry, code, ENTRY_CODE);
CHECK(code_entry, instance, ENTRY_INSTANCE);
CHECK(code_entry, memory_base, ENTRY_MEMORY_BASE);
CHECK(code_entry, stack, ENTRY_STACK);
CHECK(code_entry, execution, ENTRY_EXECUTION);
CHECK(code_entry, general, ENTRY_GENERAL);
CHECK(code_entry, vector, ENTRY_VECTOR);
CHECK(code_entry, function, ENTRY_FUNCTION);
CHECK(code_saved, general, SAVED_GENERAL);
CHECK(code_saved, vector, SAVED_VECTOR);
_Static_assert(sizeof(struct code_saved) <= SAVED_BYTES && (SAVED_BYTES + 8) % 16 == 0, "a stub's frame");
