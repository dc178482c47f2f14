/* All of the kernel's state: what there is, who owns it, what always holds. Private to the kernel.

   One thread runs all of it. Code of an app runs on a fiber; a fiber that is switched away from lies in exactly one place: the pool, as the parked
   fiber of an app, or under a call as what its callee returns to.

   Nothing that is needed to tell somebody of an end is allocated when it happens: requests come from a pool in which every app has its share
   reserved, and notices travel in the things that they are about. */
#ifndef KERNEL_STATE_H
#define KERNEL_STATE_H

#include "base/assert.h"
#include "base/list.h"
#include "base/sha256.h"
#include "kernel/child.h"
#include "kernel/contract.h"
#include "kernel/kernel.h"
#include "kernel/trace.h"

/* ---- Limits ---- */

#define APP_COUNT_DEFAULT   16384u
#define STACK_DEFAULT       (256u << 10)
#define SENT_DEFAULT        64u
#define INBOX_DEFAULT       64u
#define INBOX_BYTES_DEFAULT (16u << 10)
#define INBOX_BYTES_MAX     (1u << 20)
#define GRANT_COUNT_DEFAULT 256u
#define COUNT_MAX           65535u
#define BUFFER_DEFAULT      64u
#define BUFFER_MAX          1024u        /* looking for one takes a step for each */
#define WINDOW_COUNT_MAX    16384u       /* of buffers, of all apps: on some hosts mappings are few */
#define GRANTS_LIVE_MAX     12u          /* that an app is given while it runs */
#define LABEL_BYTES         32u          /* of a grant, with the zero at its end */
#define INBOX_SLOTS         16u          /* messages that one turn is shown */
#define FIBER_STACK_BYTES   (192u << 10) /* of C; calls between the executors nest for 80 KiB, and compiling a function takes 24 more */
#define FIBER_BYTES         (STACK_DEFAULT + FIBER_STACK_BYTES)
#define FIBERS_KEPT         2u /* beside those that apps pay for: see fiber.c */
#define FIBERS_SPARE        2u

/* ---- Where things are in an app's address space ---- */

#define ADDRESS_MINE    (WASM_WINDOW_FIRST)
#define ADDRESS_CLOCK   (WASM_WINDOW_FIRST + 0x10000u)
#define ADDRESS_CONTEXT (WASM_WINDOW_FIRST + 0x20000u)
#define ADDRESS_BUFFERS (WASM_WINDOW_FIRST + 0x400000u) /* from here to the end of the area */
#define CONTEXT_WINDOWS 3u

/* ---- Fibers ---- */

/* Two stacks, of C and of compiled code. */
struct fiber {
    struct fiber *next; /* in kernel->fibers */
    struct kernel *kernel;
    struct machine_stack stack;
    uint8_t *region; /* all of it: guard, code stack, guard, C's stack, this struct */
    uint8_t *code_low, *code_end;
    struct execution *running; /* the thread's, while this fiber does not run */
    struct app *app;           /* whose turn it runs */
    struct fiber *back;        /* the caller's, which goes on after the turn; NULL: the scheduler does */
    bool is_under;             /* some fiber's `back`: that one runs, or is under one that does */
};

/* ---- Services and grants ---- */

struct service {
    struct list link; /* in kernel->services */
    uint8_t interface[INTERFACE_HASH_BYTES];
    struct app *app;         /* that handles it; NULL when nobody, or the platform, does */
    uint32_t serve_handle;   /* the handle of that app's entry */
    native_receive *receive; /* of the platform */
    native_gone *gone;
    void *context;
    uint32_t reference_count; /* its maker, its capabilities, and entries of grant tables that serve it */
    struct list capabilities; /* made by the handler: they end with it */
    struct list waiting;      /* requests that wait for a handler */
    uint32_t waiting_bytes;   /* of their blocks */
};

/* A way to a service with a badge. All copies of a grant share one. Whoever hands one on and wants to take it back hands on one that is derived of
   it: that is revoked with all that are derived of it in turn. */
struct capability {
    struct list link;          /* in service->capabilities when it was made by the handler, else in nothing */
    struct list gone_link;     /* in the handler's notices, when the last reference is gone */
    struct capability *parent; /* that it is derived of, a reference; or NULL */
    struct list children;      /* derived of it and not revoked, by child_link */
    struct list child_link;
    struct service *service;
    struct budget *payer; /* the handler's for what it made, as long as it lives; else the system's */
    uint64_t badge;
    uint32_t reference_count; /* entries of grant tables, requests under way, children, what is derived of it, and the platform's: */
    uint32_t platform_count;
    bool is_made; /* by the handler, with GRANT_MAKE */
    bool is_revoked;
};

