/* The allocator of code that is compiled fast: one walk backwards. A region is a block and those behind it that are entered from the one before
   only; every value is defined and used in one region, and there are no phis. At each point of the walk it is known which register has which of
   the values that are wanted behind it. A value gets its register at its last use; if it loses it to a call, a fixed operand, or a value that must
   have one, it comes back there by a move: from another register, or from a slot, where its definition puts it, too.

   Moves stand before and behind instructions; those of one place happen at once. They are made from the last to the first. */
#include "wasm/compile/allocate/allocate_fast.h"

#include "base/assert.h"

#define NOWHERE    0xFFu
#define SET_MAX    (MACHINE_OPERANDS_MAX + MACHINE_REGISTERS_MAX)
#define TIER_COUNT 3u /* registers of a class that are tried first: the isa's first */

struct item {
    uint32_t to, from; /* locations; from = MACHINE_NONE: a constant */
    uint32_t reg;      /* what moves: class, width, constant */
};

/* Moves that happen at once. */
struct set {
    uint32_t count;
    struct item items[SET_MAX];
};

struct fast {
    struct machine_function *function;
    uint8_t *places;                        /* by virtual register: the physical one that has it, or NOWHERE */
    uint32_t *slots;                        /* by virtual register: its slot plus 1; 0 = none */
    uint32_t owners[MACHINE_REGISTERS_MAX]; /* who is in a register that is taken */
    uint64_t taken;
    uint64_t tiers[MACHINE_CLASSES];
    /* Of the instruction in hand: registers that are an operand's, of these those that it writes while late operands are read, and those that it
       writes where early operands may be. */
    uint64_t held, written, shared;
    uint64_t fixed;      /* registers that an operand must be in */
    uint32_t slot_count; /* of the region */
    struct set before, behind;
    bool failed;  /* no room */
    bool refused; /* too few registers */
};

static inline uint64_t bit_of(uint32_t reg) {
    return 1ull << reg;
}

/* ---- Moves ---- */

static void set_add(struct set *set, uint32_t to, uint32_t from, uint32_t reg) {
    if (to == from)
        return;
    ASSERT(set->count < SET_MAX);
    set->items[set->count++] = (struct item){.to = to, .from = from, .reg = reg};
}

static void move_make(struct fast *fast, uint32_t before, const struct item *item) {
    struct machine_function *function = fast->function;
    const struct machine_register *reg = &function->registers[item->reg];
    if (function->move_count == function->move_capacity && !machine_moves_reserve(function)) {
        fast->failed = true;
        return;
    }
    function->moves[function->move_count++] = (struct machine_move){
        .before = before, .to = item->to, .from = item->from, .class = reg->class, .width = reg->width, .constant = reg->constant};
}

/* Registers that are read by moves which are still to be ordered. */
static uint64_t items_readers(const struct item *items, uint32_t count, uint64_t pending) {
    uint64_t readers = 0;
    for (uint32_t index = 0; index < count; index++)
        if ((pending & bit_of(items[index].to)) != 0)
            readers |= bit_of(items[index].from);
    return readers;
}

/* Moves between registers: first what nobody has yet to read is overwritten; what is left then are cycles, of which one register passes
   through the scratch register of its class. */
static void registers_move(struct fast *fast, uint32_t before, struct item *items, uint32_t count) {
    struct item order[2 * MACHINE_REGISTERS_MAX];
    uint32_t done = 0;
    uint64_t pending = 0;
    for (uint32_t index = 0; index < count; index++)
        pending |= bit_of(items[index].to);
    while (pending != 0) {
        uint64_t ready = pending & ~items_readers(items, count, pending);
        for (uint32_t index = 0; index < count; index++)
            if ((ready & bit_of(items[index].to)) != 0)
                order[done++] = items[index];
        pending &= ~ready;
        if (ready != 0)
            continue;
        uint32_t opened = (uint32_t)__builtin_ctzll(pending), scratch = 0;
        for (uint32_t index = 0; index < count; index++) {
            if (items[index].from != opened || (pending & bit_of(items[index].to)) == 0)
                continue;
            scratch = fast->function->isa->scratch[fast->function->registers[items[index].reg].class];
            order[done] = (struct item){.to = scratch, .from = opened, .reg = items[index].reg};
            items[index].from = scratch;
        }
        done++;
    }
    while (done > 0)
        move_make(fast, before, &order[--done]);
}

