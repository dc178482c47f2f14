/* How values of a type stand in messages: sizes, alignments and core values as the Component Model's CanonicalABI.md has them, and what our
   messages add: grants, and blocks. */
#include "base/bits.h"
#include "tools/wit/model.h"

static const struct {
    const char *text;
    uint32_t size;
} scalars[] = {
    [WIT_BOOL] = {"bool", 1}, [WIT_S8] = {"s8", 1},     [WIT_U8] = {"u8", 1},         [WIT_S16] = {"s16", 2}, [WIT_U16] = {"u16", 2},
    [WIT_S32] = {"s32", 4},   [WIT_U32] = {"u32", 4},   [WIT_S64] = {"s64", 8},       [WIT_U64] = {"u64", 8}, [WIT_F32] = {"f32", 4},
    [WIT_F64] = {"f64", 8},   [WIT_CHAR] = {"char", 4}, [WIT_STRING] = {"string", 8},
};

bool wit_kind_is_scalar(enum wit_kind kind) {
    return kind < WIT_STRING;
}

const char *wit_kind_text(enum wit_kind kind) {
    return scalars[kind].text;
}

const struct wit_type *wit_type_resolve(const struct wit_type *type) {
    for (;;) {
        if (type->kind == WIT_NAMED || type->kind == WIT_USED) {
            type = type->target;
        } else if (type->kind == WIT_ALIAS) {
            type = type->members[0].type;
        } else {
            return type;
        }
    }
}

uint32_t wit_case_bytes(const struct wit_type *type) {
    if (type->kind == WIT_FLAGS) {
        return type->member_count <= 8 ? 1 : type->member_count <= 16 ? 2 : 4;
    }
    return type->member_count <= 256 ? 1 : 2;
}

bool wit_is_flat(const struct wit_type *type) {
    return type->words <= WIT_WORDS;
}

bool wit_is_direct(const struct wit_type *type) {
    return wit_is_flat(type) && type->content_count == 1 && !type->is_deep;
}

bool wit_has_block(const struct wit_type *type) {
    return !wit_is_flat(type) || type->content_count != 0;
}

static uint32_t at_most(uint32_t value, uint32_t limit) {
    return value < limit ? value : limit;
}

/* ---- One type, when those that it is made of are known ---- */

struct layout {
    const struct wit_interface *interface;
    struct wit_problem *problem;
};

static enum error layout_fail(const struct layout *layout, enum error error, size_t offset, const char *text) {
    return wit_fail(layout->problem, layout->interface->document, error, offset, "%s", text);
}

static void layout_take(struct wit_type *type, const struct wit_type *part) {
    type->is_deep = type->is_deep || part->is_deep;
    type->has_borrow = type->has_borrow || part->has_borrow;
    type->alignment = type->alignment > part->alignment ? type->alignment : part->alignment;
}

/* Records, tuples, and the arguments of a function: one behind the other. */
static void layout_sequence(struct wit_type *type) {
    uint64_t size = 0;
    type->alignment = 1;
    for (uint32_t i = 0; i < type->member_count; i++) {
        struct wit_member *member = &type->members[i];
        size = round_up(size, member->type->alignment);
        member->at = (uint32_t)size;
        member->word = type->words;
        size += member->type->size;
        type->words = at_most(type->words + member->type->words, WIT_WORDS + 1);
        type->grant_count += member->type->grant_count;
        type->content_count = at_most(type->content_count + member->type->content_count, 2);
        layout_take(type, member->type);
    }
    type->size = (uint32_t)round_up(size, type->alignment);
}

