/* Linux's error numbers in the words of WASI. */
#ifndef PLATFORM_LINUX_WASI_ERRNO_H
#define PLATFORM_LINUX_WASI_ERRNO_H

#include "wasi/wasi.h"

/* What WASI calls this errno; WASI_IO for what it has no name for, WASI_SUCCESS for 0. */
enum wasi_errno wasi_errno_from_linux(int number);

#endif
