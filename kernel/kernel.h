/* The kernel: apps that are functions of a context, and messages between them. One kernel runs on one thread of a machine; all of its state
   hangs off one struct, and two kernels may live in one process.

   A program is a module; an app is an instance of it with a budget, grants and an inbox. A service is a place where an interface is handled: by an
   app, by a part of the platform, or by nobody just now. Grants lead to services.

   Failure. Functions return `enum error`; nothing that an app does makes one fail for another. Nothing here prints; what a person should know goes to
   machine->log. */
#ifndef KERNEL_KERNEL_H
#define KERNEL_KERNEL_H

#include "kernel/machine.h"

struct kernel;
struct app;
struct service;
struct capability;

#define INTERFACE_HASH_BYTES 32

/* Who is told of each store of an app, so as to be able to stop it from another thread. `ends` returns when nobody looks at the store any more. */
struct store_watch {
    void *context;
    enum error (*begins)(void *context, struct wasm_store *store); /* an error: the app is not made */
    void (*ends)(void *context, struct wasm_store *store);
};

struct kernel_options {
    uint32_t app_count_max;                /* 0 = 16,384 */
    bool compile;                          /* run compiled code; else interpret */
    struct wasm_engine *engine;            /* that modules are of, on machine->host; outlives the kernel. NULL: the kernel makes its own */
    const struct app_world *world;         /* of programs that are no functions of a context; NULL: there are none */
    const struct store_watch *store_watch; /* NULL: nobody */
};

/* The budget is the system's: every app's is a part of it. It and the machine outlive the kernel. ERROR_NO_MEMORY, or as wasm_engine_create. */
enum error kernel_create(const struct machine *machine, struct budget *budget, const struct kernel_options *options, struct kernel **out) MUST_CHECK;
/* Ends all apps, so that their modules can be destroyed, and forgets all children. Not from within kernel_run. */
void kernel_end_apps(struct kernel *kernel);
/* There are no apps, and no modules of its engine, any more. */
void kernel_destroy(struct kernel *kernel);
/* For modules that apps are made of. */
struct wasm_engine *kernel_engine(const struct kernel *kernel);
/* Runs apps until there are none, until nothing can happen any more, or kernel_stop. Called on a stack of the platform's; returns on it. */
void kernel_run(struct kernel *kernel);
/* Makes kernel_run return as soon as no app is in a turn. From a native handler or between runs. */
void kernel_stop(struct kernel *kernel);
/* The same as soon as no app has anything to do any more, and at this moment of the monotonic clock at the latest. */
void kernel_stop_when_idle(struct kernel *kernel, uint64_t until_ns);

/* ---- Alarms ---- */

/* Something that is due at a moment. The struct is its owner's, zeroed but for `ring` at first, and stays where it is while it is set. */
struct alarm {
    uint64_t at_ns;                    /* of the monotonic clock */
    uint32_t place;                    /* the kernel's own; 0 while it is not set */
    void (*ring)(struct alarm *alarm); /* called once, in no app's turn; it may set the alarm again */
};

/* Makes room for one more alarm: each needs it before it is set for the first time. */
enum error alarm_reserve(struct kernel *kernel) MUST_CHECK;
/* The room is needed no more; the alarm is not set. */
void alarm_unreserve(struct kernel *kernel);
/* In place of what was set before. UINT64_MAX: it does not ring. */
void alarm_set(struct kernel *kernel, struct alarm *alarm, uint64_t at_ns);

/* ---- Services ---- */

/* A message to a part of the platform. The block is the sender's memory, or the kernel's: it stands until `receive` returns. */
struct native_request {
    uint64_t id; /* for service_answer; 0 when no answer is wanted */
    uint32_t app;
    const char *app_name;
    uint32_t operation;
    uint64_t badge;
    uint64_t words[4];
    struct bytes block;
    uint8_t *lent;                    /* the block, when it is a buffer that was lent to be written; else NULL */
    struct capability *const *grants; /* until it is answered; who keeps one takes a reference */
    uint32_t grant_count;
};

/* An answer of the platform's; the block is copied, and the references to the grants are taken, also when there is nobody to answer. */
struct native_answer {
    int32_t error; /* 0 or the negative of a number of interfaces/errors.def */
    uint64_t words[4];
    struct bytes block;
    struct capability *grants[4];
    uint32_t grant_count;
};

/* Runs on the stack of who sent, and does not block; it answers before it returns, or later. */
typedef void native_receive(void *context, const struct native_request *request);
/* Nobody holds a grant of the service with this badge any more. */
typedef void native_gone(void *context, uint64_t badge);

/* A service that the platform handles (receive is not NULL), or that an app will. The hash is copied. */
enum error service_create(struct kernel *kernel, const uint8_t interface[INTERFACE_HASH_BYTES], native_receive *receive, void *context,
                          struct service **out) MUST_CHECK;
/* Who made it needs it no more. It goes with the last grant of it; who waits for a handler, waits for nothing. */
void service_release(struct kernel *kernel, struct service *service);
/* The platform's handler is told of clients that are gone. */
void service_set_gone(struct service *service, native_gone *gone);
/* A new grant of the service; NULL: no memory. One with a badge ends with the service's handler, which is told when nobody holds it any more.
   service_grant_drop ends a reference. */