struct grant_entry {
    struct capability *capability; /* GRANT_USE */
    struct service *service;       /* GRANT_SERVE */
    uint16_t generation;
    uint16_t next_free; /* of a free entry: the index of the next one, or 0 */
};

/* Entry 0 is not used, so that no handle is 0. Handle: generation << 16 | index. */
struct grant_table {
    struct grant_entry *entries;
    uint32_t capacity;
    uint32_t entry_count; /* that were ever used, entry 0 included: the others are undefined */
    uint16_t first_free;
};

/* ---- Messages ---- */

enum request_state {
    REQUEST_FREE,
    REQUEST_KEPT,      /* its payer's spare one, for calls: its sender stays the same */
    REQUEST_MADE,      /* its sender is about to send it */
    REQUEST_WAITING,   /* in service->waiting */
    REQUEST_QUEUED,    /* in receiver->inbox */
    REQUEST_DELIVERED, /* in receiver->owed, or its receiver's `serving`, or with the platform: an answer is owed */
    REQUEST_SHOWN,     /* in shown: its receiver has seen it and owes nothing; ends with the turn */
    REQUEST_ANSWERED,  /* in sender->inbox as the answer, or, of a call, in nothing */
    REQUEST_GIVEN,     /* of a call, in nothing: the answer is where its sender wants it, but for the error */
};

/* Until when what was shown stands. */
enum shown_by {
    SHOWN_BY_TURN, /* the end of the turn */
    SHOWN_BY_WAIT, /* the next wait, or the end of the turn */
    SHOWN_BY_CALL, /* the next call, or the end of the turn */
};

/* What was copied for a receiver. */
struct block {
    uint8_t *data; /* NULL when there is none */
    uint32_t offset, size;
};

/* Pages that apps pass on; see buffer.h. */
struct buffer {
    struct kernel *kernel;
    struct machine_pages pages;
    struct app *payer; /* whose budget they are charged to; NULL: the system's */
    struct list payer_link;
    struct list chain;     /* windows of the owner and of those it was lent to, each by the one before: the last has access */
    struct list sharers;   /* windows of those that it was shared with */
    uint8_t shared_access; /* that they get; 0: it is not to be shared */
};

enum window_kind { WINDOW_OWN, WINDOW_LENT, WINDOW_SHARED };

/* Where an app sees a buffer; see window.h. */
struct window {
    struct list link;        /* in app->windows */
    struct list buffer_link; /* in chain or sharers */
    struct list notice_link; /* in app->window_notices */
    struct app *app;         /* NULL: the platform */
    struct buffer *buffer;   /* NULL: shared, and taken back */
    struct request *request; /* that it came with; NULL when the app has it by itself */
    guest_address address;
    uint32_t size;
    uint8_t kind;   /* enum window_kind */
    uint8_t access; /* enum buffer_access, while it has access */
    bool is_wanted; /* the app wants it mapped whenever it has access */
    bool is_mapped;
};

struct request {
    struct list link;      /* by state */
    struct list paid_link; /* in payer->paid */
    uint64_t id;           /* generation << 24 | index in the pool */
    uint8_t state;
    bool is_call;
    bool wants_answer;
    uint8_t shown_by;        /* enum shown_by, of one in SHOWN */
    struct app *payer;       /* whose share of the pool it is; NULL when that app has ended */
    struct app *sender;      /* NULL when no app waits for the answer */
    struct ask *ask;         /* of the kernel, which waits for it; or NULL */
    struct app *receiver;    /* QUEUED, DELIVERED, SHOWN; NULL when it is with the platform */
    struct app *block_app;   /* whose inbox area the block is in; NULL: it waits for a handler, in memory that its payer pays */
    struct list cancel_link; /* in receiver->cancelled */
    struct list lost_link;   /* in sender->lost: its sender is about to learn how it ended, while its receiver still has it */
    uint8_t lost;            /* enum contract_error: that is how; 0: it is not lost */
    struct capability *capability;
    struct block block;
    uint8_t *place;                            /* of one that is `serving`: where its answer may be given at once; NULL: nowhere any more */
    struct window *window;                     /* the receiver's, of the buffer that came with it; NULL when there is none, or it went elsewhere */
    uint32_t grant_count;                      /* that travel with it */
    struct capability *grants[MESSAGE_GRANTS]; /* each a reference */
    struct message message;                    /* QUEUED, WAITING: as its receiver will see it; ANSWERED: as its sender will. Grants apart */
};

/* Slots never move. Every app has as many reserved as it may send, so that taking one does not fail. */
#define REQUEST_CHUNK  64u
#define REQUESTS_APART 2u /* beside an app's share: its spare one, and one for its log */
struct request_pool {
    struct request **chunks;
    uint32_t chunk_count, chunk_capacity;
    uint32_t reserved_count;
    struct list free;
};

