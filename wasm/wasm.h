/* The WebAssembly engine: the one public header.

   Specification: WebAssembly core 2.0, with tail calls, extended constant expressions, multiple memories, and the
   atomic instructions of the threads proposal on unshared memory.

   Lifetimes. An engine outlives its modules and stores. A module is decoded and validated once, never changes, and may be
   instantiated in many stores; it keeps views of the bytes it was made from, which the caller keeps alive and unchanged
   until wasm_module_destroy. A store owns everything that runs together: instances, functions, memories, tables and
   globals made in it live until wasm_store_destroy and are never freed alone, so handles into a store are plain
   pointers without reference counts. A module outlives the stores that instantiate it.

   Threads. An engine, with its modules and stores, is used by one thread at a time; engines are independent of each
   other. There are two exceptions. Any thread or signal handler may call wasm_store_stop. And a worker (struct wasm_worker) is made for another
   thread: that one may call wasm_worker_step, and any thread wasm_worker_stop, while the engine's thread does whatever it likes but destroy the
   worker or its module. Budgets are for any thread; where there are workers, so must be the memory source behind the worker's budget. Workers call
   nothing of the host.

   Failure. Functions return `enum error`; ERROR_TRAP means that wasm_store_trap says more. Where a `report` is taken it
   may be NULL. Nothing here prints, exits or keeps a global. */
#ifndef WASM_WASM_H
#define WASM_WASM_H

#include "base/budget.h"
#include "base/bytes.h"
#include "base/report.h"

/* ---- What the engine needs from the outside ---- */

struct wasm_fault {
    uintptr_t address;     /* that could not be accessed; 0 for an invalid instruction */
    uintptr_t instruction; /* of the instruction that faulted, or was interrupted */
    uintptr_t stack;       /* the stack pointer then */
    bool is_interrupt;     /* nothing faulted: somebody called interrupt */
};

/* Where an interrupted thread goes on instead: to be put into its registers. */
struct wasm_resume {
    uintptr_t instruction;
    uintptr_t stack;
    uintptr_t argument; /* the first of C's calling convention */
};

/* A thread of the platform that runs WASM code: one record for each, zeroed but for its id, at one place while the thread lives. */
struct wasm_thread {
    struct execution *running; /* the engine's: whose compiled code was entered last and has not returned; NULL when there is none */
    uint64_t id;               /* for interrupt; not 0, and of no other thread before or after it */
};

enum wasm_access { WASM_ACCESS_READ, WASM_ACCESS_READ_WRITE };

/* Supplied by a platform. Addresses and sizes are multiples of page_size. Every function may be called from any thread
   that uses an engine with this host. */
struct wasm_host {
    void *context;
    size_t page_size;
    /* Address space without memory: any access faults. */
    enum error (*reserve)(void *context, size_t size, void **address);
    void (*unreserve)(void *context, void *address, size_t size);
    /* The same of a reservation that is address space without memory all over, which a host may keep as it is. May be NULL. */
    void (*unreserve_empty)(void *context, void *address, size_t size);
    /* Part of a reservation becomes zeroed, readable, writable memory, or ERROR_NO_MEMORY; never executable. */
    enum error (*commit)(void *context, void *address, size_t size);
    /* ... and address space without memory again, whatever was there. */
    void (*decommit)(void *context, void *address, size_t size);
    /* Map part of a host's memory object into a reservation: how a window is filled. */
    enum error (*map)(void *context, void *address, size_t size, uint64_t object, uint64_t offset, enum wasm_access access);
    /* What map put at `from` goes on at `to`, in the same reservation or another one, with what is in memory already; `from` is address space
       without memory again. On an error nothing has changed. Both may be NULL where a host has no such thing: then it is mapped anew. */
    enum error (*move)(void *context, void *from, void *to, size_t size);
    /* Changes the access to what map put here. */
    enum error (*protect)(void *context, void *address, size_t size, enum wasm_access access);
    /* Committed pages stop being writable and become executable. */
    enum error (*seal_code)(void *context, void *address, size_t size);
    /* Map part of a host's memory object into a reservation as code: readable and executable, never writable, and not changed by what
       becomes of the object. May be NULL; where it fails, code is copied. */
    enum error (*map_code)(void *context, void *address, size_t size, uint64_t object, uint64_t offset);
    /* Committed pages become a copy of part of a host's memory object, readable and writable; neither shows later changes of the other. May be
       NULL: then content is copied. */
    enum error (*map_copy)(void *context, void *address, size_t size, uint64_t object, uint64_t offset);
    /* Call run(argument). False when something inside it faulted: run was abandoned there and *fault says where. Boundaries nest; the
       innermost gets the fault. For what C runs; compiled code needs none, see wasm_thread_leave. */
    bool (*guard)(void *context, void (*run)(void *argument), void *argument, struct wasm_fault *fault);
    /* The record of the calling thread. */
    struct wasm_thread *(*thread)(void *context);
    /* Makes the thread of this id, if it still lives, call wasm_thread_leave in a handler. From any thread or signal handler. */
    void (*interrupt)(void *context, uint64_t thread_id);
};

