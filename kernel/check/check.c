/* The rules of kernel/state.h. Each part walks what there is in another order than the kernel does, and counts; where two ways of counting differ,
   something was lost or is there twice. */
#include "kernel/check/check.h"

#include "kernel/check/rules.h"

/* ---- What the parts share ---- */

uint32_t check_length(const struct list *list) {
    uint32_t length = 0;
    for (const struct list *at = list->next, *before = list; at != list; before = at, at = at->next) {
        if (at->previous != before || ++length == CHECK_LIST_MAX) {
            return CHECK_LIST_MAX;
        }
    }
    return list->previous->next == list ? length : CHECK_LIST_MAX;
}

bool check_is_in(const struct list *list, const struct list *link) {
    for (const struct list *at = list->next; at != list; at = at->next) {
        if (at == link) {
            return true;
        }
    }
    return false;
}

bool check_app_lives(const struct check *check, const struct app *app) {
    return app != NULL && check_is_in(&check->kernel->apps, &app->link);
}

struct request *check_request_at(const struct check *check, uint32_t index) {
    return &check->kernel->requests.chunks[index / REQUEST_CHUNK][index % REQUEST_CHUNK];
}

/* ---- Budgets ---- */

static bool budget_is_part(const struct budget *budget, const struct budget *of) {
    while (budget != NULL && budget != of) {
        budget = budget->parent;
    }
    return budget != NULL;
}

/* The kernel's own things and its apps' budgets add up to what was charged. */
static bool check_budgets(struct check *check) {
    const struct kernel *kernel = check->kernel;
    uint64_t apps = 0;
    LIST_EACH(link, &kernel->apps) {
        const struct app *app = LIST_ENTRY(link, struct app, link);
        RULE(check, budget_is_part(&app->budget, kernel->budget), "the budget of app %u is no part of the system's", app->number);
        RULE(check, app->budget.used_bytes <= app->budget.limit_bytes, "app %u uses more than its budget", app->number);
        /* What others use is part of their group's. */
        apps += sizeof *app + (app->budget.parent == kernel->budget ? app->budget.used_bytes : 0);
    }
    if (kernel->options.engine == NULL) {
        RULE(check, kernel->budget->used_bytes >= apps, "the system's budget is less than those of its apps");
        return true;
    }
    uint64_t own = check->system_bytes + sizeof *kernel + kernel->clock_pages.size + kernel->alarm_capacity * sizeof *kernel->alarms +
                   check_length(&kernel->services) * sizeof(struct service) + check->capability_count * sizeof(struct capability) +
                   (uint64_t)(FIBERS_KEPT + FIBERS_SPARE) * FIBER_BYTES + kernel->requests.chunk_capacity * sizeof *kernel->requests.chunks +
                   kernel->requests.chunk_count * REQUEST_CHUNK * sizeof(struct request);
    /* A native handler may look while it is shown a buffer that nobody has any more when it returns. */
    bool is_exact = kernel->current == &kernel->scheduler;
    RULE(check, is_exact ? kernel->budget->used_bytes == own + apps : kernel->budget->used_bytes >= own + apps,
         "the system's budget has used %llu bytes, and %llu are accounted for", (unsigned long long)kernel->budget->used_bytes,
         (unsigned long long)(own + apps));
    return true;
}

enum error kernel_check(struct kernel *kernel, struct report *report) {
    struct check check = {.kernel = kernel, .report = report};
    bool holds = check_schedule(&check) && check_requests(&check) && check_grants(&check) && check_buffers(&check) && check_children(&check) &&
                 check_budgets(&check);
    return holds ? ERROR_NONE : ERROR_INVALID;
}
