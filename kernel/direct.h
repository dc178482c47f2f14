/* Direct calls: the common case of a call, and of its answer, in as few steps as can be. The receiver is between turns and has nothing else to look
   at, so that the message goes from the memory of its sender straight into the inbox that the receiver's turn is shown, and that turn runs at once.
   What does not fit is left to the general way, which says the same. Private to the kernel. */
#ifndef KERNEL_DIRECT_H
#define KERNEL_DIRECT_H

#include "kernel/state.h"

/* Calls, and runs the receiver's turn: then it is answered, or not; message_call_end does the rest. NULL: nothing was done. */
struct request *direct_call(struct app *app, guest_address message, guest_address answer, uint64_t until_ns);
/* Answers. False: nothing was done. */
bool direct_answer(struct app *app, uint64_t id, guest_address answer);

#endif