/* To be asked by a platform's handler on the thread that faulted or was interrupted, before anything else is made of it. True: this happened in
   compiled code, which is left: the thread goes on as *resume says. False: it is none of compiled code's, or, of an interrupt, nobody wants the
   store that runs to stop. Safe in a signal handler. Handlers do not run on the stack of what they interrupt. */
bool wasm_thread_leave(struct wasm_thread *thread, const struct wasm_fault *fault, struct wasm_resume *resume);

/* ---- Types and values ---- */

enum wasm_type {
    WASM_I32 = 0x7F,
    WASM_I64 = 0x7E,
    WASM_F32 = 0x7D,
    WASM_F64 = 0x7C,
    WASM_V128 = 0x7B,
    WASM_FUNCREF = 0x70,
    WASM_EXTERNREF = 0x6F,
};

/* A null reference is NULL; a funcref is a struct wasm_function *, an externref any other pointer. */
union wasm_value {
    uint8_t v128[16]; /* little-endian lanes, as in memory; first, so that {0} clears all of it */
    uint32_t i32;
    uint64_t i64;
    float f32;
    double f64;
    void *reference;
};

struct wasm_limits {
    uint32_t minimum;
    uint32_t maximum; /* UINT32_MAX where none was declared; see has_maximum */
    bool has_maximum;
};

/* The kinds of things that are imported and exported, in the numbering of the binary format. */
enum wasm_kind { WASM_KIND_FUNCTION, WASM_KIND_TABLE, WASM_KIND_MEMORY, WASM_KIND_GLOBAL };

/* Equal function types of one engine are one object: compare pointers. Lives as long as a module or store that uses it. */
struct wasm_function_type {
    uint32_t id; /* small, unique in the engine while the type lives */
    uint16_t parameter_count;
    uint16_t result_count;
    const uint8_t *types; /* enum wasm_type: parameters, then results */
};

struct wasm_extern_type {
    enum wasm_kind kind;
    const struct wasm_function_type *function; /* WASM_KIND_FUNCTION */
    struct wasm_limits limits;                 /* pages of 64 KiB, or elements */
    uint8_t value_type;                        /* of a global or of a table's elements */
    bool is_mutable;                           /* global */
};

/* ---- Engine ---- */

struct wasm_engine;

/* The host and the budget outlive the engine. */
enum error wasm_engine_create(const struct wasm_host *host, struct budget *budget, struct wasm_engine **out) MUST_CHECK;
/* Every module and store of it was destroyed before. */
void wasm_engine_destroy(struct wasm_engine *engine);

struct wasm_engine_options {
    bool check_bounds; /* check each access instead of relying on 8 GiB of address space for a memory: for hosts without so much. Such memories
                          have no windows, and a trap in compiled code does not tell the address */
    bool compile_fast; /* compile in less than half of the time, to code that runs somewhat longer */
};
/* Before the engine has a module or a store. */
void wasm_engine_set_options(struct wasm_engine *engine, const struct wasm_engine_options *options);

