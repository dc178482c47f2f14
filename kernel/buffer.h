/* Buffers: pages that apps pass on. Who may access a buffer is one rule: those who have it stand in a chain, its owner first, behind each the one
   that it lent it to, and only the last has access. Whoever leaves the chain at its end gives access back to the one before, and when nobody has the
   buffer any more, or sees it shared, it is freed. So it outlives a lender that dies, and comes back from a borrower that does.

   Charges. A buffer is charged to its owner's budget: to who made it, and from the moment of a move on to who it was moved to. When an owner ends
   before those that it lent it to, or that it shared it with, the system pays until they have done with it. Private to the kernel. */
#ifndef KERNEL_BUFFER_H
#define KERNEL_BUFFER_H

#include "kernel/state.h"

/* The context's function. */
int32_t buffer_call(struct app *app, guest_address request);

/* ---- Passing on ---- */

/* The window of an app that a message names, in a mode above BLOCK_COPY, when the app may pass it on so; lending needs an answer. */
enum contract_error buffer_check(struct app *app, const struct message *message, bool wants_answer, struct window **out) MUST_CHECK;
/* Does so, to an app, or to the platform when that is NULL. *out is the receiver's window; of the sender's nothing is left after a move. On an error
   nothing has changed: as window_make, or ARGOS_NO_MEMORY when the receiver's budget has no room for what is moved. */
enum contract_error buffer_pass(struct window *from, struct app *to, enum block_mode mode, struct window **out) MUST_CHECK;
/* What a request lent goes along with the request to another app. ARGOS_TAKEN: the present one has lent it on. */
enum contract_error buffer_forward(struct window *from, struct app *to, struct window **out) MUST_CHECK;
/* Whether the receiver of a request has lent on what it was lent: it cannot answer before that is back. */
bool buffer_is_lent_on(const struct request *request);
/* The window came with this request, which a message says. */
void buffer_attach(struct window *window, struct request *request, struct message *message, uint32_t size);

/* ---- The end ---- */

/* An app has done with a buffer. Who has access to it now is told, unless it is `told`, which learns it otherwise. */
void buffer_leave(struct window *window, const struct app *told);
/* A request is answered, or comes to no end: what it lent goes back, and what its receiver has not seen goes. */
void buffer_detach(struct request *request, const struct app *told);
/* Everything that an app has; before its memory ends. */
void buffer_end_all(struct app *app);

/* Why an access to this address faulted, as the end of a sentence, or NULL when it is in no buffer. */
const char *buffer_fault(const struct app *app, uint64_t address);

#endif
