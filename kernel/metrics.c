/* The handler of `metrics`. Numbers are kept in a table of fixed size, by the app that has them, and go when that has ended. Who reads sees its own
   and those of the apps below it; who was started by nobody but the platform sees the system's, too. */
#include "kernel/metrics.h"

#include "interfaces/metrics.h"
#include "kernel/native.h"
#include "kernel/state.h"

#define METRICS_MAX    1024u
#define METRICS_OF_APP 64u
#define NAME_MAX       64u
#define MEANING_MAX    95u
#define SAMPLES_MAX    32u /* of one answer */

struct metric {
    uint64_t id; /* 0: free */
    uint32_t app;
    enum metrics_kind kind;
    double value;
    char name[NAME_MAX + 1];
    char meaning[MEANING_MAX + 1];
};

struct metrics {
    struct kernel *kernel;
    struct service *service;
    uint64_t next_id;
    const struct native_request *native; /* that is handled */
    uint32_t skip, count;                /* of a read: samples that are still to be left out, and those that are there */
    struct metrics_sample samples[SAMPLES_MAX];
    struct metric at[METRICS_MAX];
};

static const struct child *child_find(const struct metrics *metrics, uint32_t number) {
    LIST_EACH(link, &metrics->kernel->children) {
        const struct child *child = LIST_ENTRY(link, struct child, link);
        if (child->number == number && child->state != CHILD_ENDED) {
            return child;
        }
    }
    return NULL;
}

/* Those of apps that have ended are free. */
static void metrics_clean(struct metrics *metrics) {
    for (uint32_t index = 0; index < METRICS_MAX; index++) {
        struct metric *metric = &metrics->at[index];
        if (metric->id != 0 && child_find(metrics, metric->app) == NULL) {
            metric->id = 0;
        }
    }
}

static struct metric *metric_find(struct metrics *metrics, uint64_t id) {
    for (uint32_t index = 0; index < METRICS_MAX; index++) {
        if (metrics->at[index].id == id) {
            return &metrics->at[index];
        }
    }
    return NULL;
}

/* ---- Keeping ---- */

/* Names that start as the kernel's own do are no app's. */
static bool is_name(const struct wire_text *text) {
    bool is_good = text->size > 0 && text->size <= NAME_MAX && text->data[0] >= 'a' && text->data[0] <= 'z';
    for (uint32_t index = 0; is_good && index < text->size; index++) {
        const char character = text->data[index];
        bool is_letter = character >= 'a' && character <= 'z', is_digit = character >= '0' && character <= '9';
        is_good = is_letter || is_digit || character == '.' || character == '_';
    }
    return is_good && (text->size < 7 || memcmp(text->data, "kernel.", 7) != 0);
}

static struct metric *metric_of_name(struct metrics *metrics, uint32_t app, const struct wire_text *name, uint32_t *count) {
    struct metric *found = NULL;
    *count = 0;
    for (uint32_t index = 0; index < METRICS_MAX; index++) {
        struct metric *metric = &metrics->at[index];
        if (metric->id == 0 || metric->app != app) {
            continue;
        }
        ++*count;
        const struct wire_text own = wire_text_of(metric->name);
        found = own.size == name->size && memcmp(own.data, name->data, own.size) == 0 ? metric : found;
    }
    return found;
}

static int32_t define(void *self, const struct wire_call *call, const struct metrics_define_arguments *arguments,
                      struct metrics_metric_or_error *result) {
    struct metrics *metrics = self;
    uint32_t app = metrics->native->app, count;
    (void)call;
    *result = (struct metrics_metric_or_error){.is_error = true};
    result->error = METRICS_ERROR_INVALID;
    if (child_find(metrics, app) == NULL) {
        return -WIRE_REFUSED;
    }
    if (!is_name(&arguments->name) || arguments->meaning.size > MEANING_MAX) {
        return 0;
    }
    metrics_clean(metrics);
    struct metric *metric = metric_of_name(metrics, app, &arguments->name, &count);
    if (metric != NULL && metric->kind != arguments->kind) {
        result->error = METRICS_ERROR_TAKEN;
        return 0;
    }
    if (metric == NULL) {
        metric = count < METRICS_OF_APP ? metric_find(metrics, 0) : NULL;
        if (metric == NULL) {
            result->error = METRICS_ERROR_FULL;
            return 0;
        }
        *metric = (struct metric){.id = ++metrics->next_id, .app = app, .kind = arguments->kind};
        memcpy(metric->name, arguments->name.data, arguments->name.size);
        if (arguments->meaning.size != 0) {
            memcpy(metric->meaning, arguments->meaning.data, arguments->meaning.size);
        }
    }
    *result = (struct metrics_metric_or_error){.ok = metrics_metric_make(0, metric->id)};
    return 0;
}

/* Neither infinite nor no number. */
static bool is_finite(double value) {
    return value - value == 0;
}

static int32_t metric_add(void *self, const struct wire_call *call, const struct metrics_metric_add_arguments *arguments) {
    struct metric *metric = metric_find(self, call->object);
    if (!is_finite(arguments->amount) || (metric != NULL && metric->kind == METRICS_KIND_COUNTER && arguments->amount < 0)) {
        return -WIRE_MALFORMED;
    }
    if (metric == NULL) {
        return -WIRE_ENDED;
    }
    metric->value += arguments->amount;
    return 0;
}

