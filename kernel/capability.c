/* Services, capabilities, and grant tables. A table has a fixed number of entries, charged to its app; capabilities are charged to the system and
   limited by the entries that refer to them. */
#include "kernel/capability.h"

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
    list_init(&service->capabilities);
    list_init(&service->waiting);
    list_push_back(&kernel->services, &service->link);
    *out = service;
    return ERROR_NONE;
}

/* ---- Capabilities ---- */

struct capability *capability_make(struct kernel *kernel, struct service *service, uint64_t badge, bool is_made) {
    struct capability *capability = budget_allocate_zeroed(kernel->budget, 1, sizeof *capability);
    if (capability == NULL) {
        return NULL;
    }
    *capability = (struct capability){.service = service, .badge = badge, .reference_count = 1, .is_made = is_made};
    list_init(&capability->link);
    list_init(&capability->gone_link);
    if (is_made) {
        list_push_back(&service->capabilities, &capability->link);
    }
    return capability;
}

void capability_free(struct kernel *kernel, struct capability *capability) {
    ASSERT(capability->reference_count == 0);
    list_remove(&capability->link);
    list_remove(&capability->gone_link);
    budget_release(kernel->budget, capability, sizeof *capability);
}

void capability_drop(struct kernel *kernel, struct capability *capability) {
    ASSERT(capability->reference_count > 0);
    capability->reference_count--;
    if (capability->reference_count > 0) {
        return;
    }
    struct app *handler = capability->service->app;
    if (capability->is_made && !capability->is_revoked && handler != NULL) {
        list_push_back(&handler->gone, &capability->gone_link);
        schedule_wake(handler);
        return;
    }
    capability_free(kernel, capability);
}

/* ---- Tables ---- */

enum error grant_table_begin(struct app *app, uint32_t count_max) {
    struct grant_table *table = &app->grants;
    table->entries = budget_allocate_zeroed(&app->budget, count_max + 1, sizeof *table->entries);
    if (table->entries == NULL) {
        return ERROR_NO_MEMORY;
    }
    table->capacity = count_max + 1;
    for (uint32_t index = 1; index < count_max; index++) {
        table->entries[index].next_free = (uint16_t)(index + 1);
    }
    table->first_free = 1;
    return ERROR_NONE;
}

void grant_table_end(struct app *app) {
    struct grant_table *table = &app->grants;
    for (uint32_t index = 1; index < table->capacity; index++) {
        if (table->entries[index].capability != NULL) {
            capability_drop(app->kernel, table->entries[index].capability);
        }
    }
    budget_release(&app->budget, table->entries, table->capacity * sizeof *table->entries);
    *table = (struct grant_table){0};
}

uint32_t grant_add(struct app *app, struct grant_entry **out) {
    struct grant_table *table = &app->grants;
    uint32_t index = table->first_free;
    if (index == 0) {
        return 0;
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
