/* Rules of services, capabilities and grant tables: each reference is counted, each entry has one handle, and what an app made ends with it. */
#include "kernel/check/rules.h"

/* ---- References ---- */

/* Does something for each reference that there is to a capability. */
static bool each_reference(struct check *check, bool (*visit)(struct check *check, struct capability *capability)) {
    LIST_EACH(link, &check->kernel->apps) {
        struct app *app = LIST_ENTRY(link, struct app, link);
        if (app->log_capability != NULL && !visit(check, app->log_capability)) {
            return false;
        }
        for (uint32_t index = 1; index < app->grants.entry_count; index++) {
            if (app->grants.entries[index].capability != NULL && !visit(check, app->grants.entries[index].capability)) {
                return false;
            }
        }
    }
    LIST_EACH(link, &check->kernel->children) {
        const struct child *child = LIST_ENTRY(link, struct child, link);
        for (uint32_t index = 0; index < child->grant_count; index++) {
            if (child->grants[index].capability != NULL && !visit(check, child->grants[index].capability)) {
                return false;
            }
        }
    }
    for (uint32_t index = 0; index < check->kernel->requests.chunk_count * REQUEST_CHUNK; index++) {
        struct request *request = check_request_at(check, index);
        if (request->capability != NULL && !visit(check, request->capability)) {
            return false;
        }
        for (uint32_t grant = 0; grant < request->grant_count; grant++) {
            if (!visit(check, request->grants[grant])) {
                return false;
            }
        }
    }
    return true;
}

/* Counting down and up again needs no memory: in between, every count is that of the platform's own references. The first and the last to come to one
   that is derived stand for its reference to its parent, too. */
static bool count_down(struct check *check, struct capability *capability) {
    bool is_last = true;
    while (is_last && capability != NULL) {
        capability->reference_count--;
        is_last = capability->reference_count == capability->platform_count;
        check->capability_count += is_last && capability->payer == check->kernel->budget;
        capability = capability->parent;
    }
    return true;
}

static bool count_is_zero(struct check *check, struct capability *capability) {
    RULE(check, capability->reference_count == capability->platform_count, "the references to a grant with badge %llx are %d more than there are",
         (unsigned long long)capability->badge, (int)capability->reference_count);
    return true;
}

static bool count_up(struct check *check, struct capability *capability) {
    bool is_first = true;
    (void)check;
    while (is_first && capability != NULL) {
        is_first = capability->reference_count == capability->platform_count;
        capability->reference_count++;
        capability = capability->parent;
    }
    return true;
}

/* What is derived of another one knows that, and the other way round, for as long as neither is revoked. */
static bool check_tree(const struct check *check, const struct capability *capability) {
    LIST_EACH(link, &capability->children) {
        const struct capability *child = LIST_ENTRY(link, struct capability, child_link);
        RULE(check, child->parent == capability && !child->is_revoked, "a grant has one derived of it that is of another one, or revoked");
        RULE(check, child->reference_count > 0, "a grant has one derived of it that nobody has");
    }
    RULE(check, !capability->is_revoked || list_is_empty(&capability->children), "a grant is revoked, and some that are derived of it are not");
    const struct capability *parent = capability->parent;
    if (parent == NULL) {
        return true;
    }
    RULE(check, check_is_in(&parent->children, &capability->child_link) == !capability->is_revoked,
         "a grant that is derived of another one will not be revoked with it, or was");
    RULE(check, parent->service == capability->service && parent->badge == capability->badge, "a grant leads elsewhere than what it is derived of");
    return true;
}

static bool check_capability(struct check *check, struct capability *capability) {
    RULE(check, check_is_in(&check->kernel->services, &capability->service->link), "a grant leads to no service");
    bool is_listed = check_is_in(&capability->service->capabilities, &capability->link);
    RULE(check, is_listed ? capability->is_made : !capability->is_made || capability->is_revoked || capability->parent != NULL,
         "a grant is not where its handler looks for what it made");
    RULE(check, list_is_empty(&capability->gone_link), "a client is told to be gone that is still there");
    for (const struct capability *at = capability; at != NULL; at = at->parent) {
        if (!check_tree(check, at)) {
            return false;
        }
    }
    return true;
}

/* ---- Services ---- */

