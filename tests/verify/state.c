/* Joining of states.

   Symbols at a join: a symbol that both states have at a location stays, since in each it names one value. Other locations get the symbol of
   the head of the block; locations that held equal symbols in both states get the same. The head's own symbols may come around a
   loop and name the values of the round before: so they never stay by themselves, but take part like others. */
#include "tests/verify/state.h"

#include <stdlib.h>
#include <string.h>

void state_begin(struct state *state, uint32_t location_count) {
    *state = (struct state){0};
    state->locations = verify_allocate(NULL, location_count, sizeof(*state->locations));
    state_clear(state, location_count);
}

void state_clear(struct state *state, uint32_t location_count) {
    memset(state->locations, 0, location_count * sizeof(*state->locations));
    state->fact_count = 0;
    state->flags = (struct flags){0};
}

void state_end(struct state *state) {
    free(state->locations);
    free(state->facts);
}

void state_copy(struct state *to, const struct state *from, uint32_t location_count) {
    to->is_reached = from->is_reached;
    to->depth = from->depth;
    to->flags = from->flags;
    to->fact_count = from->fact_count;
    if (from->fact_count != 0) {
        to->facts = verify_allocate(to->facts, from->fact_count > FACTS_MAX ? from->fact_count : FACTS_MAX, sizeof(*to->facts));
        memcpy(to->facts, from->facts, from->fact_count * sizeof(*to->facts));
    }
    memcpy(to->locations, from->locations, location_count * sizeof(*to->locations));
}

static bool flags_equal(const struct flags *left, const struct flags *right) {
    return left->kind == right->kind && left->width == right->width && left->left == right->left && left->right == right->right;
}

bool state_replace(struct state *to, const struct state *from, uint32_t location_count) {
    bool is_same = to->is_reached && to->depth == from->depth && to->fact_count == from->fact_count && flags_equal(&to->flags, &from->flags) &&
                   memcmp(to->locations, from->locations, location_count * sizeof(*to->locations)) == 0;
    for (uint32_t index = 0; is_same && index < from->fact_count; index++) {
        const struct fact *fact = &from->facts[index];
        is_same = state_has_fact(to, fact->kind, fact->symbol, fact->number);
    }
    if (!is_same) {
        state_copy(to, from, location_count);
        to->is_reached = true;
    }
    return !is_same;
}

/* ---- Facts ---- */

bool state_has_fact(const struct state *state, enum fact_kind kind, uint64_t symbol, uint32_t number) {
    for (uint32_t index = 0; symbol != 0 && index < state->fact_count; index++) {
        const struct fact *fact = &state->facts[index];
        if (fact->symbol == symbol && fact->kind == (uint32_t)kind && fact->number == number) {
            return true;
        }
    }
    return false;
}

static bool symbol_is_held(const struct state *state, const struct values *values, uint32_t location_count, uint64_t symbol) {
    for (uint32_t location = 0; location < location_count; location++) {
        const struct value *value = value_of(values, state->locations[location]);
        if (value->symbol == symbol || (value_has_subject(value) && value->subject == symbol)) {
            return true;
        }
    }
    return false;
}

void state_add_fact(struct state *state, const struct values *values, uint32_t location_count, struct fact fact) {
    if (fact.symbol == 0 || state_has_fact(state, fact.kind, fact.symbol, fact.number)) {
        return;
    }
    if (!state->facts) {
        state->facts = verify_allocate(NULL, FACTS_MAX, sizeof(*state->facts));
    }
    if (state->fact_count == FACTS_MAX) {
        uint32_t kept = 0;
        for (uint32_t index = 0; index < FACTS_MAX; index++) {
            if (symbol_is_held(state, values, location_count, state->facts[index].symbol)) {
                state->facts[kept++] = state->facts[index];
            }
        }
        state->fact_count = kept;
    }
    if (state->fact_count == FACTS_MAX) {
        memmove(state->facts, state->facts + 1, (FACTS_MAX - 1) * sizeof(*state->facts));
        state->fact_count--;
    }
    state->facts[state->fact_count++] = fact;
}

/* ---- Symbols that are given anew ---- */

struct symbol_range {
    uint64_t first, end;
};

static bool symbol_in(struct symbol_range range, uint64_t symbol) {
    return symbol >= range.first && symbol < range.end;
}

static bool value_names(const struct value *value, struct symbol_range range) {
    return symbol_in(range, value->symbol) || (value_has_subject(value) && symbol_in(range, value->subject));
}

void state_forget(struct state *state, struct values *values, uint32_t location_count, uint32_t first, uint32_t last) {
    struct symbol_range range = {symbol_of_instruction(first, 0), symbol_of_instruction(last + 1, 0)};
    uint32_t kept = 0;
    for (uint32_t location = 0; location < location_count; location++) {
        const struct value *old = value_of(values, state->locations[location]);
        if (value_names(old, range)) {
            struct value value = value_has_subject(old) && symbol_in(range, old->subject) ? value_plain(old) : *old;
            value.symbol = symbol_in(range, old->symbol) ? 0 : old->symbol;
            state->locations[location] = values_number(values, &value);
        }
    }
    for (uint32_t index = 0; index < state->fact_count; index++) {
        if (!symbol_in(range, state->facts[index].symbol)) {
            state->facts[kept++] = state->facts[index];
        }
    }
    state->fact_count = kept;
    if (value_names(value_of(values, state->flags.left), range) || value_names(value_of(values, state->flags.right), range)) {
        state->flags = (struct flags){0};
    }
}