/* ---- Module ---- */

struct wasm_module;

/* Decode and validate. On failure nothing is kept: ERROR_MALFORMED, ERROR_INVALID, ERROR_UNSUPPORTED (a proposal, named
   in the report), ERROR_LIMIT (see limits.def) or ERROR_NO_MEMORY (of this budget). Time is linear in the size. */
enum error wasm_module_create(struct wasm_engine *engine, struct budget *budget, struct bytes bytes, struct report *report,
                              struct wasm_module **out) MUST_CHECK;
void wasm_module_destroy(struct wasm_module *module);

struct wasm_import {
    struct bytes module;
    struct bytes name;
    struct wasm_extern_type type;
};

struct wasm_export {
    struct bytes name;
    struct wasm_extern_type type;
    uint32_t index; /* in the index space of its kind */
};

struct bytes wasm_module_bytes(const struct wasm_module *module);
uint32_t wasm_module_import_count(const struct wasm_module *module);
uint32_t wasm_module_export_count(const struct wasm_module *module);
/* The index is below the count. */
void wasm_module_import(const struct wasm_module *module, uint32_t index, struct wasm_import *out);
void wasm_module_export(const struct wasm_module *module, uint32_t index, struct wasm_export *out);
/* False when nothing of that name is exported. */
bool wasm_module_find_export(const struct wasm_module *module, struct bytes name, struct wasm_export *out);

/* Counts of each index space (imports included) and of the segments. */
struct wasm_module_summary {
    uint32_t type_count, function_count, table_count, memory_count, global_count, element_count, data_count;
    uint32_t imported_function_count;
    uint64_t code_bytes; /* of all function bodies */
    bool has_start;
};
void wasm_module_summary(const struct wasm_module *module, struct wasm_module_summary *out);
/* The type of a memory or table by index, imports included. The index is below the count. */
void wasm_module_memory_type(const struct wasm_module *module, uint32_t index, struct wasm_limits *out);

struct wasm_section {
    uint8_t id;        /* 0 for a custom section */
    struct bytes name; /* of a custom section, else the format's name for it ("type", "import", ...) */
    uint64_t offset;   /* of the content in the file; behind the name for a custom section */
    uint64_t size;
};
/* Walks the sections of a module in file order: start with *cursor = 0; false after the last. */
bool wasm_module_next_section(const struct wasm_module *module, uint64_t *cursor, struct wasm_section *out);
/* From the name section; an empty view when there is none. */
struct bytes wasm_module_function_name(const struct wasm_module *module, uint32_t function_index);
/* All of them, in ascending order of the index, which may be of no function. */
struct wasm_function_names {
    const uint8_t *at, *end;
    uint32_t left;
};
void wasm_module_function_names(const struct wasm_module *module, struct wasm_function_names *out);
/* False behind the last. */
bool wasm_next_function_name(struct wasm_function_names *names, uint32_t *function_index, struct bytes *name);
/* A view of a function's body in the module's bytes; empty for an import. The index is below the count. */
struct bytes wasm_module_function_body(const struct wasm_module *module, uint32_t function_index);

/* ---- Compiled code of a module ---- */

/* How much of a module is compiled. */
struct wasm_code_summary {
    uint32_t function_count; /* that have code */
    uint64_t function_bytes; /* of WASM code in them */
    uint64_t machine_bytes;
    uint32_t loaded_count;  /* of these, from an image */
    uint64_t loaded_bytes;  /* of machine code */
    uint32_t called_count;  /* of these, called, as far as it shows: code that is linked to a function calls it unseen */
    uint32_t refused_count; /* have none because they are beyond the limits of the compiler: they are interpreted */
};
void wasm_module_code_summary(const struct wasm_module *module, struct wasm_code_summary *out);

/* Functions are compiled when they are called first, by the thread that calls. A worker compiles others, on a thread of its own or when there is
   nothing else to do: those first that are likely to be called next. Which of them compiles a function makes no difference but in time: a function
   that is called while a worker is still at it is compiled by the caller, too. */
