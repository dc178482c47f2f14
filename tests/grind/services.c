/* What apps are granted: the interfaces of interfaces.def, and all handlers of the platform, which write to a pipe that is read now and then. */
#include "tests/grind/world.h"

#include "interfaces/names.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Those that hostile apps handle, one each while there are any. */
int world_peer(uint32_t index) {
    static const int peers[] = {
#define GRIND_INTERFACE(label, handler) IS_##handler(INTERFACE_##label)
#define IS_peer(interface)              (interface),
#define IS_steady(interface)
#define IS_nobody(interface)
#define IS_names(interface)
#define IS_host(interface)
#include "tests/grind/interfaces.def"
#undef GRIND_INTERFACE
    };
    return index < sizeof peers / sizeof peers[0] ? peers[index] : -1;
}

static void log_receive(void *context, const struct native_request *request) {
    struct world *world = context;
    world->counts->messages++;
    if (request->id != 0) {
        enum error error = service_answer(world->kernel, request->id, &(struct native_answer){0});
        if (error != ERROR_NONE) {
            world_fail(world, "the log could not be answered");
        }
    }
}

static enum error own_begin(struct world *world) {
    static const char *const labels[] = {
#define GRIND_INTERFACE(label, handler) #label,
#include "tests/grind/interfaces.def"
#undef GRIND_INTERFACE
    };
    static native_receive *const receivers[] = {
#define GRIND_INTERFACE(label, handler) [INTERFACE_##label] = handler##_receive,
#define steady_receive                  NULL
#define peer_receive                    NULL
#define nobody_receive                  NULL
#define names_receive                   NULL
#include "tests/grind/interfaces.def"
#undef GRIND_INTERFACE
    };
    static const uint8_t names_hash[] = NAMES_HASH;
    uint8_t hash[INTERFACE_HASH_BYTES] = {INTERFACE_COUNT};
    enum error error = service_create(world->kernel, hash, log_receive, world, &world->log);
    for (uint8_t index = 0; error == ERROR_NONE && index < INTERFACE_COUNT; index++) {
        hash[0] = index;
        world->labels[index] = labels[index];
        const uint8_t *interface = index == INTERFACE_names ? names_hash : hash;
        memcpy(world->interfaces[index], interface, INTERFACE_HASH_BYTES);
        error = service_create(world->kernel, interface, receivers[index], world, &world->services[index]);
    }
    world->service_count = INTERFACE_COUNT;
    return error;
}

enum error world_services_begin(struct world *world) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        return ERROR_HOST;
    }
    world->drain = ends[0];
    services_begin(&world->platform, world->kernel, &world->machine, &world->budget);
    world->platform.loader_folder = "interfaces";
    world->platform.output.descriptor = ends[1];
    world->platform.messages.descriptor = ends[1];
    enum error error = own_begin(world);
    const struct service_row *row;
    for (uint32_t index = 0; error == ERROR_NONE && index < PLATFORM_MAX && (row = service_row_at(index)) != NULL; index++) {
        world->labels[world->service_count] = row->name;
        memcpy(world->interfaces[world->service_count], row->interface, INTERFACE_HASH_BYTES);
        error = row->create(&world->platform, &world->services[world->service_count], &world->handlers[index]);
        world->service_count++;
    }
    return error;
}

void world_services_end(struct world *world) {
    for (uint32_t index = 0; index + INTERFACE_COUNT < world->service_count; index++) {
        service_row_at(index)->destroy(world->handlers[index]);
    }
    /* With nobody to read, what is not written yet never will be. */
    close(world->drain);
    int descriptor = world->platform.output.descriptor;
    services_end(&world->platform, false);
    close(descriptor);
}

void world_drain(struct world *world) {
    char bytes[4096];
    if (world_chance(world, 300) && read(world->drain, bytes, sizeof bytes) < 0) {
        return;
    }
}
