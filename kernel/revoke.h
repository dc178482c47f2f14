/* Revoking grants. Private to the kernel. */
#ifndef KERNEL_REVOKE_H
#define KERNEL_REVOKE_H

#include "kernel/state.h"

/* All copies of a grant end, and all that are derived of it: what was sent through them and is not answered is answered with ARGOS_REVOKED at once,
   and so is everything after. A handler that has seen a message keeps what came with it until it answers, or ends the turn in which it is told
   NOTICE_CANCELLED. Takes a look at every request that there is. */
void capability_revoke(struct kernel *kernel, struct capability *capability);

#endif