struct wasm_worker;

/* For the engine's thread. scratch_bytes are what compiling one function may take: they are charged to the budget now, and the code to the same
   budget until the module is destroyed, which it outlives. ERROR_NO_MEMORY. */
enum error wasm_worker_create(struct wasm_module *module, struct budget *budget, uint64_t scratch_bytes, struct wasm_worker **out) MUST_CHECK;
/* Compiles one function. ERROR_NOT_FOUND: the worker was stopped, or all functions have code, are beyond the limits of the compiler, or have
   another worker. ERROR_NO_MEMORY: this one does not fit into the scratch bytes or the budget; other functions may, and it is tried again by a
   worker that is made when there is no other. Takes as long as the function is long; once stopped, some milliseconds at most. */
enum error wasm_worker_step(struct wasm_worker *worker) MUST_CHECK;
/* Makes this step and all later ones end soon. From any thread. */
void wasm_worker_stop(struct wasm_worker *worker);
/* No step runs. For the engine's thread. */
void wasm_worker_destroy(struct wasm_worker *worker);

/* Code of a function, where it can be called. It stays there until the module is destroyed. */
struct wasm_code {
    uint32_t function_index;
    const uint8_t *start;
    uint32_t size; /* with constants behind the instructions, and stubs */
    /* The return address stands at the stack pointer for so many bytes of code, and from then on, until it returns, so far above it. */
    uint32_t prologue_bytes, frame_bytes;
};
/* By number, in the order in which they came there; false when there are not so many. */
bool wasm_module_code(const struct wasm_module *module, uint32_t number, struct wasm_code *out);

/* Who wants to know where code is: debuggers and profilers. */
struct wasm_code_watch {
    void *context;
    /* The module has so many functions more that can be called, from this number on. It may call wasm_module_code, and nothing else of the engine. */
    void (*added)(void *context, const struct wasm_module *module, uint32_t number, uint32_t count);
    /* All of the module's code is about to go. */
    void (*removed)(void *context, const struct wasm_module *module);
};
/* Tells of what there is, at once, and of what comes. NULL: nobody wants to know any more. The watch outlives the engine, or that. */
void wasm_engine_watch_code(struct wasm_engine *engine, const struct wasm_code_watch *watch);

/* ---- Looking into the compiler ----

   Text for people: what it says may change from version to version. */

/* Takes text piece by piece. */
typedef void wasm_text_sink(void *context, const char *text, size_t size);
/* The names of the compiler's stages, in their order; NULL behind the last. */
const char *wasm_stage_name(uint32_t number);
/* Compiles a function of the module's own, and shows what becomes of it. stage NULL: instructions, SSA and machine code side by side. Else what the
   stage of that number makes. ERROR_LIMIT: beyond the limits of the compiler; what there was up to then is shown. ERROR_NO_MEMORY. */
enum error wasm_function_show(const struct wasm_module *module, uint32_t function_index, const uint32_t *stage, wasm_text_sink *sink,
                              void *context) MUST_CHECK;

/* ---- Images: a module, and what is compiled of it, as bytes ----

   An image takes the place of decoding, validation and compilation when the same program is loaded again, by the same build of the engine with
   the same options. Who can write an image can run code, so a platform keeps images as safe as its own executable. Against damage
   there is a checksum of the part that is read at once; the code has its own, which only wasm_image_verify looks at. */

struct wasm_image_identity {
    uint8_t program[32]; /* SHA-256 of the module's bytes */
    struct bytes build;  /* names the build of the engine: another one has another compiler and other structs */
};

#define WASM_IMAGE_KEY_SIZE 32
/* Names the one image that this engine takes and makes of a program: a hash of identity, isa, options and versions. */
void wasm_image_key(const struct wasm_engine *engine, const struct wasm_image_identity *identity, uint8_t key[WASM_IMAGE_KEY_SIZE]);