/* Variants, options and results: a number, then what one of the cases has; the cases share the words. */
static void layout_cases(struct wit_type *type) {
    const uint32_t case_bytes = type->kind == WIT_VARIANT ? wit_case_bytes(type) : 1;
    uint32_t size = 0, words = 0;
    type->alignment = case_bytes;
    for (uint32_t i = 0; i < type->member_count; i++) {
        const struct wit_type *part = type->members[i].type;
        if (part != NULL) {
            size = part->size > size ? part->size : size;
            words = part->words > words ? part->words : words;
            type->grant_count = part->grant_count > type->grant_count ? part->grant_count : type->grant_count;
            type->content_count = part->content_count > type->content_count ? part->content_count : type->content_count;
            layout_take(type, part);
        }
    }
    uint32_t payload_alignment = 1;
    for (uint32_t i = 0; i < type->member_count; i++) {
        const struct wit_type *part = type->members[i].type;
        payload_alignment = part != NULL && part->alignment > payload_alignment ? part->alignment : payload_alignment;
    }
    const uint32_t at = (uint32_t)round_up(case_bytes, payload_alignment);
    for (uint32_t i = 0; i < type->member_count; i++) {
        type->members[i].at = at;
        type->members[i].word = 1;
    }
    type->size = (uint32_t)round_up(at + size, type->alignment);
    type->words = at_most(1 + words, WIT_WORDS + 1);
}

static enum error layout_list(const struct layout *layout, struct wit_type *type) {
    const struct wit_type *element = type->members[0].type;
    const enum wit_kind kind = wit_type_resolve(element)->kind;
    if (element->grant_count != 0) {
        return layout_fail(layout, ERROR_UNSUPPORTED, type->offset, "a list cannot hold resources: a message carries at most four");
    }
    type->size = 8;
    type->alignment = 4;
    type->words = 2;
    type->content_count = 1;
    /* Of characters and truth values not all bits are right: they are encoded one by one. */
    type->is_deep = !wit_kind_is_scalar(kind) || kind == WIT_BOOL || kind == WIT_CHAR;
    return ERROR_NONE;
}

static void layout_simple(struct wit_type *type, uint32_t size) {
    type->size = size;
    type->alignment = size;
    type->words = 1;
}

static enum error layout_measure(const struct layout *layout, struct wit_type *type) {
    switch (type->kind) {
    case WIT_STRING:
        type->size = 8;
        type->alignment = 4;
        type->words = 2;
        type->content_count = 1;
        return ERROR_NONE;
    case WIT_LIST: return layout_list(layout, type);
    case WIT_RECORD:
    case WIT_TUPLE: layout_sequence(type); return ERROR_NONE;
    case WIT_OPTION:
    case WIT_RESULT:
    case WIT_VARIANT: layout_cases(type); return ERROR_NONE;
    case WIT_ENUM:
    case WIT_FLAGS: layout_simple(type, wit_case_bytes(type)); return ERROR_NONE;
    case WIT_OWN:
    case WIT_BORROW:
        layout_simple(type, 4);
        type->grant_count = 1;
        type->has_borrow = type->kind == WIT_BORROW;
        return ERROR_NONE;
    case WIT_RESOURCE: layout_simple(type, 4); return ERROR_NONE;
    default: layout_simple(type, scalars[type->kind].size); return ERROR_NONE;
    }
}

/* Names and aliases are as what they stand for. */
static void layout_copy(struct wit_type *type, const struct wit_type *from) {
    type->size = from->size;
    type->alignment = from->alignment;
    type->words = from->words;
    type->grant_count = from->grant_count;
    type->content_count = from->content_count;
    type->is_deep = from->is_deep;
    type->has_borrow = from->has_borrow;
}

/* ---- All types ---- */

static enum error layout_type(const struct layout *layout, struct wit_type *type, uint32_t depth);

static enum error layout_part(const struct layout *layout, struct wit_type *type, struct wit_type *part, uint32_t depth) {
    enum error error = layout_type(layout, part, depth + 1);
    if (error == ERROR_NONE) {
        type->depth = part->depth >= type->depth ? part->depth + 1 : type->depth;
    }
    return error;
}

