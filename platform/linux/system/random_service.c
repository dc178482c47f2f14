/* `random`: the machine's random numbers. */
#include "interfaces/random.h"
#include "kernel/native.h"
#include "platform/linux/system/services.h"

#define BYTES_MAX 65536u

struct random_service {
    struct services *services;
    uint8_t bytes[BYTES_MAX];
};

static void random_fill(struct random_service *random, void *out, size_t size) {
    const struct machine *machine = &random->services->machine->machine;
    machine->random(machine->context, out, size);
}

static int32_t random_bytes(void *self, const struct wire_call *call, const struct random_bytes_arguments *arguments, struct wire_bytes *result) {
    struct random_service *random = self;
    (void)call;
    if (arguments->count > BYTES_MAX) {
        return -WIRE_TOO_LARGE;
    }
    random_fill(random, random->bytes, arguments->count);
    *result = (struct wire_bytes){random->bytes, arguments->count};
    return 0;
}

static int32_t random_number(void *self, const struct wire_call *call, uint64_t *result) {
    (void)call;
    random_fill(self, result, sizeof *result);
    return 0;
}

static const struct random_handler handler = {.bytes = random_bytes, .number = random_number};

static void random_receive(void *self, const struct native_request *native) {
    const struct random_service *random = self;
    struct native_work work;
    native_begin(&work, native);
    if (random_dispatch(&handler, self, &work.request, &work.answer) == 0) {
        native_end(random->services->kernel, &work);
    }
}

enum error random_service_create(struct services *services, struct service **out, void **self) {
    static const uint8_t hash[] = RANDOM_HASH;
    struct random_service *random = budget_allocate(services->budget, sizeof *random);
    if (random == NULL) {
        return ERROR_NO_MEMORY;
    }
    random->services = services;
    *self = random;
    return service_create(services->kernel, hash, random_receive, random, out);
}

void random_service_destroy(void *self) {
    struct random_service *random = self;
    budget_release(random->services->budget, random, sizeof *random);
}