struct wasm_image_sink {
    void *context;
    /* The parts come in no order, the header last: without it the rest is no image. */
    enum error (*write)(void *context, uint64_t offset, struct bytes bytes);
};
/* Functions that were called come first, in the order of their first calls, then the others in the order of the module: the same module with the
   same functions compiled, of which the same were called in the same order, gives the same bytes, whoever compiled them. Workers may go on meanwhile.
   Fails as the sink does, or with ERROR_NO_MEMORY. */
enum error wasm_image_write(const struct wasm_module *module, const struct wasm_image_identity *identity,
                            const struct wasm_image_sink *sink) MUST_CHECK;

struct wasm_image {
    struct wasm_image_identity identity;
    struct bytes content; /* at an address that is a multiple of 8 */
    bool has_object;
    uint64_t object; /* the host's name for a memory object of this content, kept as long: then code and data are mapped, else they are copied */
};
/* As wasm_module_create with these bytes, which are those that the image was made of; but image.content is kept alive and unchanged until
   wasm_module_destroy, too. ERROR_UNSUPPORTED: the image is of another build, or made with other options. ERROR_MALFORMED: it is none, or damaged.
   ERROR_NO_MEMORY. */
enum error wasm_module_create_from_image(struct wasm_engine *engine, struct budget *budget, struct bytes bytes, const struct wasm_image *image,
                                         struct report *report, struct wasm_module **out) MUST_CHECK;

/* What an image says about itself, for listings: of any build of this engine. */
struct wasm_image_description {
    uint8_t key[WASM_IMAGE_KEY_SIZE];
    uint8_t program[32];
    uint64_t program_bytes;
    char isa[16]; /* zero-terminated */
    bool is_fast;
    uint32_t function_count; /* of the module's own */
    uint32_t compiled_count;
    uint64_t machine_bytes;
};
/* ERROR_MALFORMED, with a report, when it is no image or damaged: all of it is looked at with `whole`, else all but the code. */
enum error wasm_image_verify(struct bytes content, bool whole, struct report *report, struct wasm_image_description *out) MUST_CHECK;

/* ---- Store ---- */

struct wasm_store;
struct wasm_instance;
struct wasm_function;
struct wasm_memory;
struct wasm_table;
struct wasm_global;

struct wasm_store_options {
    uint64_t stack_bytes; /* for the frames of running functions; 0 = 16 MiB. Committed, and charged, as it grows */
    bool compile;         /* run compiled code, where the machine and the functions allow it; else interpret */
    bool is_lent_stack;   /* compiled code has no stack of the store's: see wasm_store_lend_stack */
    bool windows;         /* memory 0 of an instance that exports `start` has windows and so at most 3 GiB */
};

/* options may be NULL. Everything in the store is charged to the budget: linear memories, tables, stacks, code. */
enum error wasm_store_create(struct wasm_engine *engine, struct budget *budget, const struct wasm_store_options *options,
                             struct wasm_store **out) MUST_CHECK;
/* Not while a call into it runs. */
void wasm_store_destroy(struct wasm_store *store);

/* Where compiled code of a store with is_lent_stack runs, from the next call on; not while one runs. [low, end) is committed memory of at least 64
   KiB, aligned to 16 bytes, and the WASM_STACK_GUARD_BYTES below it are reserved and never accessible. Its content is the store's while a call runs.
 */
#define WASM_STACK_GUARD_BYTES (256u << 10)
void wasm_store_lend_stack(struct wasm_store *store, void *low, void *end);

/* End what runs in the store, now or as soon as something runs, with the trap WASM_TRAP_STOPPED. Stays in force until
   wasm_store_resume. From any thread or signal handler; returns at once. A host function runs to its end first, and with it whatever it
   entered in other stores. Compiled code is interrupted for it, and an interrupt that meets the thread in a signal handler of the host is lost:
   whoever has such handlers blocks the platform's interrupt in them (SIGURG on Linux), or calls again until the computation has ended. */
void wasm_store_stop(struct wasm_store *store);
void wasm_store_resume(struct wasm_store *store);

struct wasm_extern {
    enum wasm_kind kind;
    union {
        struct wasm_function *function;
        struct wasm_table *table;
        struct wasm_memory *memory;
        struct wasm_global *global;
    };
};

