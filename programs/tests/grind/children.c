/* Hostile apps that have others made: of good programs and bad ones, with what they like, and decide about them as nobody should. Calls that wait for
   an end are only sent. */
#include "programs/api/apps.h"
#include "programs/tests/grind/grind.h"

#define CHILDREN_MAX 8u

/* An app whose turn returns the byte at TURN. */
static uint8_t module[] = {0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f, 0x03, 0x02, 0x01, 0x00,
                           0x04, 0x04, 0x01, 0x70, 0x00, 0x01, 0x05, 0x03, 0x01, 0x00, 0x01, 0x07, 0x12, 0x02, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72,
                           0x79, 0x02, 0x00, 0x05, 0x73, 0x74, 0x61, 0x72, 0x74, 0x00, 0x00, 0x0a, 0x06, 0x01, 0x04, 0x00, 0x41, 0x00, 0x0b};
#define TURN (sizeof module - 2)

static uint32_t children[CHILDREN_MAX];
static uint8_t place[4096];
static const struct wire_memory memory = {place, sizeof place};

static struct wire_text random_text(void) {
    static const char text[] =
        "a name that is too long for most of what a name is for, and is cut somewhere, with a \xc3\xa4 in it, and more of it yet";
    return (struct wire_text){text, random_chance(50) ? (uint32_t)sizeof text : random_below(random_chance(500) ? 12 : sizeof text)};
}

static void random_hash(const struct context *os, struct types_hash *out) {
    *out = (struct types_hash){random_below(9), 0, 0, 0};
    if (os->grant_count != 0 && random_chance(700)) {
        __builtin_memcpy(out, os->grants[random_below(os->grant_count)].interface, sizeof *out);
    }
}

static struct wire_grant random_grant(const struct context *os) {
    const uint32_t handle = random_handle(os);
    return random_chance(700) ? wire_grant_copied(handle) : wire_grant_of(handle, (enum wire_grant_mode)(1 + random_below(3)), random_next());
}

static void hand(const struct context *os, uint32_t child) {
    struct apps_u32_or_error given;
    struct apps_nothing_or_error done;
    struct apps_grant_or_error grant;
    struct types_hash hash;
    random_hash(os, &hash);
    switch (random_below(5)) {
    case 0:
    case 1: (void)apps_app_give(os, child, random_text(), random_grant(os), &given); break;
    case 2: (void)apps_app_revoke(os, child, random_chance(800) ? 0x10000u + random_below(8) : (uint32_t)random_next(), &done); break;
    case 3: (void)apps_app_route(os, child, &hash, random_grant(os), &done); break;
    default:
        if ((random_chance(500) ? apps_app_serve(os, child, random_text(), &hash, &grant) : apps_app_route_now(os, child, &hash, &grant)) == 0 &&
            !grant.is_error) {
            remember_handle(grant.ok.handle);
        }
    }
}

static void make(const struct context *os, uint32_t apps) {
    static const uint8_t returned[] = {TURN_WAIT, TURN_EXIT, 3, 3};
    const struct wire_text arguments[] = {random_text(), random_text()};
    struct apps_setup setup = {.name = random_text(), .arguments = wire_text_list_of(arguments, random_below(3))};
    struct apps_app_or_error app;
    module[TURN] = returned[random_below(4)];
    setup.memory_bytes = random_chance(500) ? 0 : random_chance(500) ? 400000 + random_below(600000) : random_next();
    setup.restart.count_max = random_below(3);
    setup.restart.delay_ms = random_chance(900) ? random_below(5) : (uint32_t)random_next();
    setup.program.kind = random_chance(900) ? APPS_PROGRAM_BYTES : APPS_PROGRAM_NAMED;
    if (setup.program.kind == APPS_PROGRAM_NAMED) {
        random_hash(os, &setup.program.named);
    } else {
        setup.program.bytes = (struct wire_bytes){module, random_chance(900) ? sizeof module : random_below(sizeof module)};
    }
    if (apps_make(os, apps, &setup, &app) == 0 && !app.is_error) {
        children[random_below(CHILDREN_MAX)] = app.ok.handle;
        remember_handle(app.ok.handle);
        for (uint32_t count = random_below(4); count > 0; count--) {
            hand(os, app.ok.handle);
        }
        if (random_chance(700)) {
            struct apps_nothing_or_error done;
            (void)apps_app_run(os, app.ok.handle, &done);
        }
    }
}

static void look(const struct context *os, uint32_t child) {
    struct apps_summary summary;
    struct apps_held_list list;
    (void)apps_app_look(os, child, memory, &summary);
    (void)apps_app_grants_after(os, child, random_below(4), memory, &list);
}

void act_children(struct context *os) {
    const uint32_t apps = grant_of(os, "apps"), child = random_chance(900) ? children[random_below(CHILDREN_MAX)] : random_handle(os);
    struct apps_nothing_or_error done;
    struct apps_summary_list list;
    struct apps_app_or_error found;
    switch (random_below(9)) {
    case 0:
    case 1: make(os, apps); break;
    case 2:
    case 3: (void)apps_app_run(os, child, &done); break;
    case 4: (void)apps_app_stop_send(os, child, 0, random_chance(500) ? 0 : random_below(50)); break;
    case 5: (void)apps_app_wait_end_send(os, child, 0); break;
    case 6:
        look(os, child);
        (void)apps_list_after(os, apps, random_below(50), memory, &list);
        if (apps_find(os, apps, random_below(60), &found) == 0 && !found.is_error) {
            children[random_below(CHILDREN_MAX)] = found.ok.handle;
        }
        break;
    default: hand(os, child); break;
    }
}
