/* Services, capabilities, and the grant tables of apps. Private to the kernel. */
#ifndef KERNEL_CAPABILITY_H
#define KERNEL_CAPABILITY_H

#include "kernel/state.h"

/* With one reference. NULL: no memory. */
struct capability *capability_make(struct kernel *kernel, struct service *service, uint64_t badge, bool is_made) MUST_CHECK;
static inline struct capability *capability_copy(struct capability *capability) {
    capability->reference_count++;
    return capability;
}
/* References of the platform's are counted apart, too. */
static inline struct capability *capability_lend(struct capability *capability) {
    capability->platform_count++;
    return capability;
}
/* One that is derived of it, with one reference. NULL: no memory. */
struct capability *capability_derive(struct kernel *kernel, struct capability *from) MUST_CHECK;
/* It and all that are derived of it lead nowhere from now on. What is under way through them is revoke's affair. */
void capability_end(struct capability *capability);
/* One reference less. Of the last one to a made capability the handler is told. */
void capability_drop(struct kernel *kernel, struct capability *capability);
static inline void capability_drop_one(struct kernel *kernel, struct capability *capability) {
    capability->reference_count--;
    if (UNLIKELY(capability->reference_count == 0)) {
        capability->reference_count = 1;
        capability_drop(kernel, capability);
    }
}
/* Frees one that nobody refers to any more, and whose handler was told or is gone. */
void capability_free(struct kernel *kernel, struct capability *capability);

enum error grant_table_begin(struct app *app, uint32_t count_max) MUST_CHECK;
/* Drops all grants. */
void grant_table_end(struct app *app);
/* A new entry, empty, and its handle; 0 when the table is full. */
uint32_t grant_add(struct app *app, struct grant_entry **out) MUST_CHECK;
/* The entry of a handle, or NULL. */
static inline struct grant_entry *grant_find(const struct app *app, uint32_t handle) {
    uint32_t index = handle & 0xFFFFu;
    if (index == 0 || index >= app->grants.entry_count) {
        return NULL;
    }
    struct grant_entry *entry = &app->grants.entries[index];
    bool is_there = entry->generation == handle >> 16 && (entry->capability != NULL || entry->service != NULL);
    return is_there ? entry : NULL;
}
/* The entry is free again; what it referred to is the caller's to drop. */
void grant_remove(struct app *app, struct grant_entry *entry);

#endif
