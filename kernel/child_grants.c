/* What children were given. Each grant of a child is derived of what its giver holds, so that it can be taken away from the child, and from all that
   the child handed it on to, and from nobody else. The array of the context of its app has the same order. */
#include "kernel/child_grants.h"

#include "base/bytes.h"
#include "base/format.h"
#include "interfaces/clock.h"
#include "interfaces/log.h"
#include "kernel/app.h"
#include "kernel/capability.h"
#include "kernel/context.h"
#include "kernel/inbox.h"
#include "kernel/revoke.h"

static const uint8_t clock_hash[] = CLOCK_HASH, log_hash[] = LOG_HASH;

static bool is_of(const struct child_grant *grant, const uint8_t *interface) {
    return grant->capability != NULL && memcmp(grant->capability->service->interface, interface, INTERFACE_HASH_BYTES) == 0;
}

static struct app *child_app(const struct child *child) {
    return child->state == CHILD_RUNNING ? child->app : NULL;
}

bool child_grants_show_clock(const struct child *child) {
    for (uint32_t index = 0; index < child->grant_count; index++) {
        const struct child_grant *grant = &child->grants[index];
        if (is_of(grant, clock_hash) && grant->capability->service->receive != NULL && !grant->capability->is_revoked) {
            return true;
        }
    }
    return false;
}

/* ---- What its app sees ---- */

/* The entry of its app's table that this grant became, unless the app has given it away. */
static struct grant_entry *entry_of(const struct child *child, const struct app *app, uint32_t index) {
    struct grant_entry *entry = grant_find(app, context_grants(app)[index].handle);
    return entry != NULL && entry->capability != NULL && entry->capability == child->grants[index].capability ? entry : NULL;
}

/* Its log and its clock page, as what it was given has become, and the notice of it. A clock page that there is no memory for is not there. */
static void app_tell(const struct child *child, struct app *app) {
    struct capability *log = NULL;
    for (uint32_t index = 0; index < child->grant_count && log == NULL; index++) {
        const struct child_grant *grant = &child->grants[index];
        log = is_of(grant, log_hash) && !grant->capability->is_revoked ? grant->capability : NULL;
    }
    if (log != app->log_capability) {
        struct capability *old = app->log_capability;
        app->log_capability = log != NULL ? capability_copy(log) : NULL;
        if (old != NULL) {
            capability_drop(child->kernel, old);
        }
    }
    context_set_log(app);
    enum error error = context_set_clock(app, child_grants_show_clock(child));
    (void)error;
    inbox_notify(app, NOTICE_GRANTS);
}

/* Its app gets what has come to this place. */
static enum error app_take(const struct child *child, struct app *app, uint32_t index) {
    const struct child_grant *grant = &child->grants[index];
    struct grant_entry *entry;
    uint32_t handle = grant_add(app, &entry);
    if (handle == 0) {
        return ERROR_LIMIT;
    }
    if (grant->service != NULL) {
        entry->service = grant->service;
        grant->service->reference_count++;
        grant->service->app = app;
        grant->service->serve_handle = handle;
    } else {
        entry->capability = capability_copy(grant->capability);
    }
    context_put_grant(app, index, entry, grant->label, handle);
    app_tell(child, app);
    if (grant->service != NULL) {
        inbox_take_waiting(app, grant->service);
    }
    return ERROR_NONE;
}

void child_grants_list(const struct child *child, struct app_grant *out) {
    for (uint32_t index = 0; index < child->grant_count; index++) {
        const struct child_grant *grant = &child->grants[index];
        out[index] = (struct app_grant){.service = grant->service != NULL ? grant->service : grant->capability->service,
                                        .capability = grant->capability,
                                        .label = grant->label,
                                        .serves = grant->service != NULL};
    }
}

uint32_t child_grant_handle(const struct child *child, uint32_t index) {
    const struct app *app = child_app(child);
    return app != NULL ? context_grants(app)[index].handle : index + 1;
}

/* ---- Giving ---- */

static void grant_drop(struct child *child, struct child_grant *grant) {
    if (grant->capability != NULL) {
        capability_drop(child->kernel, grant->capability);
    }
    if (grant->service != NULL) {
        service_release(child->kernel, grant->service);
    }
    *grant = (struct child_grant){0};
}

void child_grants_end(struct child *child) {
    for (uint32_t index = 0; index < child->grant_count; index++) {
        grant_drop(child, &child->grants[index]);
    }
    child->grant_count = 0;
}

/* A place that is free, or whose grant was revoked, if there is one; CHILD_GRANTS_MAX otherwise. */
static uint32_t place_find(const struct child *child) {
    const struct app *app = child_app(child);
    uint32_t limit = app != NULL && app->grant_capacity < CHILD_GRANTS_MAX ? app->grant_capacity : CHILD_GRANTS_MAX;
    if (child->grant_count < limit) {
        return child->grant_count;
    }
    for (uint32_t index = 0; index < child->grant_count; index++) {
        if (child->grants[index].capability != NULL && child->grants[index].capability->is_revoked) {
            return index;
        }
    }
    return CHILD_GRANTS_MAX;
}