/* Finds what an import is bound to: ERROR_NONE and *out (of this store), or ERROR_NOT_FOUND. The engine checks types. */
typedef enum error wasm_resolve(void *context, const struct wasm_import *import, struct wasm_extern *out);

/* Instantiate (core spec 4.5.4): resolve, allocate, initialise, run the start function. ERROR_UNLINKABLE (the report
   names the import), ERROR_LIMIT, ERROR_NO_MEMORY, or ERROR_TRAP / ERROR_EXIT from segments or the start function. What
   was written to imported memories and tables before a trap stays, as the specification has it. */
enum error wasm_instance_create(struct wasm_store *store, const struct wasm_module *module, wasm_resolve *resolve, void *resolve_context,
                                struct report *report, struct wasm_instance **out) MUST_CHECK;
/* False when nothing of that name is exported. */
bool wasm_instance_find_export(const struct wasm_instance *instance, struct bytes name, struct wasm_extern *out);
/* NULL when the instance has no memory, or no table, of this index. */
struct wasm_memory *wasm_instance_memory(const struct wasm_instance *instance, uint32_t index);
struct wasm_table *wasm_instance_table(const struct wasm_instance *instance, uint32_t index);
const struct wasm_module *wasm_instance_module(const struct wasm_instance *instance);

/* ---- Functions and calls ---- */

/* A host function. ERROR_NONE: results are filled in. ERROR_EXIT ends the innermost wasm_call with ERROR_EXIT; ERROR_TRAP
   passes on the trap of a wasm_call that it made; any other error is a trap, WASM_TRAP_HOST. `caller` is the instance whose code called (NULL when
   the host did). It may call back into the store. It may not jump out. */
typedef enum error wasm_host_function(void *context, struct wasm_instance *caller, const union wasm_value *arguments, union wasm_value *results);

/* A native host function: what compiled code calls without arrays of values, at the cost of some 15 instructions. Its C type follows from its
   WASM type:

       RESULT function(void *context, struct wasm_instance *caller, PARAMETER...);

   with uint32_t or int32_t for i32, uint64_t or int64_t for i64, float for f32, double for f64, a pointer for a reference, and void for no
   result. The engine believes that it is so. Cast it to this type, which stands for all of them: (wasm_native_function *)function.
   context and caller are as above, and so is what it may do. It fails by wasm_store_fail; what it returns is then ignored. */
typedef void wasm_native_function(void);
#define WASM_NATIVE_INTEGERS_MAX 9 /* parameters that are i32, i64 or references */
#define WASM_NATIVE_FLOATS_MAX   8 /* parameters that are f32 or f64 */

/* A function type of an engine, from enum wasm_type values; kept alive by the store. */
enum error wasm_store_function_type(struct wasm_store *store, const uint8_t *parameters, uint32_t parameter_count, const uint8_t *results,
                                    uint32_t result_count, const struct wasm_function_type **out) MUST_CHECK;
enum error wasm_function_create(struct wasm_store *store, const struct wasm_function_type *type, wasm_host_function *call, void *context,
                                struct wasm_function **out) MUST_CHECK;
/* ERROR_UNSUPPORTED when the type has more parameters than a native function may have, more than one result, or a v128: such a function takes
   arrays. ERROR_NO_MEMORY. */
enum error wasm_function_create_native(struct wasm_store *store, const struct wasm_function_type *type, wasm_native_function *call, void *context,
                                       struct wasm_function **out) MUST_CHECK;
/* For a native host function of this store that runs, as the last thing before it returns: it fails with this error, which is not ERROR_NONE and
   means what it does as the return value of a wasm_host_function. */
void wasm_store_fail(struct wasm_store *store, enum error error);
const struct wasm_function_type *wasm_function_type(const struct wasm_function *function);

/* Call with as many arguments and results as the type has. ERROR_TRAP: see wasm_store_trap. ERROR_EXIT: a host function
   asked for it. Re-entrant from host functions, up to the limit `host_calls` of limits.def. */
