/* Guests: apps that are programs of another world (struct app_world of kernel.h). A guest is in one turn from its beginning to its end; what it
   reaches beyond its memory are messages through its grants, as for every app, which its world sends for it with these functions. They are called on
   the guest's own stack, from functions that its program called. Nothing is sent to a guest: it handles no service.

   A program that is to be ended has its store failed (ERROR_EXIT), and nothing that its world still tries for it comes to anything. */
#ifndef KERNEL_GUEST_H
#define KERNEL_GUEST_H

#include "kernel/kernel.h"

/* Who waits for the answer to a message of the kernel's own. */
struct ask {
    /* Called once, on any app's stack. The block stands until it returns. Error: 0 or the negative of an enum contract_error. */
    void (*answered)(struct ask *ask, int32_t error, const uint64_t words[4], struct bytes block);
};

struct ask_message {
    uint32_t operation;
    uint64_t words[4];
    struct bytes block; /* seen or copied when it was sent */
};

/* A request under way. It stays where it is until it is over or cancelled. */
struct guest_request {
    struct ask ask; /* the kernel's, as is what follows but for `answered` */
    struct app *app;
    uint64_t id;
    bool is_over; /* nothing is under way */
    /* As that of struct ask. It sends nothing and does not wait. */
    void (*answered)(struct guest_request *request, int32_t error, const uint64_t words[4], struct bytes block);
};

/* Sends it through the first grant of this interface, with `answered` set; parks until the receiver has room. The answer may come before this
   returns. 0, or the negative of an enum contract_error; then nothing was sent. */
int32_t guest_send(struct app *app, const uint8_t interface[INTERFACE_HASH_BYTES], const struct ask_message *message, struct guest_request *request);
/* Parks until one of them is over. False: the guest is being ended. */
bool guest_wait(struct app *app, struct guest_request *const *requests, uint32_t count);
/* Takes it back if it is not over: `answered` is not called any more. Also at the end of the guest. */
void guest_cancel(struct app *app, struct guest_request *request);
/* Lets the others have their turns. */
void guest_yield(struct app *app);

#endif