/* ---- Apps ---- */

enum app_status {
    APP_IDLE,    /* between turns, nothing to do */
    APP_READY,   /* in kernel->ready: a turn is due, or its fiber is to go on */
    APP_RUNNING, /* in a turn, on the fiber that runs, or below it */
    APP_WAITING, /* in a turn: parked in wait */
    APP_CALLING, /* in a turn: parked in call, or under a callee that runs */
    APP_ENDING,  /* is being freed: whatever it waited for itself wakes nobody */
};

/* An area for the blocks of messages: a bit for each unit. */
#define AREA_UNIT 64u
struct area {
    uint8_t *base; /* kernel's address */
    guest_address address;
    uint32_t unit_count;
    uint64_t *used;
};

/* The app's allocator: blocks by power of two, each with a header in front. The heads are the kernel's, all else is memory that the app may
   have written to, and nothing of it is believed. */
#define HEAP_CLASSES 27u
struct heap {
    guest_address free[HEAP_CLASSES];
    guest_address next, end; /* fresh memory */
};

/* What every turn looks at comes first. */
struct app {
    struct list ready_link; /* in kernel->ready */
    struct kernel *kernel;
    struct fiber *fiber;     /* in a turn: its own */
    struct fiber *lent;      /* whose code stack the store has */
    struct context *context; /* in the pages */
    struct app_state *mine;
    struct alarm alarm; /* when it is resumed */
    uint8_t status;     /* enum app_status */
    bool is_killed;
    bool had_inbox;  /* context->inbox_count is not 0 */
    bool is_marked;  /* something came for it, was shown to it, paid for it or ended it: its turn's end looks whether that still holds */
    bool pays_fiber; /* in a turn: it may park, and call */

    struct wasm_entry start;
    const struct app_world *world; /* of a guest; NULL: it is a function of its context */
    void *guest;                   /* what the world keeps for it */

    struct list inbox;       /* requests in QUEUED and ANSWERED */
    struct list shown;       /* SHOWN */
    struct list gone;        /* capabilities, by gone_link */
    struct list cancelled;   /* requests, by cancel_link */
    uint32_t notices;        /* bit for each enum notice of those that are about nothing */
    struct request *serving; /* what came directly with this turn, until it is answered or left to the general way: DELIVERED, in no list */

    uint32_t number;
    struct list link; /* in kernel->apps */
    struct budget budget;
    struct group *group; /* of a child; NULL */
    struct wasm_store *store;
    struct wasm_instance *instance;
    struct wasm_memory *memory;
    struct wasm_memory_view view; /* of the memory */
    struct heap heap;

    struct machine_pages pages;
    struct message *inbox_slots;
    struct area area;
    uint32_t text_next;      /* in the context: where the next text goes */
    uint32_t labels;         /* in the context: those of its grants, LABEL_BYTES each */
    uint32_t grant_capacity; /* of the context's array */
    uint32_t log_function;   /* os->log, for when there is a log */

    struct grant_table grants;
    struct capability *log_capability; /* where `log` goes; NULL: nowhere */

    uint32_t inbox_count, inbox_count_max; /* of the QUEUED ones */
    struct list owed;                      /* DELIVERED */
    struct list paid;                      /* all requests that it took from the pool, by paid_link */
    uint32_t paid_count, paid_count_max;   /* the spare one apart, and one that is for the log alone */
    bool waits_for_share;                  /* parked until one of them is free */
    struct request *spare;                 /* for the next direct call, KEPT, or in that one; NULL: it has none, or a call's answer is shown */
    struct list lost;                      /* requests, by lost_link; bit 0 of notices says that there are any */
    struct request *calling;               /* in call: what it waits for */
    guest_address answer_block;            /* where the call wants the block of the answer, and how much of it */
    uint32_t answer_block_size;
    struct list room_waiters; /* apps that wait for room in this inbox, by room_link */
    struct list room_link;
    struct app *room_of; /* whose room_waiters that is; NULL: it is in none */

    struct list windows;       /* of buffers, by address */
    struct list *window_last;  /* the one whose address was given last, or what is before it, or the list */
    guest_address window_next; /* where the next address is looked for */
    uint32_t window_count, window_count_max;
    struct list window_notices; /* windows, by notice_link; the bit of NOTICE_BUFFER_BACK in notices says that there are any */
    struct list paid_buffers;   /* by payer_link */

    bool has_alarm; /* there is room for its alarm */

    struct app_end end;
    char report[512];
    char name[32];
    void (*ended)(void *context, uint32_t app, const struct app_end *end);
    void *ended_context;
};

