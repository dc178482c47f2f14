/* How much memory this process may promise to programs. */
#ifndef PLATFORM_LINUX_AVAILABLE_H
#define PLATFORM_LINUX_AVAILABLE_H

#include <stdint.h>

/* What the machine has available (MemAvailable) or a control group around us still allows, whichever is least, less one
   sixteenth as a margin for the host. Read once, at start: what others take later is not known. `root` is the folder that
   proc/ and sys/ are in, "" for the real ones. Where nothing can be read, half of the machine's memory. */
uint64_t available_bytes(const char *root);

#endif
