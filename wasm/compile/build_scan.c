/* The first walk over a body: scopes, and events that say what happens to locals. */
#include "wasm/compile/build.h"

#include "base/assert.h"
#include "base/leb128.h"

static inline void event_add(struct builder *builder, enum build_event_kind kind, uint32_t what) {
    if (UNLIKELY(builder->events.count == builder->events.capacity)) {
        build_array_add(builder, &builder->events, 1, sizeof(uint32_t));
        if (builder->error != ERROR_NONE)
            return;
        builder->events.count--;
    }
    ((uint32_t *)builder->events.items)[builder->events.count++] = what << EVENT_KIND_BITS | kind;
}

static uint32_t set_add(struct builder *builder) {
    build_work(builder, builder->set_words);
    return build_array_add(builder, &builder->sets, builder->set_words, sizeof(uint64_t));
}

/* ---- Scopes ---- */

static void scope_open(struct builder *builder, uint32_t opcode) {
    uint32_t scope = build_array_add(builder, &builder->scopes, 1, sizeof(struct build_scope));
    if (builder->error != ERROR_NONE)
        return;
    ASSERT(builder->open_count < builder->label_capacity);
    builder->open[builder->open_count++] = scope;
    struct build_scope *at = build_scope_at(builder, scope);
    at->opcode = (uint8_t)opcode;
    at->around = builder->loop;
    if (opcode == OP_LOOP) {
        at->other = set_add(builder);
        builder->loop = scope;
    }
    if (opcode != OP_END)
        event_add(builder, EVENT_OPEN, scope);
}

static void scan_leave(struct builder *builder) {
    event_add(builder, EVENT_LEAVE, 0);
    builder->dead = true;
    builder->dead_depth = 0;
}

static void scan_else(struct builder *builder) {
    uint32_t scope = builder->open[builder->open_count - 1];
    struct build_scope *at = build_scope_at(builder, scope);
    at->is_left |= !builder->dead;
    at->has_else = true;
    builder->dead = false;
    event_add(builder, EVENT_ELSE, scope);
}

/* What is written in a loop is written in the loop around it. */
static void loop_close(struct builder *builder, const struct build_scope *at) {
    builder->loop = at->around;
    if (at->around == BUILD_NO_SCOPE || builder->set_words == 0)
        return;
    build_work(builder, builder->set_words);
    const uint64_t *inner = build_set(builder, at->other);
    uint64_t *outer = build_set(builder, build_scope_at(builder, at->around)->other);
    for (uint32_t word = 0; word < builder->set_words; word++)
        outer[word] |= inner[word];
}

static void scan_end(struct builder *builder) {
    uint32_t scope = builder->open[--builder->open_count];
    struct build_scope *at = build_scope_at(builder, scope);
    if (at->opcode == OP_END)
        return;
    if (at->opcode == OP_LOOP)
        loop_close(builder, at);
    else
        builder->dead = builder->dead && !at->is_left && at->branch_count == 0 && (at->opcode != OP_IF || at->has_else);
    if (at->opcode == OP_IF && at->has_else)
        at->other = set_add(builder);
    if (at->opcode == OP_IF || at->branch_count > 0)
        at->live = set_add(builder);
    event_add(builder, EVENT_CLOSE, scope);
}

/* ---- Branches ---- */

static void scan_branch(struct builder *builder, uint32_t depth) {
    ASSERT(depth < builder->open_count);
    uint32_t scope = builder->open[builder->open_count - 1 - depth];
    build_scope_at(builder, scope)->branch_count++;
    event_add(builder, EVENT_BRANCH, scope);
}

static void scan_table(struct builder *builder) {
    const uint8_t *at = builder->instruction.bytes;
    builder->table_count++;
    for (uint64_t index = 0; index <= builder->instruction.index; index++) {
        uint32_t depth = leb128_read_u32(&at);
        struct build_scope *scope = build_scope_at(builder, builder->open[builder->open_count - 1 - depth]);
        if (scope->table == builder->table_count)
            continue;
        scope->table = builder->table_count;
        scan_branch(builder, depth);
    }
    scan_leave(builder);
}

static void scan_write(struct builder *builder, uint32_t local) {
    event_add(builder, EVENT_WRITE, local);
    if (builder->loop != BUILD_NO_SCOPE)
        build_set(builder, build_scope_at(builder, builder->loop)->other)[local / 64] |= 1ull << local % 64;
}

/* ---- The walk ---- */

static void scan_instruction(struct builder *builder) {
    const struct instruction *instruction = &builder->instruction;
    switch (instruction->opcode) {
    case OP_LOCAL_GET: event_add(builder, EVENT_READ, instruction->index); break;
    case OP_LOCAL_SET:
    case OP_LOCAL_TEE: scan_write(builder, instruction->index); break;
    case OP_BLOCK:
    case OP_LOOP:
    case OP_IF: scope_open(builder, instruction->opcode); break;
    case OP_ELSE: scan_else(builder); break;
    case OP_END: scan_end(builder); break;
    case OP_BR:
        scan_branch(builder, instruction->index);
        scan_leave(builder);
        break;
    case OP_BR_IF: scan_branch(builder, instruction->index); break;
    case OP_BR_TABLE: scan_table(builder); break;
    case OP_UNREACHABLE:
    case OP_RETURN:
    case OP_RETURN_CALL:
    case OP_RETURN_CALL_INDIRECT: scan_leave(builder); break;
    default: break;
    }
}

bool build_passes_over(struct builder *builder) {
    uint32_t opcode = builder->instruction.opcode;
    if (!builder->dead || (builder->dead_depth == 0 && (opcode == OP_ELSE || opcode == OP_END)))
        return false;
    if (opcode == OP_BLOCK || opcode == OP_LOOP || opcode == OP_IF)
        builder->dead_depth++;
    if (opcode == OP_END)
        builder->dead_depth--;
    return true;
}

void build_scan(struct builder *builder) {
    struct body start = builder->body;
    builder->loop = BUILD_NO_SCOPE;
    scope_open(builder, OP_END);
    while (builder->body.at < builder->body.end && builder->error == ERROR_NONE) {
        body_next(&builder->body, &builder->instruction);
        if (!build_passes_over(builder))
            scan_instruction(builder);
    }
    builder->body = start;
    builder->dead = false;
    builder->dead_depth = 0;
    builder->table_count = 0;
}
