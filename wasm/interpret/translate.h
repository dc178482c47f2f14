/* From the bytes of a function to operations. Private to the translate_*.c files.

   The translator walks the validated body once with a model of the operand stack. Each entry has a slot of its own, fixed by
   what lies below it; but a value that is a local or a constant stays unsettled, that is, is not copied to its slot, until
   something needs it there. Invariants:
   - entries below `settled` are in their own slots;
   - every entry that exists when a block is entered is settled, so at a label only the label's own values matter;
   - before a local is written, entries that mean its old value are settled.
   At most UNSETTLED_MAX entries are unsettled, so that writing a local costs a bounded search.

   Code that cannot be reached is read but not translated. */
#ifndef WASM_INTERPRET_TRANSLATE_H
#define WASM_INTERPRET_TRANSLATE_H

#include "wasm/body.h"
#include "wasm/interpret/control.h"

#define UNSETTLED_MAX 32u
#define NO_OPERATION  UINT32_MAX

enum operand_kind {
    OPERAND_SLOT,     /* in its own slot */
    OPERAND_LOCAL,    /* still in the local at slot `value` */
    OPERAND_CONSTANT, /* the number `value`; never wide */
};

struct operand {
    uint8_t kind; /* enum operand_kind */
    bool wide;    /* v128: two slots */
    uint32_t slot;
    uint64_t value;
};

enum label_kind { LABEL_FUNCTION, LABEL_BLOCK, LABEL_LOOP, LABEL_IF, LABEL_ELSE };

struct label {
    uint8_t kind; /* enum label_kind */
    uint16_t parameter_count;
    uint16_t result_count;
    const uint8_t *types; /* parameters, then results */
    uint32_t height;      /* operands below the parameters */
    uint32_t target;      /* of a loop: its first operation */
    uint32_t fixups;      /* newest operation that branches to the end; each one's immediate names the next */
    uint32_t else_fixup;  /* of an `if`: the operation that skips its first arm */
};

struct translator {
    struct wasm_function *function;
    const struct wasm_module *module;
    struct budget *budget; /* scratch is charged here, too */
    struct body body;
    struct instruction instruction; /* in hand */

    struct operation *operations;
    uint32_t *sources;
    uint32_t operation_count, operation_capacity, source_capacity;
    uint32_t retarget;     /* the last operation, when its result slot may still be changed, else NO_OPERATION */
    struct operation sink; /* written when there is no room */
    bool failed;           /* no room: translation ends */

    struct operand *operands;
    uint32_t operand_count, operand_capacity;
    uint32_t settled;
    struct label *labels;
    uint32_t label_count, label_capacity;
    uint32_t dead_depth; /* blocks opened since the code became unreachable */
    bool dead;

    uint32_t *local_slots;
    uint8_t *local_types;
    uint32_t local_count;
    uint32_t link_slot;    /* behind the locals */
    uint32_t operand_slot; /* of the first operand */
    uint32_t frame_slots;  /* the most that was needed */
};

/* ---- translate_operand.c ---- */

/* Adds an operation. The pointer holds until the next one; where there is no room, it is the sink. */
struct operation *translator_emit(struct translator *translator, operation_handler *run);
/* The slot that the next operand gets. */
uint32_t operand_next_slot(const struct translator *translator);
/* Marks slots up to here as used. */
void translator_use_slots(struct translator *translator, uint64_t end);

/* An operand that will be in its slot. */
void operand_push(struct translator *translator, bool wide);
void operand_push_types(struct translator *translator, const uint8_t *types, uint32_t count);
/* The result of the last operation, whose data operations are `data_count`: sets its `a`. */
void operand_push_result(struct translator *translator, bool wide, uint32_t data_count);
void operand_push_local(struct translator *translator, uint32_t local);
void operand_push_constant(struct translator *translator, uint64_t value);
struct operand operand_pop(struct translator *translator);
/* Takes operands away until so many are left. */
void operands_truncate(struct translator *translator, uint32_t count);
/* Where the value of a popped operand can be read; a constant is put into its slot. */
uint32_t operand_read_slot(struct translator *translator, const struct operand *operand);
/* Pops and says where to read. */
uint32_t operand_pop_slot(struct translator *translator);
/* Puts the top entries into their own slots. Returns the slot of the deepest, or the next slot when count is 0. */
uint32_t operands_settle(struct translator *translator, uint32_t count);
void operands_settle_all(struct translator *translator);
/* local.set, and local.tee where the operand stays. */
void local_write(struct translator *translator, uint32_t local, bool keep);

/* ---- translate.c ---- */

/* From translator->body, behind the locals, to the end: ERROR_NO_MEMORY when there is no room, ERROR_TRAP when the computation is to
   stop. */
enum error translate_body(struct translator *translator) MUST_CHECK;

/* ---- translate_control.c ---- */

/* Opens the label of the function itself. */
void translate_function_label(struct translator *translator);

void translate_label_open(struct translator *translator, uint32_t opcode);
void translate_else(struct translator *translator);
void translate_end(struct translator *translator);
void translate_branch(struct translator *translator);
void translate_branch_if(struct translator *translator);
void translate_branch_table(struct translator *translator);
void translate_return(struct translator *translator);
void translate_call(struct translator *translator, bool tail);
void translate_call_indirect(struct translator *translator, bool tail);

#endif