/* Puts a grant at its place, and into the app. The grant is taken, whatever comes of it. */
static enum error grant_put(struct child *child, struct child_grant *grant, const char *label, uint32_t *handle) {
    struct app *app = child_app(child);
    uint32_t place = bytes_from_text(label).size > CHILD_LABEL_MAX || child->state == CHILD_ENDED ? CHILD_GRANTS_MAX : place_find(child);
    if (place == CHILD_GRANTS_MAX) {
        grant_drop(child, grant);
        return ERROR_LIMIT;
    }
    struct child_grant old = child->grants[place];
    bool is_last = place == child->grant_count;
    format(grant->label, sizeof grant->label, "%s", label);
    child->grants[place] = *grant;
    child->grant_count += is_last;
    enum error error = app != NULL ? app_take(child, app, place) : ERROR_NONE;
    if (error != ERROR_NONE) {
        grant_drop(child, &child->grants[place]);
        child->grants[place] = old;
        child->grant_count -= is_last;
        return error;
    }
    grant_drop(child, &old);
    *handle = child_grant_handle(child, place);
    return ERROR_NONE;
}

enum error child_give(struct child *child, const char *label, struct capability *from, uint32_t *handle) {
    struct child_grant grant = {.capability = capability_derive(child->kernel, from)};
    return grant.capability != NULL ? grant_put(child, &grant, label, handle) : ERROR_NO_MEMORY;
}

enum error child_serve(struct child *child, const char *label, struct service *service) {
    struct child_grant grant = {.service = service};
    uint32_t handle;
    if (service->app != NULL || service->receive != NULL) {
        return ERROR_ARGUMENT;
    }
    service->reference_count++;
    return grant_put(child, &grant, label, &handle);
}

/* ---- Taking away, and leading elsewhere ---- */

/* Whoever was given what is derived of something that is revoked learns it. */
static void revoked_tell(struct kernel *kernel) {
    LIST_EACH(link, &kernel->children) {
        const struct child *child = LIST_ENTRY(link, struct child, link);
        struct app *app = child_app(child);
        bool is_news = false;
        for (uint32_t index = 0; app != NULL && index < child->grant_count; index++) {
            const struct capability *capability = child->grants[index].capability;
            struct grant *grant = &context_grants(app)[index];
            if (capability != NULL && capability->is_revoked && (grant->flags & GRANT_REVOKED) == 0) {
                grant->flags |= GRANT_REVOKED;
                is_news = true;
            }
        }
        if (is_news) {
            app_tell(child, app);
        }
    }
}

enum error child_revoke(struct child *child, uint32_t handle) {
    for (uint32_t index = 0; index < child->grant_count && handle != 0; index++) {
        const struct child_grant *grant = &child->grants[index];
        if (child_grant_handle(child, index) != handle || grant->capability == NULL) {
            continue;
        }
        capability_revoke(child->kernel, grant->capability);
        revoked_tell(child->kernel);
        return ERROR_NONE;
    }
    return ERROR_NOT_FOUND;
}

/* One of its grants leads elsewhere. */
static void grant_lead(struct child *child, uint32_t index, struct capability *to) {
    struct app *app = child_app(child);
    struct capability *old = child->grants[index].capability;
    struct grant_entry *entry = app != NULL ? entry_of(child, app, index) : NULL;
    child->grants[index].capability = to;
    if (app != NULL) {
        context_grants(app)[index].flags = GRANT_USE | (to->is_revoked ? GRANT_REVOKED : 0);
    }
    if (entry != NULL) {
        entry->capability = capability_copy(to);
        capability_drop(child->kernel, old);
    }
    capability_drop(child->kernel, old);
}

enum error child_route(struct child *child, const uint8_t interface[INTERFACE_HASH_BYTES], struct capability *to) {
    struct capability *made[CHILD_GRANTS_MAX];
    uint32_t count = 0, taken = 0;
    if (memcmp(to->service->interface, interface, INTERFACE_HASH_BYTES) != 0) {
        return ERROR_ARGUMENT;
    }
    for (uint32_t index = 0; index < child->grant_count; index++) {
        if (!is_of(&child->grants[index], interface)) {
            continue;
        }
        made[count] = capability_derive(child->kernel, to);
        if (made[count] == NULL) {
            while (count > 0) {
                capability_drop(child->kernel, made[--count]);
            }
            return ERROR_NO_MEMORY;
        }
        count++;
    }
    for (uint32_t index = 0; taken < count; index++) {
        if (is_of(&child->grants[index], interface)) {
            grant_lead(child, index, made[taken++]);
        }
    }
    if (count > 0 && child_app(child) != NULL) {
        app_tell(child, child_app(child));
    }
    return count > 0 ? ERROR_NONE : ERROR_NOT_FOUND;
}

struct capability *child_route_now(struct child *child, const uint8_t interface[INTERFACE_HASH_BYTES]) {
    for (uint32_t index = 0; index < child->grant_count; index++) {
        if (is_of(&child->grants[index], interface)) {
            return capability_lend(capability_copy(child->grants[index].capability));
        }
    }
    return NULL;
}
