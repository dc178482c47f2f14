/* What a platform's handlers ask. Needs nothing else of the engine, as it runs while that may be anywhere. */
#include "wasm/code/call.h"

/* The code stack, its guard included, has only the code of this execution on it: whatever is interrupted there is compiled code, or a stub that
   has done nothing yet or is going to look at the stop flag or has. */
bool wasm_thread_leave(struct wasm_thread *thread, const struct wasm_fault *fault, struct wasm_resume *resume) {
    struct execution *execution = thread->running;
    if (execution == NULL) {
        return false;
    }
    uintptr_t low = (uintptr_t)execution->code_stack_low - CODE_STACK_GUARD_BYTES;
    if (fault->stack - low > (uintptr_t)execution->code_stack_end - low) {
        return false;
    }
    if (fault->is_interrupt && __atomic_load_n(&execution->stop, __ATOMIC_SEQ_CST) == 0) {
        return false;
    }
    execution->fault = *fault;
    *resume = (struct wasm_resume){
        .instruction = execution->landing,
        .stack = (uintptr_t)execution->entry,
        .argument = (uintptr_t)execution,
    };
    return true;
}
