/* The handler of `apps`. Who may decide about an app is who holds a grant with its number as the badge; what its maker may give it is what the maker
   holds, since grants come along in messages; and what it may use is part of the group of its maker. */
#include "kernel/apps.h"

#include "base/sha256.h"
#include "interfaces/apps.h"
#include "interfaces/loader.h"
#include "kernel/ask.h"
#include "kernel/capability.h"
#include "kernel/child_grants.h"
#include "kernel/group.h"
#include "kernel/native.h"

#define ARGUMENTS_MAX 256u
#define SUMMARIES_MAX 64u
#define LOADING       ((enum apps_error)255) /* no error, and no answer yet */

struct apps {
    struct kernel *kernel;
    struct service *service;
    /* While a request is handled: */
    const struct native_request *native;
    struct native_work *work;
    struct bytes arguments[ARGUMENTS_MAX + 1];
    struct apps_frame frames[WASM_TRAP_FRAMES_MAX];
    struct wire_text events[CHILD_EVENTS_MAX];
    struct apps_summary summaries[SUMMARIES_MAX];
    struct apps_held held[CHILD_GRANTS_MAX];
};

/* ---- Who ---- */

static struct child *child_find(const struct apps *apps, uint64_t number) {
    LIST_EACH(link, &apps->kernel->children) {
        struct child *child = LIST_ENTRY(link, struct child, link);
        if (child->number == number) {
            return child;
        }
    }
    return NULL;
}

static struct child *caller_find(const struct apps *apps) {
    return child_find(apps, apps->native->app);
}

/* Those that it made, and that these made. */
static bool is_below(const struct child *child, const struct child *above) {
    while (child != NULL && child != above) {
        child = child->maker;
    }
    return child != NULL;
}

static enum apps_error error_of(enum error error) {
    switch (error) {
    case ERROR_NO_MEMORY: return APPS_ERROR_NO_MEMORY;
    case ERROR_LIMIT: return APPS_ERROR_LIMIT;
    case ERROR_NOT_FOUND: return APPS_ERROR_UNKNOWN;
    case ERROR_ARGUMENT: return APPS_ERROR_LATE;
    default: return APPS_ERROR_INVALID;
    }
}

static void hash_put(const uint8_t *from, struct types_hash *out) {
    memcpy(&out->a, from, 8);
    memcpy(&out->b, from + 8, 8);
    memcpy(&out->c, from + 16, 8);
    memcpy(&out->d, from + 24, 8);
}

static void hash_take(const struct types_hash *hash, uint8_t *out) {
    memcpy(out, &hash->a, 8);
    memcpy(out + 8, &hash->b, 8);
    memcpy(out + 16, &hash->c, 8);
    memcpy(out + 24, &hash->d, 8);
}

/* Zero-terminated; false when it is too long, or has a zero in it. */
static bool text_take(const struct wire_text *text, char *out, uint32_t size) {
    if (text->size >= size) {
        return false;
    }
    for (uint32_t index = 0; index < text->size; index++) {
        out[index] = text->data[index];
        if (out[index] == 0) {
            return false;
        }
    }
    out[text->size] = 0;
    return true;
}

/* ---- The end of an app ---- */

static void ending_fill(struct apps *apps, const struct child *child, struct apps_ending *out) {
    static const enum apps_reason reasons[] = {[CHILD_EXITED] = APPS_REASON_EXITED,
                                               [CHILD_FAULTED] = APPS_REASON_FAULTED,
                                               [CHILD_STOPPED] = APPS_REASON_STOPPED,
                                               [CHILD_KILLED] = APPS_REASON_KILLED,
                                               [CHILD_UNABLE] = APPS_REASON_UNABLE};
    const struct child_fault *fault = child->fault;
    *out = (struct apps_ending){.reason = reasons[child->reason], .exit_code = child->exit_code, .restarts = child->restarts};
    out->fault.is_some = fault != NULL && (child->reason == CHILD_FAULTED || child->reason == CHILD_UNABLE);
    if (!out->fault.is_some) {
        return;
    }
    for (uint32_t index = 0; index < fault->frame_count; index++) {
        const struct child_frame *from = &fault->frames[index];
        apps->frames[index] = (struct apps_frame){{from->function, from->function_size}, from->index, (uint32_t)from->offset};
    }
    out->fault.value.kind = wire_text_of(fault->report);
    out->fault.value.frames = apps_frame_list_of(apps->frames, fault->frame_count);
    for (uint32_t index = 0; index < fault->event_count; index++) {
        apps->events[index] = wire_text_of(fault->events[index]);
    }
    out->fault.value.events = wire_text_list_of(apps->events, fault->event_count);
}

