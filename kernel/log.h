/* The context's `log`. Private to the kernel. */
#ifndef KERNEL_LOG_H
#define KERNEL_LOG_H

#include "kernel/state.h"

/* On the app's fiber, which may stand still while whoever handles the log has no room. */
void log_write(struct app *app, guest_address text, uint32_t length);

#endif
