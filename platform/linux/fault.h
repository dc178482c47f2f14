/* Memory faults of this process, delivered to the nearest boundary: SIGSEGV and SIGBUS become a return value.

   The first boundary of a thread gives that thread an alternate signal stack, unless it has one. After that a boundary
   costs no system call.

   A fault outside every boundary, a signal that somebody sent, and the overflow of the thread's own stack are no business
   of a boundary: they are passed on to the handler that was there before, or to the default action, after one line on
   standard error. Callable from any thread. */
#ifndef PLATFORM_LINUX_FAULT_H
#define PLATFORM_LINUX_FAULT_H

#include "wasm/wasm.h"

/* Makes sure that the process's two signal handlers are ours; to be called before the first boundary, and again after
   somebody else has put handlers of their own. */
void fault_install(void);

/* Call guard->run(guard->argument). False when something inside it faulted or was interrupted: run was abandoned there, nothing on its
   stack was cleaned up, and *fault says where. Boundaries nest: a fault goes to the innermost. */
bool fault_guard(const struct wasm_guard *guard, struct wasm_fault *fault);

/* A signal for the thread (a pthread_t): a boundary there that may be interrupted is. SIGURG is ours; it is ignored by default, so
   nobody is surprised by one that comes late. */
void fault_interrupt(uint64_t thread);

#endif