static int32_t metric_set(void *self, const struct wire_call *call, const struct metrics_metric_set_arguments *arguments) {
    struct metric *metric = metric_find(self, call->object);
    if (!is_finite(arguments->value)) {
        return -WIRE_MALFORMED;
    }
    if (metric == NULL || metric->kind == METRICS_KIND_COUNTER) {
        return metric == NULL ? -WIRE_ENDED : -WIRE_REFUSED;
    }
    metric->value = arguments->value;
    return 0;
}

/* ---- Reading ---- */

static void sample_add(struct metrics *metrics, const struct metrics_sample *sample) {
    if (metrics->skip > 0) {
        metrics->skip--;
    } else if (metrics->count < SAMPLES_MAX) {
        metrics->samples[metrics->count++] = *sample;
    }
}

static void sample_own(struct metrics *metrics, uint32_t app, enum metrics_kind kind, double value, const char *const texts[2]) {
    const struct metrics_sample sample = {app, kind, value, wire_text_of(texts[0]), wire_text_of(texts[1])};
    sample_add(metrics, &sample);
}

static void samples_of_system(struct metrics *metrics) {
    static const char *const apps[] = {"kernel.apps", "apps that there are"};
    static const char *const memory[] = {"kernel.memory_bytes", "memory that the system uses, its apps included"};
    sample_own(metrics, 0, METRICS_KIND_GAUGE, metrics->kernel->app_count, apps);
    sample_own(metrics, 0, METRICS_KIND_GAUGE, (double)metrics->kernel->budget->used_bytes, memory);
}

static void samples_of(struct metrics *metrics, const struct child *child) {
    static const char *const turns[] = {"kernel.turns", "turns that the app had"};
    static const char *const memory[] = {"kernel.memory_bytes", "memory that the app uses, with what it made"};
    static const char *const restarts[] = {"kernel.restarts", "how often it was started again"};
    uint64_t turn_count = child->turns + (child->app != NULL ? child->app->context->turn : 0);
    sample_own(metrics, child->number, METRICS_KIND_COUNTER, (double)turn_count, turns);
    sample_own(metrics, child->number, METRICS_KIND_GAUGE, child->group != NULL ? (double)child->group->budget.used_bytes : 0, memory);
    sample_own(metrics, child->number, METRICS_KIND_COUNTER, child->restarts, restarts);
    for (uint32_t index = 0; index < METRICS_MAX; index++) {
        const struct metric *metric = &metrics->at[index];
        if (metric->id != 0 && metric->app == child->number) {
            const char *const texts[] = {metric->name, metric->meaning};
            sample_own(metrics, metric->app, metric->kind, metric->value, texts);
        }
    }
}

static bool is_below(const struct child *child, const struct child *above) {
    while (child != NULL && child != above) {
        child = child->maker;
    }
    return child != NULL;
}

static int32_t read(void *self, const struct wire_call *call, const struct metrics_read_arguments *arguments,
                    struct metrics_sample_list_or_error *result) {
    struct metrics *metrics = self;
    const struct child *caller = child_find(metrics, metrics->native->app);
    (void)call;
    *result = (struct metrics_sample_list_or_error){.is_error = caller == NULL};
    if (caller == NULL) {
        result->error = METRICS_ERROR_REFUSED;
        return 0;
    }
    metrics_clean(metrics);
    metrics->skip = arguments->skip;
    metrics->count = 0;
    if (caller->maker == NULL) {
        samples_of_system(metrics);
    }
    LIST_EACH(link, &metrics->kernel->children) {
        const struct child *child = LIST_ENTRY(link, struct child, link);
        if (child->state != CHILD_ENDED && is_below(child, caller)) {
            samples_of(metrics, child);
        }
    }
    result->ok = metrics_sample_list_of(metrics->samples, metrics->count);
    return 0;
}

/* ---- The whole ---- */

static const struct metrics_handler handler = {.metric_add = metric_add, .metric_set = metric_set, .define = define, .read = read};

static void metrics_receive(void *self, const struct native_request *native) {
    struct metrics *metrics = self;
    struct native_work work;
    native_begin(&work, native);
    metrics->native = native;
    if (metrics_dispatch(&handler, metrics, &work.request, &work.answer) == 0) {
        native_end_of(metrics->kernel, metrics->service, &work);
    }
}

enum error metrics_create(struct kernel *kernel, struct service **service, struct metrics **out) {
    static const uint8_t hash[] = METRICS_HASH;
    struct metrics *metrics = budget_allocate_zeroed(kernel->budget, 1, sizeof *metrics);
    if (metrics == NULL) {
        return ERROR_NO_MEMORY;
    }
    enum error error = service_create(kernel, hash, metrics_receive, metrics, &metrics->service);
    if (error != ERROR_NONE) {
        budget_release(kernel->budget, metrics, sizeof *metrics);
        return error;
    }
    metrics->kernel = kernel;
    *service = metrics->service;
    *out = metrics;
    return ERROR_NONE;
}

void metrics_destroy(struct metrics *metrics) {
    budget_release(metrics->kernel->budget, metrics, sizeof *metrics);
}