/* In execution stores come first, since they only read; then registers, then what is loaded or made. */
static void set_order(struct fast *fast, uint32_t before, struct set *set) {
    struct item registers[MACHINE_REGISTERS_MAX];
    uint32_t count = 0;
    for (uint32_t index = 0; index < set->count; index++) {
        const struct item *item = &set->items[index];
        if (item->to < MACHINE_SPILL && item->from < MACHINE_SPILL)
            registers[count++] = *item;
        else if (item->to < MACHINE_SPILL)
            move_make(fast, before, item);
    }
    if (count == 1)
        move_make(fast, before, &registers[0]);
    else if (count > 1)
        registers_move(fast, before, registers, count);
    for (uint32_t index = 0; index < set->count; index++)
        if (set->items[index].to >= MACHINE_SPILL)
            move_make(fast, before, &set->items[index]);
    set->count = 0;
}

static inline void set_make(struct fast *fast, uint32_t before, struct set *set) {
    if (set->count > 0)
        set_order(fast, before, set);
}

static void moves_reverse(struct machine_function *function) {
    for (uint32_t low = 0, high = function->move_count; low + 1 < high; low++) {
        struct machine_move move = function->moves[low];
        function->moves[low] = function->moves[--high];
        function->moves[high] = move;
    }
}

/* ---- Registers and slots ---- */

static inline bool is_constant(const struct fast *fast, uint32_t reg) {
    return fast->function->registers[reg].is_constant;
}

static inline void register_take(struct fast *fast, uint32_t physical, uint32_t reg) {
    fast->places[reg] = (uint8_t)physical;
    fast->owners[physical] = reg;
    fast->taken |= bit_of(physical);
}

static inline void register_leave(struct fast *fast, uint32_t reg) {
    fast->taken &= ~bit_of(fast->places[reg]);
    fast->places[reg] = NOWHERE;
}

/* Where a value is kept when it has no register: its slot, or nowhere for a constant. */
static uint32_t memory_of(struct fast *fast, uint32_t reg) {
    bool is_wide = fast->function->registers[reg].width == 16;
    if (is_constant(fast, reg))
        return MACHINE_NONE;
    if (fast->slots[reg] == 0) {
        fast->slot_count += is_wide ? fast->slot_count % 2 : 0;
        fast->slots[reg] = fast->slot_count + 1;
        fast->slot_count += is_wide ? 2 : 1;
    }
    return MACHINE_SPILL + fast->slots[reg] - 1;
}

static uint32_t register_pick(const struct fast *fast, uint32_t reg, uint64_t candidates) {
    const struct machine_register *at = &fast->function->registers[reg];
    if (at->wish != 0 && (candidates & bit_of(at->wish - 1u)) != 0)
        return at->wish - 1u;
    uint64_t first = candidates & fast->tiers[at->class];
    return (uint32_t)__builtin_ctzll(first != 0 ? first : candidates);
}

/* A value that lives on behind the instruction goes elsewhere before: to a register that is free, or to memory. */
static void value_evict(struct fast *fast, uint32_t physical, uint64_t candidates) {
    uint32_t reg = fast->owners[physical];
    register_leave(fast, reg);
    if (candidates == 0) {
        set_add(&fast->behind, physical, memory_of(fast, reg), reg);
        return;
    }
    uint32_t other = register_pick(fast, reg, candidates);
    set_add(&fast->behind, physical, other, reg);
    register_take(fast, other, reg);
    fast->held |= bit_of(other);
}

/* A register of a value's class that is free in the instruction, or one of `also`. When there is none, the value goes that is asked for longest.
   An instruction takes no more registers than twice its operands; the function is refused where that is more than there are. */
