/* The simulator: the kernel on a clock that is a number, with a schedule, failures and deaths that follow from a seed. The same seed and the same
   number of steps give the same run, event for event; the hash of the events says so.

   A step is a look of the kernel at its clock, which is what it does before each turn. There the order of those who are ready changes, time passes,
   and all rules of kernel/check/check.h are looked at. */
#ifndef PLATFORM_SIM_SIM_H
#define PLATFORM_SIM_SIM_H

#include "kernel/child.h"
#include "platform/linux/system/machine.h"

#define SLOTS_MAX    8u /* apps at a time, children apart */
#define KIN_MAX      6u /* children that are remembered, at a time */
#define APPS_MAX     (SLOTS_MAX + KIN_MAX - 2)
#define SERVICES     4u /* that apps handle */
#define PENDING_MAX  512u
#define GRANTS_FIRST (SERVICES + 2) /* that an app starts with: the services, one that nobody handles, the observer */

/* What is made to fail: once in so many times; 0 is never. */
struct failures {
    uint32_t memory, pages, reserve, commit, map;
};

struct slot {
    uint32_t app;    /* its number; 0: there is none */
    uint32_t serves; /* the service, or SERVICES: none */
    bool is_limited; /* its memory is scarce */
};

/* A child, and what is expected of it. */
struct kin {
    struct child *child; /* NULL: there is none */
    uint32_t number;
    bool is_held, has_ended, is_stopped;
    uint32_t more_count; /* how often it is held beyond that */
    uint64_t memory_bytes;
    bool is_limited; /* its memory is scarce, or that of one above it */
    bool may_lack;   /* what it is to handle may be handled by somebody else when it runs */
    uint32_t restart_count_max, restart_delay_ms, failure_count;
    uint64_t started_at_ns, restart_at_ns, dead_at_ns; /* 0: not known yet, or not due */
};

/* A request that the observer has not answered yet. */
struct pending {
    uint64_t id, words[4];
    bool is_event; /* the answer is the sign to come to an end */
};

struct sim_settings {
    uint64_t seed;
    uint32_t steps;
    bool is_verbose;
    struct bytes program; /* programs/tests/chaos */
};

struct sim {
    struct sim_settings settings;
    struct linux_machine *ground; /* pages, stacks and address space; shared by all runs of a process */
    struct machine machine;
    struct wasm_host host;
    struct memory_source memory;
    struct budget root, engine_budget, budget;
    struct wasm_engine *engine;
    struct wasm_module *module;
    struct kernel *kernel;
    struct service *services[SERVICES], *nobody, *observer, *log, *clock; /* the services are of two interfaces */
    struct service *passing;                                              /* one that comes and goes; NULL: there is none */

    uint64_t random;
    uint64_t now_ns;
    uint64_t hash; /* of all events */
    uint64_t event_count;
    uint32_t step, step_last; /* while draining: the last one */
    bool is_quiet;            /* nothing fails */
    bool is_draining;         /* nobody is started or ended any more */
    bool is_ending;           /* the kernel ends all that is left */
    bool is_checking;         /* the kernel's state is whole */
    bool compile;
    struct failures failures;
    uint32_t disturbance; /* percent of the occasions at which somebody is ended, started, or answered */
    uint32_t kinship;     /* the same for children */

    struct slot slots[SLOTS_MAX];
    struct kin kin[KIN_MAX];
    uint32_t slot_count, started_count, ended_count, trapped_count, failure_count;
    struct pending pending[PENDING_MAX];
    uint32_t pending_count;
    uint64_t reserved_bytes, page_bytes;
};

/* One whole run. It does not return when a rule is broken: the process ends with status 1, and a line says which. */
void sim_run(struct sim *sim, const struct sim_settings *settings, struct linux_machine *ground);

/* ---- Between the parts ---- */

uint32_t sim_below(struct sim *sim, uint32_t count);
bool sim_chance(struct sim *sim, uint32_t percent);
/* Once in so many times, while things may fail; told as an event. */
bool sim_fails(struct sim *sim, uint32_t rate, const char *what);
void sim_event(struct sim *sim, const char *pattern, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void sim_fail(struct sim *sim, const char *pattern, ...) __attribute__((format(printf, 2, 3)));
void sim_check(struct sim *sim, const char *where);

/* machine.c: what the kernel stands on. */
void sim_machine_begin(struct sim *sim);
/* apps.c: who is started, ended and answered, and when. */
void sim_services_begin(struct sim *sim);
/* All apps have ended: who made the services alone refers to them. */
void sim_services_end(struct sim *sim);
void sim_disturb(struct sim *sim);
void sim_answer_all(struct sim *sim);
/* What an app may use. */
struct app_limits sim_limits_choose(struct sim *sim);
/* Whether a trap is no violation: one that the program makes on purpose, or that a machine that fails does. */
bool sim_report_is_expected(const struct sim *sim, bool is_limited, const char *report);
/* Something that can still happen while all apps wait; false when there is nothing. */
bool sim_go_on(struct sim *sim);

/* children.c: something that is done to one of them, or with them all. */
void sim_children_disturb(struct sim *sim);
void sim_children_check(struct sim *sim, bool has_rung);
void sim_children_drain(struct sim *sim);
void sim_children_end(struct sim *sim);

#endif