/* ---- Joining ---- */

/* Locations whose symbols are the same pair in the two states. */
struct join_class {
    uint64_t left, right;
    uint64_t name; /* 0: the place is free */
};

static struct join_class *class_place(struct join *join, uint64_t left, uint64_t right) {
    uint64_t hash = (left * 0x9E3779B97F4A7C15ull ^ right) * 0xD6E8FEB86659FD93ull;
    uint32_t mask = join->class_capacity - 1, at = (uint32_t)(hash >> 32) & mask;
    while (join->classes[at].name != 0 && (join->classes[at].left != left || join->classes[at].right != right)) {
        at = (at + 1) & mask;
    }
    return &join->classes[at];
}

static void classes_clear(struct join *join) {
    uint32_t capacity = 64;
    while (capacity < 2 * join->location_count) {
        capacity *= 2;
    }
    if (capacity != join->class_capacity) {
        join->classes = verify_allocate(join->classes, capacity, sizeof(*join->classes));
        join->class_capacity = capacity;
        join->class_count = 1;
    }
    if (join->class_count != 0) {
        memset(join->classes, 0, capacity * sizeof(*join->classes));
    }
    join->class_count = 0;
}

static bool is_of_head(const struct join *join, uint64_t symbol) {
    return (symbol & SYMBOL_HEAD) != 0 && (symbol & ~SYMBOL_HEAD) >> 28 == join->block;
}

static bool value_names_head(const struct join *join, const struct value *value) {
    return is_of_head(join, value->symbol) || (value_has_subject(value) && is_of_head(join, value->subject));
}

/* The symbol of a location where the states have these. */
static uint64_t join_symbol(struct join *join, uint64_t left, uint64_t right, uint32_t location) {
    if (left == 0 || right == 0) {
        return 0;
    }
    if (left == right && !is_of_head(join, left)) {
        return left;
    }
    struct join_class *class = class_place(join, left, right);
    if (class->name == 0) {
        *class = (struct join_class){left, right, symbol_of_head(join->block, location)};
        join->class_count++;
    }
    return class->name;
}

static uint32_t join_location(struct join *join, uint32_t left_number, uint32_t right_number, uint32_t location) {
    const struct value *left = value_of(join->values, left_number), *right = value_of(join->values, right_number);
    if (left_number == right_number && !value_names_head(join, left)) {
        return left_number;
    }
    struct value joined = value_join(left, right);
    if (value_has_subject(&joined) && is_of_head(join, joined.subject)) {
        joined = value_plain(&joined);
    }
    joined.symbol = join_symbol(join, left->symbol, right->symbol, location);
    return values_number(join->values, &joined);
}

/* A fact stays when it holds of the same thing in both. */
static void join_facts(struct join *join, struct state *state, const struct state *other, struct fact *joined, uint32_t *joined_count) {
    uint32_t count = 0;
    for (uint32_t index = 0; index < state->fact_count; index++) {
        struct fact fact = state->facts[index];
        if (!is_of_head(join, fact.symbol) && state_has_fact(other, fact.kind, fact.symbol, fact.number)) {
            joined[count++] = fact;
        }
        for (uint32_t at = 0; join->class_count != 0 && at < join->class_capacity; at++) {
            const struct join_class *class = &join->classes[at];
            bool holds = class->name != 0 && class->left == fact.symbol && state_has_fact(other, fact.kind, class->right, fact.number);
            if (holds && count < FACTS_MAX) {
                joined[count++] = (struct fact){class->name, fact.kind, fact.number};
            }
        }
        if (count == FACTS_MAX) {
            break;
        }
    }
    *joined_count = count;
}

static bool facts_set(struct state *state, const struct fact *joined, uint32_t count) {
    bool changed = count != state->fact_count;
    for (uint32_t index = 0; !changed && index < count; index++) {
        changed = !state_has_fact(state, joined[index].kind, joined[index].symbol, joined[index].number);
    }
    if (count != 0) {
        memcpy(state->facts, joined, count * sizeof(*joined));
    }
    state->fact_count = count;
    return changed;
}

static bool flags_name_head(const struct join *join, const struct flags *flags) {
    return value_names_head(join, value_of(join->values, flags->left)) || value_names_head(join, value_of(join->values, flags->right));
}

bool state_join(struct join *join, struct state *state, const struct state *other) {
    struct fact joined[FACTS_MAX];
    uint32_t count;
    bool changed = false;
    if (!state->is_reached) {
        state_copy(state, other, join->location_count);
        state->is_reached = true;
        return true;
    }
    classes_clear(join);
    for (uint32_t location = 0; location < join->location_count; location++) {
        uint32_t number = join_location(join, state->locations[location], other->locations[location], location);
        changed |= number != state->locations[location];
        state->locations[location] = number;
    }
    join_facts(join, state, other, joined, &count);
    changed |= facts_set(state, joined, count);
    if (state->flags.kind != FLAGS_UNKNOWN && (!flags_equal(&state->flags, &other->flags) || flags_name_head(join, &state->flags))) {
        state->flags = (struct flags){0};
        changed = true;
    }
    if (state->depth != other->depth) {
        changed |= state->depth != UINT32_MAX;
        state->depth = UINT32_MAX;
    }
    return changed;
}
