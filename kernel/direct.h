/* Direct calls: the common case of a call, and of its answer, in as few steps as can be. The receiver is between turns and has nothing else to look
   at, so that the message goes from the memory of its sender straight into the inbox that the receiver's turn is shown, and that turn runs at once;
   and the answer goes from there straight to where the sender wants it. What does not fit is left to the general way, which says the same. Private to
   the kernel. */
#ifndef KERNEL_DIRECT_H
#define KERNEL_DIRECT_H

#include "kernel/state.h"

/* The functions of the context, as the engine calls them. */
int32_t direct_call(struct app *app, struct wasm_instance *caller, uint32_t message, uint32_t answer, uint64_t until_ns);
int32_t direct_answer(struct app *app, struct wasm_instance *caller, uint64_t id, uint32_t answer);

#endif