static enum error layout_parts(const struct layout *layout, struct wit_type *type, uint32_t depth) {
    enum error error = ERROR_NONE;
    if (type->kind == WIT_NAMED) {
        error = layout_part(layout, type, type->target, depth);
        layout_copy(type, type->target);
        return error;
    }
    /* The resource itself has no parts, and may be named by its own functions. */
    if (type->kind == WIT_OWN || type->kind == WIT_BORROW) {
        return layout_measure(layout, type);
    }
    for (uint32_t i = 0; i < type->member_count && error == ERROR_NONE; i++) {
        if (type->members[i].type != NULL) {
            error = layout_part(layout, type, type->members[i].type, depth);
        }
    }
    if (error != ERROR_NONE) {
        return error;
    }
    if (type->kind == WIT_ALIAS) {
        layout_copy(type, type->members[0].type);
        return ERROR_NONE;
    }
    return layout_measure(layout, type);
}

/* As deep as the limit on depth. A type of another interface was laid out with that. */
static enum error layout_type(const struct layout *layout, struct wit_type *type, uint32_t depth) {
    enum error error = ERROR_NONE;
    if (type->progress == WIT_UNDERWAY) {
        return layout_fail(layout, ERROR_INVALID, type->offset, "a type cannot hold itself");
    }
    if (type->progress == WIT_UNKNOWN) {
        if (depth > WIT_MAX_DEPTH) {
            return wit_fail(layout->problem, layout->interface->document, ERROR_LIMIT, type->offset, "types stand for each other at most %d deep",
                            WIT_MAX_DEPTH);
        }
        type->progress = WIT_UNDERWAY;
        if (type->kind == WIT_USED) {
            type->depth = type->target->depth + 1;
            layout_copy(type, type->target);
        } else {
            error = layout_parts(layout, type, depth);
        }
        type->progress = WIT_KNOWN;
    }
    if (error == ERROR_NONE && type->depth > WIT_MAX_DEPTH) {
        return wit_fail(layout->problem, layout->interface->document, ERROR_LIMIT, type->offset, "types stand for each other at most %d deep",
                        WIT_MAX_DEPTH);
    }
    if (error == ERROR_NONE && type->size > WIT_MAX_VALUE_BYTES) {
        return wit_fail(layout->problem, layout->interface->document, ERROR_LIMIT, type->offset,
                        "a value has at most %d bytes without its lists and strings", WIT_MAX_VALUE_BYTES);
    }
    return error;
}

static enum error layout_function(const struct layout *layout, struct wit_function *function) {
    enum error error = layout_type(layout, function->arguments, 0);
    if (error == ERROR_NONE && function->arguments->grant_count > WIT_GRANTS) {
        error = layout_fail(layout, ERROR_LIMIT, function->offset, "a message carries at most four resources");
    }
    if (error != ERROR_NONE || function->result == NULL) {
        return error;
    }
    error = layout_type(layout, function->result, 0);
    if (error == ERROR_NONE && function->result->grant_count > WIT_GRANTS) {
        error = layout_fail(layout, ERROR_LIMIT, function->offset, "a message carries at most four resources");
    }
    if (error == ERROR_NONE && function->result->has_borrow) {
        error = layout_fail(layout, ERROR_INVALID, function->offset, "a result cannot be borrowed: nobody gives it back");
    }
    return error;
}

enum error wit_layout(struct wit_interface *interface, struct wit_problem *problem) {
    const struct layout layout = {interface, problem};
    enum error error = ERROR_NONE;
    for (uint32_t i = 0; i < interface->item_count && error == ERROR_NONE; i++) {
        const struct wit_item *item = &interface->items[i];
        if (item->type != NULL) {
            error = layout_type(&layout, item->type, 0);
        } else if (item->function != NULL) {
            error = layout_function(&layout, item->function);
        }
        for (uint32_t j = 0; item->use != NULL && j < item->use->type_count && error == ERROR_NONE; j++) {
            error = layout_type(&layout, item->use->types[j], 0);
        }
    }
    return error;
}