static void waiter_answer(struct apps *apps, uint64_t id, const struct apps_ending *ending) {
    struct native_work work;
    native_begin_later(&work, id);
    apps_app_wait_end_answer(&work.answer, ending);
    native_end(apps->kernel, &work);
}

static void child_ended(void *context, struct child *child, const struct app_end *end, bool is_final) {
    struct apps *apps = context;
    struct apps_ending ending;
    (void)end;
    if (!is_final) {
        return;
    }
    ending_fill(apps, child, &ending);
    while (child->waiter_count > 0) {
        waiter_answer(apps, child->waiters[--child->waiter_count], &ending);
    }
}

/* Its end is answered when it comes. */
static int32_t waiter_add(struct apps *apps, struct child *child, uint64_t id) {
    uint32_t kept = 0;
    for (uint32_t index = 0; index < child->waiter_count; index++) {
        if (service_is_awaited(apps->kernel, child->waiters[index])) {
            child->waiters[kept++] = child->waiters[index];
        }
    }
    child->waiter_count = kept;
    if (kept == CHILD_WAITERS_MAX) {
        return -WIRE_LIMIT;
    }
    if (id != 0) {
        child->waiters[child->waiter_count++] = id;
    }
    return WIRE_LATER;
}

static int32_t app_wait_end(void *self, const struct wire_call *call, struct apps_ending *result) {
    struct apps *apps = self;
    struct child *child = child_find(apps, call->object);
    if (child->state != CHILD_ENDED) {
        return waiter_add(apps, child, call->id);
    }
    ending_fill(apps, child, result);
    return 0;
}

/* The answer is laid out as that of wait-end, and comes in the same way. */
static int32_t app_stop(void *self, const struct wire_call *call, const struct apps_app_stop_arguments *arguments, struct apps_ending *result) {
    struct apps *apps = self;
    struct child *child = child_find(apps, call->object);
    int32_t outcome = app_wait_end(self, call, result);
    if (outcome == WIRE_LATER) {
        child_stop(child, arguments->patience_ms);
    }
    return outcome;
}

static void app_gone(void *self, uint64_t object) {
    struct child *child = child_find(self, object);
    if (child != NULL) {
        child_release(child);
    }
}

/* ---- Making ---- */

static uint32_t arguments_fill(struct apps *apps, const struct apps_setup *setup) {
    apps->arguments[0] = (struct bytes){(const uint8_t *)setup->name.data, setup->name.size};
    for (uint32_t index = 0; index < setup->arguments.count; index++) {
        struct wire_text text;
        if (!wire_text_list_get(&setup->arguments, index, &text)) {
            return 0;
        }
        apps->arguments[index + 1] = (struct bytes){(const uint8_t *)text.data, text.size};
    }
    return setup->arguments.count + 1;
}

static int32_t make_of(struct apps *apps, struct child *caller, const struct apps_setup *setup, struct bytes program,
                       struct apps_app_or_error *result) {
    char name[CHILD_NAME_MAX + 1];
    struct report report;
    struct child *child;
    *result = (struct apps_app_or_error){.is_error = true};
    if (!text_take(&setup->name, name, sizeof name) || setup->arguments.count > ARGUMENTS_MAX) {
        result->error = APPS_ERROR_LIMIT;
        return 0;
    }
    uint32_t count = arguments_fill(apps, setup);
    if (count == 0) {
        return -WIRE_MALFORMED;
    }
    const struct child_options options = {.maker = caller,
                                          .program = program,
                                          .name = name,
                                          .arguments = apps->arguments,
                                          .argument_count = count,
                                          .limits = {.memory_bytes = setup->memory_bytes},
                                          .buffer_count_max = setup->buffer_count,
                                          .restart_count_max = setup->restart.count_max,
                                          .restart_delay_ms = setup->restart.delay_ms,
                                          .ended = child_ended,
                                          .context = apps};
    report_init(&report);
    enum error error = child_make(apps->kernel, &options, &report, &child);
    result->is_error = error != ERROR_NONE;
    if (result->is_error) {
        result->error = error_of(error);
    } else {
        result->ok = apps_app_make(0, child->number);
    }
    return 0;
}

/* ---- Programs by their name ---- */

/* Somebody who makes an app of a program that is being loaded: the request, as it came. */
struct loading {
    struct ask ask;
    struct apps *apps;
    struct group *group; /* that it is charged to, a reference */
    uint32_t caller;
    uint64_t id;
    struct wire_content content;
    uint32_t size;
    uint8_t block[];
};

