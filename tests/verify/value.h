/* What is known of a register or a stack slot: an abstract value. Values are numbered so that equal ones have equal numbers; number 0 is
   the unknown one. Nothing here is learned from a branch but what a `fact` (state.h) says: all that a value says holds
   under speculation, too. */
#ifndef TESTS_VERIFY_VALUE_H
#define TESTS_VERIFY_VALUE_H

#include <stdbool.h>
#include <stdint.h>

enum value_kind {
    VALUE_RANGE,             /* low to high */
    VALUE_INSTANCE,          /* the instance, r15 */
    VALUE_MEMORY_BASE,       /* of memory `number` */
    VALUE_MEMORY,            /* struct wasm_memory * */
    VALUE_MEMORY_SIZE,       /* of a memory in bytes, now or before: memories never shrink */
    VALUE_BOUND,             /* at most the size of a memory */
    VALUE_TABLE,             /* struct wasm_table * */
    VALUE_TABLE_SIZE,        /* of a table, now or before: tables never shrink */
    VALUE_ELEMENTS,          /* the first element's address */
    VALUE_TYPE,              /* struct wasm_function_type * of the module's type `number` */
    VALUE_GLOBAL,            /* struct wasm_global * */
    VALUE_FUNCTION,          /* struct wasm_function * of the module's function `number`: never null */
    VALUE_FUNCTION_ANY,      /* struct wasm_function * or null */
    VALUE_EXTERNAL_ANY,      /* an externref or null */
    VALUE_FUNCTION_TYPE,     /* the `type` of the function `subject` */
    VALUE_FUNCTION_INSTANCE, /* the `instance` of the function `subject` */
    VALUE_BELOW_MASK,        /* 32 ones when `subject` is below the size of table `number`, else 0 */
    VALUE_CLAMPED,           /* `subject` when it is below the size of table `number`, else 0 */
    VALUE_SIGN,              /* copies of the sign bit of `subject` */
    VALUE_CODE,              /* the address of offset `number` of the code */
    VALUE_JUMP_OFFSET,       /* an entry of the jump table at `number`, which has `subject` entries */
    VALUE_JUMP_TARGET,       /* ... plus the table's address */
    VALUE_GARBAGE,           /* what was left there by others: it is not to be used or seen */
};

struct value {
    uint8_t kind;     /* enum value_kind */
    bool low_only;    /* of a slot: only the lower 32 bits are this */
    uint32_t number;  /* see the kinds */
    uint64_t subject; /* the symbol of another value, or a count */
    uint64_t symbol;  /* values with the same symbol, not 0, are equal on every path */
    uint64_t low, high;
};

/* In the number of a table: the bound is that of indirect calls, which is good for loads alone. */
#define VALUE_TABLE_CALLS 0x80000000u

#define VALUE_UNKNOWN 0u
#define VALUE_MAX_32  0xFFFFFFFFull

struct values {
    struct value *all;
    uint32_t count, capacity;
    uint32_t *places; /* a hash table of numbers */
    uint32_t place_count;
};

void *verify_allocate(void *old, uint64_t count, uint64_t size);

void values_begin(struct values *values);
void values_end(struct values *values);
uint32_t values_number(struct values *values, const struct value *value);

static inline const struct value *value_of(const struct values *values, uint32_t number) {
    return &values->all[number];
}

struct value value_range(uint64_t low, uint64_t high);
static inline struct value value_constant(uint64_t constant) {
    return value_range(constant, constant);
}
struct value value_pointer(enum value_kind kind, uint32_t number);
static inline bool value_is_constant(const struct value *value) {
    return value->kind == VALUE_RANGE && value->low == value->high;
}
/* The subject of the kind is a symbol. */
bool value_has_subject(const struct value *value);
/* A function of the store, or null. */
bool value_is_function(const struct value *value);
/* An address of the engine, or what was left by others: nothing that a program may see. */
bool value_is_secret(const struct value *value);
/* Without what its kind says. */
struct value value_plain(const struct value *value);
/* What holds of both; no symbol. Widens, so that it ends: ranges grow to a few sizes only. */
struct value value_join(const struct value *left, const struct value *right);
/* The same without widening. */
struct value value_hull(const struct value *left, const struct value *right);
/* The lower bits of a value as a value of their own; the same value when nothing is lost. width: 1, 2, 4, 8 */
struct value value_low(const struct value *value, uint32_t width);
/* The most that `width` bytes hold. */
uint64_t value_width_max(uint32_t width);

#endif