static uint32_t register_find(struct fast *fast, uint32_t reg, uint64_t also) {
    uint64_t all = fast->function->isa->allocatable[fast->function->registers[reg].class], candidates = all & ~fast->taken & ~(fast->held & ~also);
    if (candidates != 0)
        return register_pick(fast, reg, candidates);
    uint32_t best = NOWHERE;
    for (uint64_t rest = all & fast->taken & ~fast->held; rest != 0; rest &= rest - 1) {
        uint32_t physical = (uint32_t)__builtin_ctzll(rest);
        if (best == NOWHERE || fast->owners[physical] < fast->owners[best])
            best = physical;
    }
    if (best == NOWHERE) {
        fast->refused = true;
        return (uint32_t)__builtin_ctzll(all);
    }
    value_evict(fast, best, 0);
    return best;
}

/* ---- Definitions ---- */

static bool operand_is_use(const struct machine_operand *operand) {
    return operand->role == MACHINE_USE || operand->role == MACHINE_USE_LATE;
}

/* The register that an operand must have, by itself or as the one that it is the same as. */
static uint32_t fixed_of(const struct machine_operand *operands, const struct machine_operand *operand) {
    if (operand->constraint == MACHINE_SAME)
        operand = &operands[operand->fixed];
    return operand->constraint == MACHINE_FIXED ? operand->fixed : NOWHERE;
}

/* Results leave their registers, and are moved there from others where these are fixed. What nobody wants, or only memory does, or what is wanted
   where another operand is, gets a register later. */
static void define_begin(struct fast *fast, const struct machine_operand *operands, struct machine_operand *operand, uint32_t operand_count) {
    uint32_t reg = operand->reg, place = fast->places[reg], fixed = fixed_of(operands, operand);
    if (place != NOWHERE)
        register_leave(fast, reg);
    bool is_free = place != NOWHERE && (fast->fixed & bit_of(place)) == 0;
    operand->location = fixed != NOWHERE ? fixed : is_free ? place : MACHINE_NONE;
    if (place == NOWHERE && operand->location == MACHINE_NONE && operand->constraint == MACHINE_OR_SPILL && fast->slots[reg] != 0)
        operand->location = MACHINE_SPILL + fast->slots[reg] - 1;
    if (place == NOWHERE && operand->location == MACHINE_NONE && is_constant(fast, reg) && operand_count == 1)
        operand->location = fast->function->isa->scratch[fast->function->registers[reg].class];
    operand->mark = (uint8_t)place;
    if (operand->location >= MACHINE_SPILL)
        return;
    fast->held |= bit_of(operand->location);
    fast->written |= bit_of(operand->location);
    if (operand->constraint == MACHINE_ANY)
        fast->shared |= bit_of(operand->location);
}

static void define_end(struct fast *fast, struct machine_operand *operand) {
    uint32_t reg = operand->reg;
    if (operand->location == MACHINE_NONE) {
        operand->location = register_find(fast, reg, 0);
        fast->held |= bit_of(operand->location);
        fast->written |= bit_of(operand->location);
    }
    if (operand->mark != NOWHERE)
        set_add(&fast->behind, operand->mark, operand->location, reg);
    if (operand->location < MACHINE_SPILL && fast->slots[reg] != 0)
        set_add(&fast->behind, MACHINE_SPILL + fast->slots[reg] - 1, operand->location, reg);
}

/* ---- Uses ---- */

/* A value gets into the register of an operand: it is there from now on when it has none, else it is moved there. */
static void use_bring(struct fast *fast, struct machine_operand *operand, uint32_t physical) {
    operand->location = physical;
    if (fast->places[operand->reg] == NOWHERE)
        register_take(fast, physical, operand->reg);
    else
        set_add(&fast->before, physical, fast->places[operand->reg], operand->reg);
}

static void use_any(struct fast *fast, struct machine_operand *operand) {
    uint32_t reg = operand->reg;
    bool is_late = operand->role == MACHINE_USE_LATE;
    if (fast->places[reg] == NOWHERE && operand->constraint == MACHINE_OR_SPILL && fast->slots[reg] != 0) {
        operand->location = MACHINE_SPILL + fast->slots[reg] - 1;
        return;
    }
    if (fast->places[reg] != NOWHERE && !(is_late && (fast->written & bit_of(fast->places[reg])) != 0)) {
        operand->location = fast->places[reg];
        return;
    }
    uint32_t physical = register_find(fast, reg, is_late ? 0 : fast->shared);
    fast->held |= bit_of(physical);
    use_bring(fast, operand, physical);
}