static void loading_free(struct loading *loading) {
    struct kernel *kernel = loading->apps->kernel;
    struct group *group = loading->group;
    budget_release(&group->budget, loading, sizeof *loading + loading->size);
    group_drop(kernel, group);
}

/* What the loader gave, if it is what was asked for. */
static struct bytes program_of(const struct types_hash *wanted, const uint64_t *words, struct bytes block) {
    struct wire_content content = {.block = block.data, .block_size = (uint32_t)block.size};
    struct loader_bytes_or_error loaded;
    uint8_t digest[SHA256_SIZE], name[SHA256_SIZE];
    memcpy(content.words, words, sizeof content.words);
    if (block.size > UINT32_MAX || !loader_load_result_decode(&content, &loaded) || loaded.is_error) {
        return (struct bytes){0};
    }
    const struct bytes program = {loaded.ok.data, loaded.ok.size};
    sha256(program, digest);
    hash_take(wanted, name);
    return memcmp(digest, name, sizeof name) == 0 ? program : (struct bytes){0};
}

static void loading_answered(struct ask *ask, int32_t error, const uint64_t words[MESSAGE_WORDS], struct bytes block) {
    struct loading *loading = LIST_ENTRY(ask, struct loading, ask);
    struct apps *apps = loading->apps;
    struct child *caller = child_find(apps, loading->caller);
    struct apps_app_or_error result = {.is_error = true};
    struct apps_make_arguments arguments;
    struct native_work work;
    int32_t outcome = apps_make_arguments_decode(&loading->content, &arguments) ? 0 : -WIRE_MALFORMED;
    result.error = APPS_ERROR_NO_PROGRAM;
    if (outcome == 0 && error == 0 && caller != NULL && caller->group != NULL) {
        const struct bytes program = program_of(&arguments.setup.program.named, words, block);
        outcome = program.data != NULL ? make_of(apps, caller, &arguments.setup, program, &result) : 0;
    }
    native_begin_later(&work, loading->id);
    if (outcome == 0) {
        apps_make_answer(&work.answer, &result);
    } else {
        (void)wire_answer_fail(&work.answer, outcome);
    }
    native_end_of(apps->kernel, apps->service, &work);
    loading_free(loading);
}

/* The request is kept until the loader has answered: the caller's memory does not wait. */
static struct loading *loading_make(struct apps *apps, const struct child *caller, uint64_t id) {
    const struct wire_content *content = &apps->work->request.content;
    struct loading *loading = budget_allocate_zeroed(&caller->group->budget, 1, sizeof *loading + content->block_size);
    if (loading == NULL) {
        return NULL;
    }
    *loading = (struct loading){.ask = {.answered = loading_answered}, .apps = apps, .group = caller->group, .caller = caller->number, .id = id};
    loading->group->reference_count++;
    loading->content = *content;
    loading->content.block = loading->block;
    loading->size = content->block_size;
    memcpy(loading->block, content->block, content->block_size);
    return loading;
}

/* The caller's own loader is asked. */
static enum apps_error program_load(struct apps *apps, const struct child *caller, struct capability *loader, const struct types_hash *program,
                                    uint64_t id) {
    const struct ask_message message = {.operation = LOADER_OPERATION_LOAD, .words = {program->a, program->b, program->c, program->d}};
    uint64_t request;
    struct loading *loading = loading_make(apps, caller, id);
    if (loading == NULL) {
        return APPS_ERROR_NO_MEMORY;
    }
    if (ask_send(caller->app, loader, &message, &loading->ask, &request) != ARGOS_OK) {
        loading_free(loading);
        return APPS_ERROR_NO_PROGRAM;
    }
    return LOADING;
}

static int32_t make(void *self, const struct wire_call *call, const struct apps_make_arguments *arguments, struct apps_app_or_error *result) {
    static const uint8_t interface[] = LOADER_HASH;
    struct apps *apps = self;
    struct child *caller = caller_find(apps);
    const struct apps_program *program = &arguments->setup.program;
    if (caller == NULL || caller->app == NULL) {
        return -WIRE_REFUSED;
    }
    if (program->kind == APPS_PROGRAM_BYTES) {
        return make_of(apps, caller, &arguments->setup, (struct bytes){program->bytes.data, program->bytes.size}, result);
    }
    struct capability *loader = child_route_now(caller, interface);
    result->is_error = true;
    result->error = APPS_ERROR_NO_PROGRAM;
    if (loader == NULL) {
        return 0;
    }
    if (call->id != 0) {
        result->error = program_load(apps, caller, loader, &program->named, call->id);
    }
    service_grant_drop(apps->kernel, loader);
    return result->error == LOADING ? WIRE_LATER : 0;
}