/* ---- Children ---- */

/* A budget that a child and all that it makes are part of. It outlives the child while what it made has not ended. */
struct group {
    struct budget budget;
    uint32_t window_count, window_count_max; /* of buffers, of all apps in it */
    struct group *parent;                    /* a reference; NULL: the system's budget is above */
    uint32_t reference_count;
};

/* What a child was given: at the same place in its context's array. */
struct child_grant {
    struct capability *capability; /* its own, a reference; or NULL for ... */
    struct service *service;       /* ... one that it handles, a reference */
    char label[CHILD_LABEL_MAX + 1];
};

enum child_state { CHILD_PREPARED, CHILD_RUNNING, CHILD_RESTARTING, CHILD_ENDED };

enum child_reason { CHILD_EXITED, CHILD_FAULTED, CHILD_STOPPED, CHILD_KILLED, CHILD_UNABLE };

struct child_frame {
    char function[CHILD_NAME_MAX];
    uint32_t function_size;
    uint32_t index;
    uint64_t offset;
};

#define CHILD_EVENTS_MAX 16u

/* How it ended last. */
struct child_fault {
    char report[256];
    uint32_t frame_count;
    struct child_frame frames[WASM_TRAP_FRAMES_MAX];
    uint32_t event_count;
    char events[CHILD_EVENTS_MAX][96]; /* what it did last, oldest first: lines of the trace */
};

#define CHILD_WAITERS_MAX 16u

struct child {
    struct list link; /* in kernel->children */
    struct kernel *kernel;
    struct child *maker; /* NULL: the platform, or the maker and all above it are forgotten */
    struct group *group; /* NULL when it has ended */
    uint32_t hold_count;
    uint32_t number;  /* of its app, each time it runs */
    struct app *app;  /* while it is CHILD_RUNNING */
    uint8_t state;    /* enum child_state */
    uint8_t reason;   /* enum child_reason, when it has ended */
    bool is_stopping; /* it is not restarted */
    int32_t exit_code;
    uint32_t restart_count, restart_count_max, restart_delay_ms;
    uint32_t restarts; /* in all */
    uint64_t started_at_ns;
    uint64_t turns;                      /* of the times before this one */
    struct alarm alarm;                  /* of the restart, or of the end of patience */
    struct child_fault *fault;           /* NULL: none, or there was no memory for it */
    uint64_t waiters[CHILD_WAITERS_MAX]; /* requests for its end, see apps.c */
    uint32_t waiter_count;

    struct wasm_module *module;
    bool owns_module;
    uint8_t *program; /* its bytes; NULL: they are somebody else's */
    size_t program_size;
    uint8_t hash[SHA256_SIZE]; /* of the program, when an app made the child of its bytes */
    char name[CHILD_NAME_MAX + 1];
    uint8_t *texts; /* its arguments, one behind the other */
    size_t text_bytes;
    struct bytes *arguments;
    uint32_t argument_count;
    struct app_limits limits;
    const struct app_world *world;
    const void *world_settings;
    struct child_grant grants[CHILD_GRANTS_MAX];
    uint32_t grant_count;
    void (*ended)(void *context, struct child *child, const struct app_end *end, bool is_final);
    void *context;
};

/* ---- The kernel ---- */

struct kernel {
    const struct machine *machine;
    struct budget *budget;
    struct kernel_options options;
    struct wasm_engine *engine;
    struct wasm_thread *thread;
    struct list apps, ready, services;
    struct fiber *fibers;                    /* those that are free, the one that ran last first */
    struct list children;                    /* struct child */
    uint32_t fiber_count, fiber_payer_count; /* all of them; the apps that pay for one */
    bool has_fibers;                         /* the system pays for those that no app pays for */
    uint32_t restart_count;                  /* children whose restart is due some time: the kernel goes on though there may be no app */
    uint32_t app_count, next_number;
    uint32_t window_count; /* of buffers, of all apps */
    bool is_stopping;
    uint64_t stop_at_ns;    /* when it stops even if apps are busy; UINT64_MAX: it was not asked to stop when they are idle */
    uint64_t poll_at_ns;    /* when machine->sleep is to be called at the latest */
    struct fiber scheduler; /* of kernel_run: the stack that it was called on, and of no region */
    struct fiber *current;
    struct request_pool requests;
    struct alarm **alarms; /* a heap: the soonest first */
    uint32_t alarm_count, alarm_capacity, alarm_reserved;
    struct machine_pages clock_pages;
    struct clock *clock;
    struct wasm_trap trap; /* of the app that ended last */
    struct trace_ring trace_ring;
};

#endif
