/* Handlers of atomic instructions (threads proposal), on unshared memory, which is the only one that we have.
   Which there are is in atomics.def. Each checks that the effective address is a multiple of its width, then accesses
   memory once, sequentially consistent: memory may be a window that others change. Reached through handlers.c. */
#include "wasm/interpret/handlers.h"
#include "wasm/interpret/slot.h"
#include "wasm/interpret/memory_access.h"

#include "base/assert.h"

#define CHECK_ALIGNED(type)                                                                                                                          \
    if (UNLIKELY(memory_effective_address(op, frame) % sizeof(memory_##type) != 0))                                                                  \
        return operation_trap(op, execution, WASM_TRAP_UNALIGNED_ATOMIC);

/* Operands that the operation itself has no room for: the slots are named by the data behind it. */
#define FIRST_VALUE  (frame[op[1].b].u64)
#define SECOND_VALUE (frame[op[1].c].u64)

#define ATOMIC_LOAD(name, type, result)                                                                                                              \
    HANDLER(name) {                                                                                                                                  \
        CHECK_ALIGNED(type)                                                                                                                          \
        const volatile memory_##type *at = (void *)memory_access_begin(op, frame, execution);                                                        \
        slot_set_##result(&frame[op->a], __atomic_load_n(at, __ATOMIC_SEQ_CST));                                                                     \
        return op + 1;                                                                                                                               \
    }

#define ATOMIC_STORE(name, type)                                                                                                                     \
    HANDLER(name) {                                                                                                                                  \
        CHECK_ALIGNED(type)                                                                                                                          \
        volatile memory_##type *at = (void *)memory_access_begin(op, frame, execution);                                                              \
        __atomic_store_n(at, (memory_##type)frame[op->a].u64, __ATOMIC_SEQ_CST);                                                                     \
        return op + 1;                                                                                                                               \
    }

#define ATOMIC_UPDATE(name, type, result, update)                                                                                                    \
    HANDLER(name) {                                                                                                                                  \
        CHECK_ALIGNED(type)                                                                                                                          \
        volatile memory_##type *at = (void *)memory_access_begin(op, frame, execution);                                                              \
        slot_set_##result(&frame[op->a], update(at, (memory_##type)FIRST_VALUE, __ATOMIC_SEQ_CST));                                                  \
        return op + 2;                                                                                                                               \
    }

/* The expected value is wrapped to the width of the access, as the replacement is. The builtin leaves the old value in
   `expected` whether it exchanged or not. */
#define ATOMIC_EXCHANGE(name, type, result)                                                                                                          \
    HANDLER(name) {                                                                                                                                  \
        CHECK_ALIGNED(type)                                                                                                                          \
        volatile memory_##type *at = (void *)memory_access_begin(op, frame, execution);                                                              \
        memory_##type expected = FIRST_VALUE;                                                                                                        \
        __atomic_compare_exchange_n(at, &expected, (memory_##type)SECOND_VALUE, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                          \
        slot_set_##result(&frame[op->a], expected);                                                                                                  \
        return op + 2;                                                                                                                               \
    }

/* Nobody can wait on unshared memory, so none is woken; but the address must be one. */
#define ATOMIC_NOTIFY(name, type)                                                                                                                    \
    HANDLER(name) {                                                                                                                                  \
        CHECK_ALIGNED(type)                                                                                                                          \
        (void)memory_load_##type(memory_access_begin(op, frame, execution));                                                                         \
        slot_set_i32(&frame[op->a], 0);                                                                                                              \
        return op + 2;                                                                                                                               \
    }

#define ATOMIC_WAIT(name, type)                                                                                                                      \
    HANDLER(name) {                                                                                                                                  \
        CHECK_ALIGNED(type)                                                                                                                          \
        (void)memory_load_##type(memory_access_begin(op, frame, execution));                                                                         \
        return operation_trap(op, execution, WASM_TRAP_EXPECTED_SHARED);                                                                             \
    }

#define FENCE(name, none)                                                                                                                            \
    HANDLER(name) {                                                                                                                                  \
        (void)frame;                                                                                                                                 \
        (void)execution;                                                                                                                             \
        __atomic_thread_fence(__ATOMIC_SEQ_CST);                                                                                                     \
        return op + 1;                                                                                                                               \
    }

#define INSTRUCTION(shape, name, ...) shape(name, __VA_ARGS__)
#include "wasm/interpret/atomics.def"