/* ---- Looking ---- */

static enum apps_state state_of(const struct child *child) {
    switch (child->state) {
    case CHILD_PREPARED: return APPS_STATE_PREPARED;
    case CHILD_RESTARTING: return APPS_STATE_RESTARTING;
    case CHILD_ENDED: return APPS_STATE_ENDED;
    default: return child->app->status == APP_READY || child->app->status == APP_RUNNING ? APPS_STATE_READY : APPS_STATE_WAITING;
    }
}

static void summary_fill(const struct child *child, struct apps_summary *out) {
    *out = (struct apps_summary){.number = child->number,
                                 .state = state_of(child),
                                 .turns = child->turns + (child->app != NULL ? child->app->context->turn : 0),
                                 .memory_bytes = child->group != NULL ? child->group->budget.used_bytes : 0,
                                 .restarts = child->restarts,
                                 .name = wire_text_of(child->name)};
    hash_put(child->hash, &out->program);
}

static int32_t app_look(void *self, const struct wire_call *call, struct apps_summary *result) {
    summary_fill(child_find(self, call->object), result);
    return 0;
}

/* Children are in the order of their numbers. */
static int32_t list_after(void *self, const struct wire_call *call, const struct apps_list_after_arguments *arguments,
                          struct apps_summary_list *result) {
    struct apps *apps = self;
    const struct child *caller = caller_find(apps);
    uint32_t count = 0;
    (void)call;
    LIST_EACH(link, &apps->kernel->children) {
        const struct child *child = LIST_ENTRY(link, struct child, link);
        if (count < SUMMARIES_MAX && child->number > arguments->after && caller != NULL && child != caller && is_below(child, caller)) {
            summary_fill(child, &apps->summaries[count++]);
        }
    }
    *result = apps_summary_list_of(apps->summaries, count);
    return 0;
}

static int32_t find(void *self, const struct wire_call *call, const struct apps_find_arguments *arguments, struct apps_app_or_error *result) {
    struct apps *apps = self;
    struct child *child = child_find(apps, arguments->number), *caller = caller_find(apps);
    (void)call;
    *result = (struct apps_app_or_error){.is_error = caller == NULL || child == NULL || child == caller || !is_below(child, caller)};
    if (result->is_error) {
        result->error = APPS_ERROR_UNKNOWN;
    } else {
        child_hold(child);
        result->ok = apps_app_make(0, child->number);
    }
    return 0;
}

static int32_t app_run(void *self, const struct wire_call *call, struct apps_nothing_or_error *result) {
    struct report report;
    report_init(&report);
    enum error error = child_run(child_find(self, call->object), &report);
    result->is_error = error != ERROR_NONE;
    result->error = error_of(error);
    return 0;
}

/* ---- What it may reach ---- */

static int32_t grants_after(void *self, const struct wire_call *call, const struct apps_app_grants_after_arguments *arguments,
                            struct apps_held_list *result) {
    struct apps *apps = self;
    const struct child *child = child_find(apps, call->object);
    uint32_t count = 0;
    for (uint32_t index = 0; index < child->grant_count; index++) {
        const struct child_grant *grant = &child->grants[index];
        const struct service *service = grant->service != NULL ? grant->service : grant->capability->service;
        struct apps_held held = {.handle = child_grant_handle(child, index), .label = wire_text_of(grant->label)};
        if (held.handle <= arguments->after) {
            continue;
        }
        held.rights = grant->service != NULL ? GRANT_SERVE : GRANT_USE | (grant->capability->is_revoked ? GRANT_REVOKED : 0u);
        hash_put(service->interface, &held.of);
        uint32_t place = count++;
        for (; place > 0 && apps->held[place - 1].handle > held.handle; place--) {
            apps->held[place] = apps->held[place - 1];
        }
        apps->held[place] = held;
    }
    *result = apps_held_list_of(apps->held, count);
    return 0;
}

static int32_t app_give(void *self, const struct wire_call *call, const struct apps_app_give_arguments *arguments, struct apps_u32_or_error *result) {
    struct apps *apps = self;
    char label[CHILD_LABEL_MAX + 1];
    uint32_t handle = 0;
    enum error error = ERROR_LIMIT;
    if (text_take(&arguments->label, label, sizeof label)) {
        error = child_give(child_find(apps, call->object), label, apps->native->grants[arguments->what.handle - 1], &handle);
    }
    *result = (struct apps_u32_or_error){.is_error = error != ERROR_NONE, .ok = handle};
    if (result->is_error) {
        result->error = error_of(error);
    }
    return 0;
}