/* The operands of a commutative instruction are exchanged when only the second dies in it. */
static void operands_exchange(const struct fast *fast, struct machine_operand *operands) {
    uint32_t first = operands[1].reg, second = operands[2].reg;
    const struct machine_register *registers = fast->function->registers;
    if (fast->places[first] == NOWHERE || fast->places[second] != NOWHERE || fast->slots[second] != 0 ||
        registers[first].width != registers[second].width)
        return;
    operands[1].reg = second;
    operands[2].reg = first;
}

/* ---- Instructions ---- */

/* What the instruction takes: registers that are fixed, and all at a call. Values that are there and live on go elsewhere. */
static void fixed_clear(struct fast *fast, const struct machine_instruction *at, const struct machine_operand *operands) {
    const struct machine_isa *isa = fast->function->isa;
    uint64_t all = isa->allocatable[MACHINE_GENERAL] | isa->allocatable[MACHINE_VECTOR];
    bool is_call = (at->flags & MACHINE_IS_CALL) != 0;
    for (uint64_t lost = is_call ? fast->taken & all : 0; lost != 0; lost &= lost - 1)
        value_evict(fast, (uint32_t)__builtin_ctzll(lost), 0);
    for (uint32_t number = 0; number < at->operand_count; number++) {
        const struct machine_operand *operand = &operands[number];
        if (operand->constraint != MACHINE_FIXED && operand->constraint != MACHINE_SAME)
            continue;
        uint32_t fixed = fixed_of(operands, operand);
        if (fixed == NOWHERE || (fast->taken & bit_of(fixed)) == 0 || (operand_is_use(operand) && fast->owners[fixed] == operand->reg))
            continue;
        uint64_t candidates = isa->allocatable[fast->function->registers[fast->owners[fixed]].class] & ~fast->taken & ~fast->held;
        value_evict(fast, fixed, candidates);
    }
}

/* What an instruction's operands are, as bits. */
#define SEEN_ROLE(role)             (1u << (role))
#define SEEN_CONSTRAINT(constraint) (16u << (constraint))

/* Registers that operands must be in, or are in already, are not for others. */
static uint32_t operands_look(struct fast *fast, const struct machine_instruction *at, const struct machine_operand *operands) {
    uint32_t seen = 0;
    uint64_t fixed = 0, held = 0;
    for (uint32_t number = 0; number < at->operand_count; number++) {
        const struct machine_operand *operand = &operands[number];
        uint32_t place = operand_is_use(operand) ? fast->places[operand->reg] : NOWHERE;
        seen |= SEEN_ROLE(operand->role) | SEEN_CONSTRAINT(operand->constraint);
        if (operand->constraint == MACHINE_FIXED)
            fixed |= bit_of(operand->fixed);
        if (place != NOWHERE)
            held |= bit_of(place);
    }
    fast->fixed = fixed;
    fast->held = fixed | held;
    return seen;
}

static void uses_place(struct fast *fast, const struct machine_instruction *at, struct machine_operand *operands, uint32_t seen) {
    if ((seen & SEEN_CONSTRAINT(MACHINE_SAME)) != 0)
        for (uint32_t number = 0; number < at->operand_count; number++)
            if (operands[number].constraint == MACHINE_SAME)
                use_bring(fast, &operands[operands[number].fixed], operands[number].location);
    if (fast->fixed != 0)
        for (uint32_t number = 0; number < at->operand_count; number++)
            if (operand_is_use(&operands[number]) && operands[number].constraint == MACHINE_FIXED && operands[number].location == MACHINE_NONE)
                use_bring(fast, &operands[number], operands[number].fixed);
    for (uint32_t number = 0; number < at->operand_count; number++)
        if (operand_is_use(&operands[number]) && operands[number].location == MACHINE_NONE)
            use_any(fast, &operands[number]);
}