static bool check_service(struct check *check, const struct service *service) {
    LIST_EACH(link, &service->capabilities) {
        const struct capability *capability = LIST_ENTRY(link, struct capability, link);
        const struct budget *payer = service->app != NULL ? &service->app->budget : check->kernel->budget;
        RULE(check, capability->service == service && capability->is_made, "a service has another one's grant");
        RULE(check, capability->payer == payer, "a grant is paid by somebody else than who made it");
        RULE(check, capability->reference_count != 0 || !list_is_empty(&capability->gone_link), "a grant that nobody has was not told of");
    }
    uint64_t waiting_bytes = 0;
    LIST_EACH(link, &service->waiting) {
        const struct request *request = LIST_ENTRY(link, struct request, link);
        RULE(check, request->state == REQUEST_WAITING, "what waits for a handler is in another state");
        waiting_bytes += request->block.data != NULL ? request->block.size : 0;
    }
    RULE(check, waiting_bytes == service->waiting_bytes, "the blocks of what waits for a handler are of %llu bytes, and %u are noted",
         (unsigned long long)waiting_bytes, service->waiting_bytes);
    if (service->app == NULL) {
        RULE(check, list_is_empty(&service->capabilities) || service->receive != NULL, "grants outlive the handler that made them");
        return true;
    }
    RULE(check, check_app_lives(check, service->app) && service->receive == NULL, "a service is handled by an app that ended, or by two");
    RULE(check, list_is_empty(&service->waiting), "requests wait for a handler that is there");
    const struct grant_table *table = &service->app->grants;
    uint32_t index = service->serve_handle & 0xFFFFu;
    RULE(check,
         index < table->entry_count && table->entries[index].service == service && table->entries[index].generation == service->serve_handle >> 16,
         "the handler of a service has no grant to serve it");
    return true;
}

/* ---- Tables ---- */

/* Entries that are free are in the list of those, once; the others have one thing. */
static bool check_table(struct check *check, const struct app *app) {
    const struct grant_table *table = &app->grants;
    uint32_t used = 0, retired = 0, free_count = 0;
    for (uint32_t index = 1; index < table->entry_count; index++) {
        const struct grant_entry *entry = &table->entries[index];
        RULE(check, entry->capability == NULL || entry->service == NULL, "a handle of app %u names two things", app->number);
        bool is_used = entry->capability != NULL || entry->service != NULL;
        used += is_used;
        retired += !is_used && entry->generation == UINT16_MAX;
        RULE(check, entry->service == NULL || entry->service->app == app, "app %u has a grant to serve what another one serves", app->number);
    }
    for (uint32_t index = table->first_free; index != 0; index = table->entries[index].next_free) {
        const struct grant_entry *entry = &table->entries[index];
        free_count++;
        RULE(check, index < table->entry_count && free_count < table->entry_count, "the free grants of app %u are no list", app->number);
        RULE(check, entry->capability == NULL && entry->service == NULL, "a grant of app %u is free and in use", app->number);
        retired -= entry->generation == UINT16_MAX;
    }
    RULE(check, used + retired + free_count + 1 == table->entry_count && table->entry_count <= table->capacity,
         "of %u grants of app %u %u are in use and %u free", table->entry_count, app->number, used, free_count);
    return true;
}

static bool check_gone(struct check *check, const struct app *app) {
    LIST_EACH(link, &app->gone) {
        const struct capability *capability = LIST_ENTRY(link, struct capability, gone_link);
        RULE(check, capability->reference_count == 0 && capability->service->app == app,
             "app %u is told of a client that is not gone, or not its own", app->number);
        check->capability_count += capability->payer == check->kernel->budget;
    }
    return true;
}

bool check_grants(struct check *check) {
    (void)each_reference(check, count_down);
    if (!each_reference(check, count_is_zero)) {
        return false;
    }
    (void)each_reference(check, count_up);
    if (!each_reference(check, check_capability)) {
        return false;
    }
    LIST_EACH(link, &check->kernel->services) {
        if (!check_service(check, LIST_ENTRY(link, struct service, link))) {
            return false;
        }
    }
    LIST_EACH(link, &check->kernel->apps) {
        const struct app *app = LIST_ENTRY(link, struct app, link);
        if (!check_table(check, app) || !check_gone(check, app)) {
            return false;
        }
    }
    return true;
}
