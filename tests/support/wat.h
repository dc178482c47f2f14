/* Modules for tests from the text format: Debian's wat2wasm does the work. */
#ifndef TESTS_SUPPORT_WAT_H
#define TESTS_SUPPORT_WAT_H

#include "base/bytes.h"

/* The bytes of a module; on an error in the text the test program ends. Give them back with support_wat_release. */
struct bytes support_wat(const char *text);
void support_wat_release(struct bytes module);

#endif
