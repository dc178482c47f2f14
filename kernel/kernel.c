/* A kernel: its beginning and its end. */
#include "kernel/fiber.h"
#include "kernel/request.h"

static enum error clock_begin(struct kernel *kernel) {
    const struct machine *machine = kernel->machine;
    size_t page_size = machine->host->page_size;
    if (budget_charge(kernel->budget, page_size) != ERROR_NONE) {
        return ERROR_NO_MEMORY;
    }
    enum error error = machine->pages_take(machine->context, page_size, &kernel->clock_pages);
    if (error != ERROR_NONE) {
        budget_refund(kernel->budget, page_size);
        kernel->clock_pages = (struct machine_pages){0};
        return error;
    }
    kernel->clock = (struct clock *)(void *)kernel->clock_pages.address;
    kernel->clock->size = sizeof *kernel->clock;
    kernel->clock->monotonic_ns = machine->monotonic_ns(machine->context);
    kernel->trace_ring.now_ns = kernel->clock->monotonic_ns;
    return ERROR_NONE;
}

enum error kernel_create(const struct machine *machine, struct budget *budget, const struct kernel_options *options, struct kernel **out) {
    struct kernel *kernel = budget_allocate_zeroed(budget, 1, sizeof *kernel);
    if (kernel == NULL) {
        return ERROR_NO_MEMORY;
    }
    kernel->machine = machine;
    kernel->budget = budget;
    kernel->options = *options;
    kernel->thread = machine->host->thread(machine->host->context);
    kernel->current = &kernel->scheduler;
    list_init(&kernel->apps);
    list_init(&kernel->ready);
    list_init(&kernel->services);
    list_init(&kernel->children);
    request_pool_begin(&kernel->requests);
    kernel->engine = options->engine;
    enum error error = kernel->engine == NULL ? wasm_engine_create(machine->host, budget, &kernel->engine) : ERROR_NONE;
    if (error == ERROR_NONE) {
        error = clock_begin(kernel);
    }
    if (error == ERROR_NONE) {
        error = fiber_pool_begin(kernel);
    }
    if (error != ERROR_NONE) {
        kernel_destroy(kernel);
        return error;
    }
    *out = kernel;
    return ERROR_NONE;
}

void kernel_destroy(struct kernel *kernel) {
    const struct machine *machine = kernel->machine;
    ASSERT(kernel->current == &kernel->scheduler && kernel->app_count == 0);
    fiber_pool_end(kernel);
    LIST_EACH(link, &kernel->services) {
        budget_release(kernel->budget, LIST_ENTRY(link, struct service, link), sizeof(struct service));
    }
    request_pool_end(kernel);
    budget_release(kernel->budget, kernel->alarms, kernel->alarm_capacity * sizeof *kernel->alarms);
    if (kernel->clock != NULL) {
        machine->pages_give(machine->context, &kernel->clock_pages);
        budget_refund(kernel->budget, kernel->clock_pages.size);
    }
    if (kernel->engine != NULL && kernel->options.engine == NULL) {
        wasm_engine_destroy(kernel->engine);
    }
    budget_release(kernel->budget, kernel, sizeof *kernel);
}

struct wasm_engine *kernel_engine(const struct kernel *kernel) {
    return kernel->engine;
}