enum error wasm_call(struct wasm_function *function, const union wasm_value *arguments, union wasm_value *results) MUST_CHECK;

#define WASM_ENTRY_PARAMETERS_MAX 3
/* A call that was prepared: for functions with few parameters that are called often. Plain data, valid as long as the function. */
struct wasm_outcome {
    uint64_t value;   /* the result, an i32 zero-extended; undefined where there is none */
    enum error error; /* as of wasm_call */
};
struct wasm_entry;
typedef struct wasm_outcome wasm_enter_function(uint64_t a, uint64_t b, uint64_t c, const struct wasm_entry *entry, struct wasm_thread *thread);
struct wasm_entry {
    wasm_enter_function *enter;
    struct wasm_function *function;
    uint64_t masks[WASM_ENTRY_PARAMETERS_MAX]; /* of the parameters: what their types can hold */
    struct execution *execution;               /* the rest is the engine's, and saves it some loads */
    struct wasm_instance *instance;
    uint8_t *memory_base;
};

/* ERROR_UNSUPPORTED when the function has more than 3 parameters, more than one result, or one that is neither i32, i64 nor a reference. */
enum error wasm_entry_prepare(struct wasm_function *function, struct wasm_entry *out) MUST_CHECK;

/* Calls it, as wasm_call, on the calling thread, whose record is given. Those of a, b, c that the function has no parameter for are ignored. In a
   store that compiles, this is some 50 instructions in and out, no system call, no lock and no fence while the store stays on its thread. From
   within a host function it nests, in the same store or in others: each entry is a boundary of its own for traps, exits and stopping. */
static inline struct wasm_outcome wasm_enter(const struct wasm_entry *entry, struct wasm_thread *thread, uint64_t a, uint64_t b, uint64_t c) {
    return entry->enter(a & entry->masks[0], b & entry->masks[1], c & entry->masks[2], entry, thread);
}

/* ---- Traps ---- */

enum wasm_trap_kind {
#define TRAP(name, text) WASM_TRAP_##name,
#include "wasm/traps.def"
#undef TRAP
    WASM_TRAP_COUNT
};

struct wasm_frame {
    const struct wasm_module *module; /* NULL for a host function */
    uint32_t function_index;
    uint64_t offset; /* of the instruction in the module's bytes: the trapping one, or the call */
};

#define WASM_TRAP_FRAMES_MAX 64

struct wasm_trap {
    enum wasm_trap_kind kind;
    enum error host_error;                          /* WASM_TRAP_HOST: what the host function returned */
    uint64_t address;                               /* WASM_TRAP_MEMORY_BOUNDS: in the linear memory, where known, else UINT64_MAX */
    uint32_t frame_count;                           /* of all frames; the array holds the innermost */
    struct wasm_frame frames[WASM_TRAP_FRAMES_MAX]; /* innermost first */
};

/* "out of bounds memory access" and so on, in the words of the specification's tests. */
const char *wasm_trap_text(enum wasm_trap_kind kind);
/* Of the newest call that returned ERROR_TRAP; valid until the next call into the store. */
const struct wasm_trap *wasm_store_trap(const struct wasm_store *store);
/* One line: `out of bounds memory access (address 0x10000) in function NAME at offset 0x…`; a function without a name is
   told by its index. Returns the length as format() does. */
size_t wasm_trap_describe(const struct wasm_trap *trap, char *out, size_t size);
/* One line for a frame: `#2 function NAME at offset 0x…`. */
size_t wasm_frame_describe(const struct wasm_frame *frame, uint32_t number, char *out, size_t size);

/* ---- Memories ---- */

#define WASM_PAGE_SIZE    65536u
#define WASM_WINDOW_FIRST 0xC0000000u /* windows lie from here ... */
#define WASM_WINDOW_END   0xFFFF0000u /* ... to below here */

