/* Services, capabilities, and grant tables. A table has a fixed number of entries, charged to its app; capabilities are charged to the handler that
   made them, or to the system, and limited then by the entries that refer to them. */
#include "kernel/capability.h"

#include "kernel/complete.h"
#include "kernel/schedule.h"

/* ---- Services ---- */

enum error service_create(struct kernel *kernel, const uint8_t interface[INTERFACE_HASH_BYTES], native_receive *receive, void *context,
                          struct service **out) {
    struct service *service = budget_allocate_zeroed(kernel->budget, 1, sizeof *service);
    if (service == NULL) {
        return ERROR_NO_MEMORY;
    }
    memcpy(service->interface, interface, INTERFACE_HASH_BYTES);
    service->receive = receive;
    service->context = context;
    service->reference_count = 1;
    list_init(&service->capabilities);
    list_init(&service->waiting);
    list_push_back(&kernel->services, &service->link);
    *out = service;
    return ERROR_NONE;
}

static void service_drop(struct kernel *kernel, struct service *service) {
    ASSERT(service->reference_count > 0);
    service->reference_count--;
    if (service->reference_count == 0) {
        ASSERT(service->app == NULL && list_is_empty(&service->waiting));
        list_remove(&service->link);
        budget_release(kernel->budget, service, sizeof *service);
    }
}

void service_release(struct kernel *kernel, struct service *service) {
    LIST_EACH(link, &service->waiting) {
        request_fail(kernel, LIST_ENTRY(link, struct request, link), ARGOS_NO_HANDLER);
    }
    service_drop(kernel, service);
}

void service_set_gone(struct service *service, native_gone *gone) {
    service->gone = gone;
}

struct capability *service_grant(struct kernel *kernel, struct service *service, uint64_t badge) {
    struct capability *grant = capability_make(kernel, service, badge, badge != 0);
    return grant != NULL ? capability_lend(grant) : NULL;
}

void service_grant_drop(struct kernel *kernel, struct capability *grant) {
    grant->platform_count--;
    capability_drop(kernel, grant);
}

bool service_grant_is_revoked(const struct capability *grant) {
    return grant->is_revoked;
}

/* ---- Capabilities ---- */

struct capability *capability_make(struct kernel *kernel, struct service *service, uint64_t badge, bool is_made) {
    struct budget *payer = is_made && service->app != NULL ? &service->app->budget : kernel->budget;
    struct capability *capability = budget_allocate_zeroed(payer, 1, sizeof *capability);
    if (capability == NULL) {
        return NULL;
    }
    *capability = (struct capability){.service = service, .payer = payer, .badge = badge, .reference_count = 1, .is_made = is_made};
    list_init(&capability->link);
    list_init(&capability->gone_link);
    list_init(&capability->children);
    list_init(&capability->child_link);
    service->reference_count++;
    if (is_made) {
        list_push_back(&service->capabilities, &capability->link);
    }
    return capability;
}

struct capability *capability_derive(struct kernel *kernel, struct capability *from) {
    struct capability *capability = capability_make(kernel, from->service, from->badge, false);
    if (capability != NULL) {
        capability->parent = capability_copy(from);
        capability->is_made = from->is_made;
        capability->is_revoked = from->is_revoked;
        if (!from->is_revoked) {
            list_push_back(&from->children, &capability->child_link);
        }
    }
    return capability;
}

/* A tree without a stack: children join the list that is worked off. */
void capability_end(struct capability *capability) {
    struct list work;
    list_init(&work);
    list_remove(&capability->child_link);
    list_push_back(&work, &capability->child_link);
    while (!list_is_empty(&work)) {
        struct capability *next = LIST_ENTRY(work.next, struct capability, child_link);
        list_remove(&next->child_link);
        next->is_revoked = true;
        LIST_EACH(link, &next->children) {
            list_remove(link);
            list_push_back(&work, link);
        }
    }
}

void capability_free(struct kernel *kernel, struct capability *capability) {
    ASSERT(capability->reference_count == 0 && list_is_empty(&capability->children));
    list_remove(&capability->link);
    list_remove(&capability->gone_link);
    list_remove(&capability->child_link);
    service_drop(kernel, capability->service);
    budget_release(capability->payer, capability, sizeof *capability);
}

/* The handler of one that nobody refers to any more is told, and then it is free. */
static void capability_gone(struct kernel *kernel, struct capability *capability) {
    struct service *service = capability->service;
    bool is_told = capability->is_made && capability->parent == NULL && !capability->is_revoked;
    if (is_told && service->app != NULL) {
        list_push_back(&service->app->gone, &capability->gone_link);
        schedule_wake(service->app);
        return;
    }
    if (is_told && service->gone != NULL) {
        service->gone(service->context, capability->badge);
    }
    capability_free(kernel, capability);
}

/* With the last reference to one that is derived, one to its parent goes, and so on. */
void capability_drop(struct kernel *kernel, struct capability *capability) {
    while (capability != NULL) {
        ASSERT(capability->reference_count > 0);
        capability->reference_count--;
        if (capability->reference_count > 0) {
            return;
        }
        struct capability *parent = capability->parent;
        capability_gone(kernel, capability);
        capability = parent;
    }
}

/* ---- Tables ---- */

enum error grant_table_begin(struct app *app, uint32_t count_max) {
    struct grant_table *table = &app->grants;
    table->entries = budget_allocate(&app->budget, (count_max + 1) * sizeof *table->entries);
    if (table->entries == NULL) {
        return ERROR_NO_MEMORY;
    }
    table->capacity = count_max + 1;
    table->entries[0] = (struct grant_entry){0};
    table->entry_count = 1;
    return ERROR_NONE;
}

void grant_table_end(struct app *app) {
    struct grant_table *table = &app->grants;
    for (uint32_t index = 1; index < table->entry_count; index++) {
        if (table->entries[index].capability != NULL) {
            capability_drop(app->kernel, table->entries[index].capability);
        }
        if (table->entries[index].service != NULL) {
            service_drop(app->kernel, table->entries[index].service);
        }
    }
    budget_release(&app->budget, table->entries, table->capacity * sizeof *table->entries);
    *table = (struct grant_table){0};
}

uint32_t grant_add(struct app *app, struct grant_entry **out) {
    struct grant_table *table = &app->grants;
    uint32_t index = table->first_free;
    if (index == 0 && table->entry_count == table->capacity) {
        return 0;
    }
    if (index == 0) {
        index = table->entry_count++;
        table->entries[index] = (struct grant_entry){0};
    }
    struct grant_entry *entry = &table->entries[index];
    table->first_free = entry->next_free;
    entry->next_free = 0;
    *out = entry;
    return (uint32_t)entry->generation << 16 | index;
}

void grant_remove(struct app *app, struct grant_entry *entry) {
    struct grant_table *table = &app->grants;
    if (entry->generation == UINT16_MAX) {
        /* All its handles were used, and none may come twice. */
        *entry = (struct grant_entry){.generation = UINT16_MAX};
        return;
    }
    *entry = (struct grant_entry){.generation = (uint16_t)(entry->generation + 1), .next_free = table->first_free};
    table->first_free = (uint16_t)(entry - table->entries);
}
