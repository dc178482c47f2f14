/* Sees each access to watched memory as the processor makes it: its address, its width, whether it reads or writes, in order. The pages are
   taken away; each fault is noted, and the instruction repeated alone, by the trap flag, with the pages back for that long. x86-64 on Linux; one
   watch in a process. */
#ifndef TESTS_RANDOM_WATCH_H
#define TESTS_RANDOM_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum watch_kind { WATCH_READ, WATCH_WRITE, WATCH_UPDATE };

/* Called in a signal handler. */
typedef void watch_note(void *context, enum watch_kind kind, uint32_t width, uintptr_t address);

/* Takes the place of the handlers of faults that there are; what is not of watched memory goes to them. */
void watch_begin(watch_note *note, void *context);
/* Adds pages. */
void watch_add(void *memory, size_t size);
/* While armed, every access is seen; disarmed, memory is as always. */
void watch_arm(void);
void watch_disarm(void);
/* Forgets the pages, and puts the handlers back. */
void watch_end(void);

#endif
