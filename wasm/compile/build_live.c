/* Which locals are live at labels, so that only these get phis.

   Going back over the events finds what is live along forward edges; a back edge adds nothing. What is live at a loop's header is then live
   everywhere in the loop, because from everywhere the header can be reached (or the loop is left, and the set is
   too large, which costs a phi that nobody uses). Structured code has no other cycles. */
#include "wasm/compile/build.h"

#include "base/assert.h"

static void set_copy(struct builder *builder, uint64_t *to, const uint64_t *from) {
    build_work(builder, builder->set_words);
    for (uint32_t word = 0; word < builder->set_words; word++)
        to[word] = from[word];
}

static void set_join(struct builder *builder, uint64_t *to, const uint64_t *from) {
    build_work(builder, builder->set_words);
    for (uint32_t word = 0; word < builder->set_words; word++)
        to[word] |= from[word];
}

static void set_clear(struct builder *builder, uint64_t *set) {
    build_work(builder, builder->set_words);
    for (uint32_t word = 0; word < builder->set_words; word++)
        set[word] = 0;
}

/* ---- Backwards over the events ---- */

static void live_open(struct builder *builder, uint64_t *live, const struct build_scope *scope) {
    if (scope->opcode == OP_LOOP && scope->branch_count > 0)
        set_copy(builder, build_set(builder, scope->live), live);
    if (scope->opcode == OP_IF)
        set_join(builder, live, build_set(builder, scope->has_else ? scope->other : scope->live));
}

static void live_else(struct builder *builder, uint64_t *live, const struct build_scope *scope) {
    set_copy(builder, build_set(builder, scope->other), live);
    set_copy(builder, live, build_set(builder, scope->live));
}

static void live_close(struct builder *builder, const uint64_t *live, const struct build_scope *scope) {
    if (scope->opcode == OP_IF || (scope->opcode == OP_BLOCK && scope->branch_count > 0))
        set_copy(builder, build_set(builder, scope->live), live);
}

static void live_branch(struct builder *builder, uint64_t *live, const struct build_scope *scope) {
    if (scope->opcode == OP_BLOCK || scope->opcode == OP_IF)
        set_join(builder, live, build_set(builder, scope->live));
}

static void live_events(struct builder *builder, uint64_t *live) {
    const uint32_t *events = builder->events.items;
    for (uint32_t index = builder->events.count; index-- > 0;) {
        uint32_t what = events[index] >> EVENT_KIND_BITS;
        switch ((enum build_event_kind)(events[index] & ((1u << EVENT_KIND_BITS) - 1))) {
        case EVENT_READ: live[what / 64] |= 1ull << what % 64; break;
        case EVENT_WRITE: live[what / 64] &= ~(1ull << what % 64); break;
        case EVENT_OPEN: live_open(builder, live, build_scope_at(builder, what)); break;
        case EVENT_ELSE: live_else(builder, live, build_scope_at(builder, what)); break;
        case EVENT_CLOSE: live_close(builder, live, build_scope_at(builder, what)); break;
        case EVENT_BRANCH: live_branch(builder, live, build_scope_at(builder, what)); break;
        case EVENT_LEAVE: set_clear(builder, live); break;
        }
    }
}

/* ---- Outside in ---- */

/* A loop without back edges is none; what is around it counts. */
static uint32_t loop_around(const struct builder *builder, const struct build_scope *scope) {
    uint32_t around = scope->around;
    if (around != BUILD_NO_SCOPE && build_scope_at(builder, around)->branch_count == 0)
        around = build_scope_at(builder, around)->around;
    return around;
}

static void live_loops(struct builder *builder) {
    for (uint32_t number = 1; number < builder->scopes.count && builder->error == ERROR_NONE; number++) {
        struct build_scope *scope = build_scope_at(builder, number);
        scope->around = loop_around(builder, scope);
        if (scope->around == BUILD_NO_SCOPE)
            continue;
        const uint64_t *around = build_set(builder, build_scope_at(builder, scope->around)->live);
        if (scope->opcode == OP_IF || scope->branch_count > 0)
            set_join(builder, build_set(builder, scope->live), around);
        if (scope->has_else)
            set_join(builder, build_set(builder, scope->other), around);
    }
}

void build_live(struct builder *builder) {
    if (builder->set_words == 0 || builder->scopes.count == 1)
        return;
    uint32_t live = build_array_add(builder, &builder->sets, builder->set_words, sizeof(uint64_t));
    if (builder->error != ERROR_NONE)
        return;
    live_events(builder, build_set(builder, live));
    live_loops(builder);
}