static int32_t app_revoke(void *self, const struct wire_call *call, const struct apps_app_revoke_arguments *arguments,
                          struct apps_nothing_or_error *result) {
    enum error error = child_revoke(child_find(self, call->object), arguments->handle);
    result->is_error = error != ERROR_NONE;
    result->error = error_of(error);
    return 0;
}

static int32_t app_serve(void *self, const struct wire_call *call, const struct apps_app_serve_arguments *arguments,
                         struct apps_grant_or_error *result) {
    struct apps *apps = self;
    char label[CHILD_LABEL_MAX + 1];
    uint8_t interface[INTERFACE_HASH_BYTES];
    struct service *service;
    *result = (struct apps_grant_or_error){.is_error = true};
    result->error = APPS_ERROR_LIMIT;
    hash_take(&arguments->what, interface);
    if (!text_take(&arguments->label, label, sizeof label)) {
        return 0;
    }
    enum error error = service_create(apps->kernel, interface, NULL, NULL, &service);
    if (error != ERROR_NONE) {
        result->error = error_of(error);
        return 0;
    }
    struct capability *grant = service_grant(apps->kernel, service, 0);
    error = grant != NULL ? child_serve(child_find(apps, call->object), label, service) : ERROR_NO_MEMORY;
    if (error == ERROR_NONE) {
        *result = (struct apps_grant_or_error){.ok = native_give(apps->work, grant)};
    } else {
        result->error = error_of(error);
        if (grant != NULL) {
            service_grant_drop(apps->kernel, grant);
        }
    }
    service_release(apps->kernel, service);
    return 0;
}

static int32_t app_route(void *self, const struct wire_call *call, const struct apps_app_route_arguments *arguments,
                         struct apps_nothing_or_error *result) {
    struct apps *apps = self;
    uint8_t interface[INTERFACE_HASH_BYTES];
    hash_take(&arguments->what, interface);
    enum error error = child_route(child_find(apps, call->object), interface, apps->native->grants[arguments->to.handle - 1]);
    result->is_error = error != ERROR_NONE;
    result->error = error == ERROR_ARGUMENT ? APPS_ERROR_UNKNOWN : error_of(error);
    return 0;
}

static int32_t app_route_now(void *self, const struct wire_call *call, const struct apps_app_route_now_arguments *arguments,
                             struct apps_grant_or_error *result) {
    struct apps *apps = self;
    uint8_t interface[INTERFACE_HASH_BYTES];
    hash_take(&arguments->what, interface);
    struct capability *grant = child_route_now(child_find(apps, call->object), interface);
    *result = (struct apps_grant_or_error){.is_error = grant == NULL};
    if (grant == NULL) {
        result->error = APPS_ERROR_UNKNOWN;
    } else {
        result->ok = native_give(apps->work, grant);
    }
    return 0;
}

/* ---- The whole ---- */

static const struct apps_handler handler = {.app_gone = app_gone,
                                            .app_run = app_run,
                                            .app_stop = app_stop,
                                            .app_wait_end = app_wait_end,
                                            .app_look = app_look,
                                            .app_grants_after = grants_after,
                                            .app_give = app_give,
                                            .app_revoke = app_revoke,
                                            .app_serve = app_serve,
                                            .app_route = app_route,
                                            .app_route_now = app_route_now,
                                            .make = make,
                                            .list_after = list_after,
                                            .find = find};

static void apps_receive(void *self, const struct native_request *native) {
    struct apps *apps = self;
    struct native_work work;
    native_begin(&work, native);
    apps->native = native;
    apps->work = &work;
    if (apps_dispatch(&handler, apps, &work.request, &work.answer) == 0) {
        native_end_of(apps->kernel, apps->service, &work);
    }
}

static void apps_gone(void *self, uint64_t badge) {
    app_gone(self, badge & WIRE_BADGE_OBJECT);
}

enum error apps_create(struct kernel *kernel, struct service **service, struct apps **out) {
    static const uint8_t hash[] = APPS_HASH;
    struct apps *apps = budget_allocate_zeroed(kernel->budget, 1, sizeof *apps);
    if (apps == NULL) {
        return ERROR_NO_MEMORY;
    }
    enum error error = service_create(kernel, hash, apps_receive, apps, &apps->service);
    if (error != ERROR_NONE) {
        budget_release(kernel->budget, apps, sizeof *apps);
        return error;
    }
    apps->kernel = kernel;
    service_set_gone(apps->service, apps_gone);
    *service = apps->service;
    *out = apps;
    return ERROR_NONE;
}

void apps_destroy(struct apps *apps) {
    budget_release(apps->kernel->budget, apps, sizeof *apps);
}