static void instruction_allocate(struct fast *fast, const struct machine_instruction *at) {
    struct machine_operand *operands = fast->function->operands + at->operands;
    if ((at->flags & MACHINE_COMMUTES) != 0)
        operands_exchange(fast, operands);
    uint32_t seen = operands_look(fast, at, operands);
    fast->written = fast->shared = 0;
    if ((seen & SEEN_ROLE(MACHINE_DEFINE)) != 0)
        for (uint32_t number = 0; number < at->operand_count; number++)
            if (operands[number].role == MACHINE_DEFINE)
                define_begin(fast, operands, &operands[number], at->operand_count);
    if (fast->fixed != 0 || (at->flags & MACHINE_IS_CALL) != 0)
        fixed_clear(fast, at, operands);
    if ((seen & (SEEN_ROLE(MACHINE_DEFINE) | SEEN_ROLE(MACHINE_SCRATCH))) != 0)
        for (uint32_t number = 0; number < at->operand_count; number++) {
            struct machine_operand *operand = &operands[number];
            if (operand->role == MACHINE_DEFINE) {
                define_end(fast, operand);
            } else if (operand->role == MACHINE_SCRATCH) {
                operand->location = operand->constraint == MACHINE_FIXED ? operand->fixed : register_find(fast, operand->reg, 0);
                fast->held |= bit_of(operand->location);
            }
        }
    if ((seen & (SEEN_ROLE(MACHINE_USE) | SEEN_ROLE(MACHINE_USE_LATE))) != 0)
        uses_place(fast, at, operands, seen);
}

/* ---- The whole ---- */

/* Whether a block is entered from the one before it only. */
static bool block_follows(const struct machine_function *function, uint32_t block) {
    const struct machine_block *at = &function->blocks[block];
    return at->predecessor_count == 1 && function->words[at->predecessors] + 1 == block;
}

static void blocks_allocate(struct fast *fast) {
    struct machine_function *function = fast->function;
    for (uint32_t block = function->block_count; block-- > 0 && !fast->failed && !fast->refused;) {
        const struct machine_block *at = &function->blocks[block];
        for (uint32_t index = at->end; index-- > at->first && !fast->refused;) {
            instruction_allocate(fast, &function->instructions[index]);
            set_make(fast, index + 1, &fast->behind);
            set_make(fast, index, &fast->before);
        }
        if (block_follows(function, block) || fast->refused)
            continue;
        ASSERT(fast->taken == 0); /* no value comes from another region */
        function->spill_slots = function->spill_slots > fast->slot_count ? function->spill_slots : fast->slot_count;
        fast->slot_count = 0;
    }
}

static void fast_begin(struct fast *fast, struct machine_function *function) {
    uint32_t count = function->register_count;
    fast->function = function;
    fast->taken = 0;
    fast->refused = false;
    fast->slot_count = fast->before.count = fast->behind.count = 0;
    fast->places = budget_allocate(function->budget, count);
    fast->slots = budget_allocate_zeroed(function->budget, count, sizeof *fast->slots);
    fast->failed = fast->places == NULL || fast->slots == NULL;
    if (fast->places != NULL)
        memset(fast->places, NOWHERE, count);
    for (uint32_t class = 0; class < MACHINE_CLASSES; class ++) {
        fast->tiers[class] = 0;
        for (uint32_t index = 0; index < TIER_COUNT; index++)
            fast->tiers[class] |= bit_of(function->isa->preference[class][index]);
    }
}

static void fast_end(struct fast *fast) {
    struct machine_function *function = fast->function;
    if (fast->places != NULL)
        budget_release(function->budget, fast->places, function->register_count);
    if (fast->slots != NULL)
        budget_release(function->budget, fast->slots, function->register_count * sizeof *fast->slots);
}

enum error allocate_fast(struct machine_function *function) {
    struct fast fast;
    ASSERT(function->phi_count == 0);
    fast_begin(&fast, function);
    if (!fast.failed)
        blocks_allocate(&fast);
    fast_end(&fast);
    moves_reverse(function);
    if (fast.failed)
        return ERROR_NO_MEMORY;
    return fast.refused || function->spill_slots > MACHINE_SLOTS_MAX ? ERROR_LIMIT : ERROR_NONE;
}