enum error wasm_memory_create(struct wasm_store *store, const struct wasm_limits *pages, struct wasm_memory **out) MUST_CHECK;
uint32_t wasm_memory_pages(const struct wasm_memory *memory);
/* The old size in pages, or UINT32_MAX (-1) when the maximum, the budget or the host does not allow it. */
uint32_t wasm_memory_grow(struct wasm_memory *memory, uint32_t pages);
/* A pointer to [address, address + length) when that is wholly in memory or wholly in one window, else NULL. Never NULL
   for length 0 at an address up to the size. Memory never moves; the pointer holds while the store lives, or the window
   is mapped. A window may be read-only: pass what will be done. */
uint8_t *wasm_memory_range(const struct wasm_memory *memory, uint64_t address, uint64_t length, enum wasm_access access);
/* What is needed to look at memory without a call: the base never moves, and the size grows. Windows are not below it. */
struct wasm_memory_view {
    uint8_t *base;
    const uint64_t *size_bytes;
};
struct wasm_memory_view wasm_memory_view(const struct wasm_memory *memory);
struct wasm_window {
    uint32_t address; /* in the linear memory; a multiple of 64 KiB */
    uint32_t size;    /* a multiple of the host's page size, as is the offset; the window ends before WASM_WINDOW_END */
    uint64_t object;  /* the host's name for a memory object; the caller keeps it alive while the window is mapped */
    uint64_t offset;  /* in the object */
    enum wasm_access access;
};
/* Map part of a host's memory object. ERROR_ARGUMENT when the window is outside the area, not aligned, or overlaps
   another, or when the memory has no windows. Its pages are charged to whoever made the object. */
enum error wasm_memory_map_window(struct wasm_memory *memory, const struct wasm_window *window) MUST_CHECK;
/* Unmap the window that starts here; ERROR_NOT_FOUND when none does. */
enum error wasm_memory_unmap_window(struct wasm_memory *memory, uint32_t address) MUST_CHECK;
/* The window that starts at this address becomes that window of `to`, which is of the same engine, perhaps of the same store: cheaper than unmapping
   and mapping. Of the window only address and access may differ. On an error, which is one of map's or unmap's, nothing has changed. */
enum error wasm_memory_move_window(struct wasm_memory *memory, uint32_t address, struct wasm_memory *to, const struct wasm_window *window) MUST_CHECK;
/* Makes sure that mapping does not lack memory while there are no more windows than count. */
enum error wasm_memory_reserve_windows(struct wasm_memory *memory, uint32_t count) MUST_CHECK;

/* ---- Tables and globals ---- */

enum error wasm_table_create(struct wasm_store *store, uint8_t element_type, const struct wasm_limits *limits, void *initial,
                             struct wasm_table **out) MUST_CHECK;
uint32_t wasm_table_size(const struct wasm_table *table);
/* The old size, or UINT32_MAX when the maximum, the engine's limit or the budget does not allow it. */
uint32_t wasm_table_grow(struct wasm_table *table, uint32_t count, void *initial);
/* Appends functions of the host past all that the table can ever hold, from index max(capacity, 1) on: call_indirect reaches them there, and nothing
   else of a program sees or changes them. Once a table, of the same store; *first is the index of the first. ERROR_ARGUMENT when there are already
   some, or more than WASM_TABLE_APPENDED_MAX, or the table does not hold functions. */
#define WASM_TABLE_APPENDED_MAX 64u
enum error wasm_table_append(struct wasm_table *table, struct wasm_function *const *functions, uint32_t count, uint32_t *first) MUST_CHECK;
/* ERROR_ARGUMENT when the index is not below the size. */
enum error wasm_table_get(const struct wasm_table *table, uint32_t index, void **out) MUST_CHECK;
enum error wasm_table_set(struct wasm_table *table, uint32_t index, void *reference) MUST_CHECK;

enum error wasm_global_create(struct wasm_store *store, uint8_t type, bool is_mutable, const union wasm_value *value,
                              struct wasm_global **out) MUST_CHECK;
void wasm_global_get(const struct wasm_global *global, union wasm_value *out);
/* ERROR_ARGUMENT when it is not mutable. */
enum error wasm_global_set(struct wasm_global *global, const union wasm_value *value) MUST_CHECK;

#endif
