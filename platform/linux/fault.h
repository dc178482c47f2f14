/* Memory faults of this process. Those of compiled code end it, as wasm_thread_leave says; others are delivered to the nearest boundary, for which
   SIGSEGV and SIGBUS become a return value.

   The first boundary of a thread, or the first question for its record, gives that thread an alternate signal stack, unless it has one. After that
   neither costs a system call.

   A fault outside every boundary or in C that compiled code called, a signal that somebody sent, and the overflow of the thread's own stack are no
   business of a boundary: they are passed on to the handler that was there before, or to the default action, after one line on
   standard error. Callable from any thread. */
#ifndef PLATFORM_LINUX_FAULT_H
#define PLATFORM_LINUX_FAULT_H

#include "wasm/wasm.h"

/* Makes sure that the process's two signal handlers are ours; to be called before the first boundary, and again after
   somebody else has put handlers of their own. */
void fault_install(void);

/* Call run(argument). False when something inside it faulted: run was abandoned there, nothing on its stack was cleaned up, and *fault says
   where. Boundaries nest: a fault goes to the innermost. */
bool fault_guard(void (*run)(void *argument), void *argument, struct wasm_fault *fault);

/* The record of the calling thread. */
struct wasm_thread *fault_thread(void);

/* A signal for the thread of this id: its handler asks wasm_thread_leave. SIGURG is ours; it is ignored by default, so nobody is surprised by one
   that comes late, or meets a thread that came to have the number of one that ended. */
void fault_interrupt(uint64_t thread_id);

/* The boundaries of a thread are a chain through the stack that it runs on, from the innermost. Whoever goes on with another stack keeps this one,
   and sets the one that stood on that stack: NULL for a new one. */
struct fault_boundary;
extern _Thread_local struct fault_boundary *fault_innermost __attribute__((tls_model("local-exec")));

#endif
