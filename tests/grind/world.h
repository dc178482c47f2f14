/* A kernel with hostile apps and some that behave, on a machine whose time is counted, so that a seed gives the same run again. */
#ifndef TESTS_GRIND_WORLD_H
#define TESTS_GRIND_WORLD_H

#include "kernel/child.h"
#include "platform/linux/system/machine.h"
#include "platform/linux/system/services.h"
#include "tests/support/support.h"

enum { HOSTILE_COUNT = 7, CLIENT_COUNT = 2, SLOT_COUNT = HOSTILE_COUNT + CLIENT_COUNT + 2, KEPT_MAX = 32, PLATFORM_MAX = 16 };

enum role { ROLE_HOSTILE, ROLE_CLIENT, ROLE_NAMES, ROLE_SERVER };

enum interface {
#define GRIND_INTERFACE(label, handler) INTERFACE_##label,
#include "tests/grind/interfaces.def"
#undef GRIND_INTERFACE
    INTERFACE_COUNT
};

/* A place where an app is, or will be started again. */
struct slot {
    struct world *world;
    enum role role;
    int serves;          /* enum interface, or -1 */
    uint32_t number;     /* of the app; 0: there is none, or it is ... */
    struct child *child; /* ... a child, which may have others made; NULL */
    bool is_done;        /* of a client: it has seen all that it wanted to */
};

/* Both processes see it: what happened. */
struct counts {
    uint64_t number, worlds, started, trapped, exited, killed, refused, messages, done;
};

struct world {
    struct linux_machine machine; /* first: what its functions get as their context */
    struct machine host;          /* the functions that it had */
    uint64_t random, now_ns;
    uint64_t page_bytes; /* taken and not given back */
    struct budget budget;
    struct kernel *kernel;
    struct wasm_module *module, *names;                       /* that of names, and that of all others */
    struct service *services[INTERFACE_COUNT + PLATFORM_MAX]; /* those of the platform last */
    const char *labels[INTERFACE_COUNT + PLATFORM_MAX];
    uint8_t interfaces[INTERFACE_COUNT + PLATFORM_MAX][INTERFACE_HASH_BYTES];
    uint32_t service_count;
    struct service *log;
    struct services platform;
    void *handlers[PLATFORM_MAX];
    int drain; /* what the platform's handlers write can be read here */
    struct slot slots[SLOT_COUNT];
    uint64_t kept[KEPT_MAX]; /* requests that the host answers later, or never */
    uint32_t sleeps;
    struct counts *counts;
    char failure[600]; /* empty: none */
};

/* Bytes of the programs: grind, and names. */
struct program {
    uint8_t *bytes;
    size_t size;
};
enum { PROGRAM_GRIND, PROGRAM_NAMES, PROGRAM_COUNT };

/* One world from its beginning to its end. False: something was not as it should be, and *failure says what. */
bool world_run(const struct program programs[PROGRAM_COUNT], uint64_t seed, struct counts *counts, char *failure, size_t size);

/* ---- Between its files ---- */

static inline uint32_t world_below(struct world *world, uint32_t limit) {
    return (uint32_t)(support_random(&world->random) >> 32) % limit;
}
static inline bool world_chance(struct world *world, uint32_t thousandths) {
    return world_below(world, 1000) < thousandths;
}
void world_fail(struct world *world, const char *pattern, ...) __attribute__((format(printf, 2, 3)));
/* Fails when the kernel's state is not as it always is. */
void world_check(struct world *world);
/* The machine of Linux, with other time and counted pages. */
void world_machine(struct world *world);
/* The services, and the handlers of the platform. */
enum error world_services_begin(struct world *world);
void world_services_end(struct world *world);
/* Which interface this hostile app handles, or -1. */
int world_peer(uint32_t index);
/* Reads some of what the platform's handlers wrote. */
void world_drain(struct world *world);
/* Starts the app of a slot that has none. */
void slot_start(struct slot *slot);
/* Ends one of the hostile apps, if there is one. */
void world_kill(struct world *world);
/* The native service. */
void host_receive(void *world, const struct native_request *request);
/* Hostile apps whose program is guest.c; their settings are the world. */
extern const struct app_world grind_guests;
/* Answers something that was kept, if there is anything. */
void host_release(struct world *world);

#endif
