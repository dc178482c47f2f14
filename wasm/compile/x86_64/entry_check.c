/* Checks the offsets that entry.S uses. */
#include "wasm/code/entry.h"
#include "wasm/compile/x86_64/offsets.h"
#include "wasm/interpret/operation.h"

#define CHECK(type, field, offset) _Static_assert(offsetof(struct type, field) == (offset), #type "." #field)

CHECK(wasm_instance, execution, INSTANCE_EXECUTION);
CHECK(wasm_instance, memory_bases, INSTANCE_MEMORY_BASES);
CHECK(execution, code_stack, EXECUTION_CODE_STACK);
CHECK(execution, entry, EXECUTION_ENTRY);
CHECK(execution, stop, EXECUTION_STOP);
CHECK(execution, failed, EXECUTION_STOP + 4);
CHECK(execution, thread_id, EXECUTION_THREAD_ID);
CHECK(execution, thread, EXECUTION_THREAD);
CHECK(execution, entry_count, EXECUTION_ENTRY_COUNT);
CHECK(execution, outcome, EXECUTION_OUTCOME);
CHECK(execution_entry, outer, 0);
CHECK(execution_entry, code_stack, 8);
CHECK(wasm_thread, running, THREAD_RUNNING);
CHECK(wasm_thread, id, THREAD_ID);
CHECK(wasm_function, instance, FUNCTION_INSTANCE);
CHECK(wasm_function, entry, FUNCTION_ENTRY);
CHECK(native_function, call, NATIVE_CALL);
CHECK(native_function, context, NATIVE_CONTEXT);
CHECK(wasm_entry, function, PREPARED_FUNCTION);
CHECK(wasm_entry, execution, PREPARED_EXECUTION);
CHECK(wasm_entry, instance, PREPARED_INSTANCE);
CHECK(wasm_entry, memory_base, PREPARED_MEMORY_BASE);
CHECK(code_entry, function, ENTRY_FUNCTION);
CHECK(code_entry, thread, ENTRY_THREAD);
CHECK(code_entry, stack, ENTRY_STACK);
CHECK(code_entry, registers.general, ENTRY_GENERAL);
CHECK(code_entry, registers.vector, ENTRY_VECTOR);
CHECK(code_saved, general, SAVED_GENERAL);
CHECK(code_saved, vector, SAVED_VECTOR);
_Static_assert(HOST_CALLS == LIMIT_HOST_CALLS, "LIMIT_HOST_CALLS");
_Static_assert(sizeof(struct code_saved) == SAVED_BYTES && SAVED_BYTES % 16 == 0, "struct code_saved");
_Static_assert(sizeof(enum error) == 4, "an outcome is read as 32 bits");