struct capability *service_grant(struct kernel *kernel, struct service *service, uint64_t badge) MUST_CHECK;
void service_grant_drop(struct kernel *kernel, struct capability *grant);
bool service_grant_is_revoked(const struct capability *grant);
/* Answers a request that a native service received; ERROR_NOT_FOUND when nobody waits for it any more. On the kernel's thread. */
enum error service_answer(struct kernel *kernel, uint64_t id, const struct native_answer *answer);
/* Whether somebody still waits for the answer to this request. */
bool service_is_awaited(const struct kernel *kernel, uint64_t id);
/* The largest block that an answer to it may have now: what is larger is answered with TOO_LARGE, and so lost. */
uint32_t service_answer_room(const struct kernel *kernel, uint64_t id);

/* ---- Apps ---- */

enum app_end_kind {
    APP_EXITED,  /* by TURN_EXIT: exit_code says how */
    APP_TRAPPED, /* report says why; also of one that could not be run */
    APP_KILLED,  /* somebody ended it */
};

struct app_end {
    enum app_end_kind kind;
    uint32_t app; /* its number, by which the trace knows it; 0: it never began */
    int32_t exit_code;
    uint64_t turns;
    const struct wasm_trap *trap; /* APP_TRAPPED in WASM code, else NULL */
    enum error error;             /* APP_TRAPPED: ERROR_TRAP, or why it could not be run */
    const char *report;           /* one sentence; empty when it exited */
};

struct app_grant {
    struct service *service;
    struct capability *capability; /* through which the service is used; NULL: one is made */
    const char *label;             /* copied, its first 31 bytes */
    bool serves;                   /* the app handles the service, instead of using it */
};

/* What an app may use. 0 stands for the default. */
struct app_limits {
    uint64_t memory_bytes;     /* all of it, what follows included */
    uint32_t sent_count_max;   /* messages that it sent and that are not answered: default 64 */
    uint32_t inbox_count_max;  /* requests to it that it has not seen: default 64 */
    uint32_t inbox_bytes;      /* of the blocks of messages that are copied to it: default 16 KiB, in steps of a page */
    uint32_t grant_count_max;  /* default 256 */
    uint32_t buffer_count_max; /* that it has, was lent or shares: default 64, at most 1,024 */
    uint64_t stack_bytes;      /* for the frames of a program of another world: default 16 MiB, charged as it grows */
};

struct group;

struct app_options {
    struct group *group;           /* of a child: the kernel's own; else NULL */
    struct wasm_module *module;    /* of the kernel's engine; outlives the app */
    const struct app_world *world; /* that it is of; NULL: the kernel's, if that has it */
    const void *world_settings;    /* what only that world knows; outlives the app; may be NULL */
    struct budget *budget;         /* that its own is a part of; NULL: the system's */
    uint32_t number;               /* of one that had ended before; 0: a new one */
    const char *name;              /* for logs; copied */
    const struct bytes *arguments; /* the first is the program's name; no zero bytes; copied */
    uint32_t argument_count;
    const struct app_grant *grants;
    uint32_t grant_count;
    struct app_limits limits;
    /* What the context's `log` goes to; NULL: its first grant to use the interface `log`, if it has one. */
    struct service *log;
    bool has_clock;
    /* Called once, when it has ended and all that it had is freed. May be NULL. */
    void (*ended)(void *context, uint32_t app, const struct app_end *end);
    void *context;
};

/* Another world: a translation of what its programs expect into messages (kernel/guest.h). Such an app is in one turn from its beginning to its
   end, on a stack of its own. */
struct app_world_start {
    struct app *app;
    struct wasm_store *store; /* empty; outlives what the world makes */
    struct budget *budget;    /* the app's */
    const struct app_options *options;
};

struct app_world {
    /* Whether a program is of this world, when nobody says so. */
    bool (*has)(const struct wasm_module *module);
    /* Makes what it keeps for one app. Nothing of the program runs yet. */
    enum error (*begin)(const struct app_world_start *start, void **program);
    /* Makes the instance, and runs it. ERROR_NONE: it ended by itself, and *exit_code says how. ERROR_EXIT: it was ended. ERROR_TRAP: as wasm_call;
       anything else: it could not be run, and the report, or else the error's text, says why. */
    enum error (*run)(void *program, uint32_t *exit_code, struct report *report);
    /* Takes back what it sent, and frees all of it. */
    void (*end)(void *program);
};

/* Its first turn comes with the next kernel_run, or, from a native handler, when the others had theirs. ERROR_UNLINKABLE: the report says what the
   program lacks or asks for. ERROR_NO_MEMORY. ERROR_LIMIT: too many apps. ERROR_ARGUMENT: a service that is served already. ERROR_TRAP: its start
   function trapped. */
enum error app_start(struct kernel *kernel, const struct app_options *options, struct report *report, uint32_t *number) MUST_CHECK;
/* Ends an app: now when it is between turns, else as soon as its turn is left. ERROR_NOT_FOUND. */
enum error app_kill(struct kernel *kernel, uint32_t number);
/* How many there are. */
uint32_t kernel_app_count(const struct kernel *kernel);

#endif
