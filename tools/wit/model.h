/* What the reader makes of WIT, and the printers print. All of it is in the arena of its wit; names are views of the texts. */
#ifndef TOOLS_WIT_MODEL_H
#define TOOLS_WIT_MODEL_H

#include "base/arena.h"
#include "base/map.h"
#include "tools/wit/wit.h"

enum wit_limit {
#define WIT_LIMIT(name, value, text) WIT_MAX_##name = (value),
#include "tools/wit/limits.def"
#undef WIT_LIMIT
};

/* Core values that fit the words of a message, and grants that it carries. */
#define WIT_WORDS  4
#define WIT_GRANTS 4

enum wit_kind {
    /* Scalars, in the order of scalars[] in layout.c. */
    WIT_BOOL,
    WIT_S8,
    WIT_U8,
    WIT_S16,
    WIT_U16,
    WIT_S32,
    WIT_U32,
    WIT_S64,
    WIT_U64,
    WIT_F32,
    WIT_F64,
    WIT_CHAR,
    WIT_STRING,
    /* Made of others: members[0] is the element; of a result, the value and the error, whose types may be NULL. */
    WIT_LIST,
    WIT_OPTION,
    WIT_RESULT,
    WIT_TUPLE,
    WIT_OWN,
    WIT_BORROW,
    WIT_NAMED, /* a name; target is what it stands for */
    /* Definitions. */
    WIT_ALIAS, /* members[0] */
    WIT_RECORD,
    WIT_VARIANT,
    WIT_ENUM,
    WIT_FLAGS,
    WIT_RESOURCE,
    WIT_USED, /* a name that stands for target, a definition of another interface */
};

struct wit_member {
    struct bytes name; /* empty in a tuple, list, option, result or alias */
    struct bytes documentation;
    struct wit_type *type; /* NULL where there is none */
    size_t offset;         /* in the text */
    uint32_t at;           /* in the block, from the start of the value that holds it */
    uint32_t word;         /* in words, likewise */
};

enum wit_progress { WIT_UNKNOWN, WIT_UNDERWAY, WIT_KNOWN };

struct wit_type {
    enum wit_kind kind;
    struct wit_interface *home;
    struct bytes name; /* of a definition, or of what is named */
    struct bytes documentation;
    size_t offset;
    struct wit_member *members;
    uint32_t member_count;
    struct wit_type *target;
    struct bytes foreign_name; /* WIT_USED: what it is called where it is defined */
    uint32_t resource;         /* WIT_RESOURCE: from 1, as badges have it */

    /* What layout.c finds out. */
    enum wit_progress progress;
    uint32_t depth;
    uint32_t size;
    uint32_t alignment;
    uint32_t words;         /* core values; WIT_WORDS + 1 for more than that */
    uint32_t grant_count;   /* at most */
    uint32_t content_count; /* lists and strings in it at one time, at most; 2 for more than one */
    bool is_deep;           /* some content is not one plain array */
    bool has_borrow;

    uint32_t mark; /* of a printer: see canonical.c */
};

enum wit_function_kind { WIT_FREE, WIT_METHOD, WIT_STATIC, WIT_CONSTRUCTOR };

struct wit_function {
    enum wit_function_kind kind;
    struct bytes name; /* "constructor" for one */
    struct bytes documentation;
    size_t offset;
    uint32_t number;            /* from 1, in the order of the text */
    struct wit_type *resource;  /* NULL for a free function */
    struct wit_type *arguments; /* a record; a method's own resource is not in it */
    struct wit_type *result;    /* NULL where there is none */
};

struct wit_use {
    struct bytes package; /* empty for the own one */
    struct bytes name;
    size_t offset;
    struct wit_interface *target;
    struct wit_type **types; /* WIT_USED each */
    uint32_t type_count;
};

/* What stands in an interface, in its order; one pointer of the three is set. Functions of a resource are behind it. */
struct wit_item {
    struct wit_use *use;
    struct wit_type *type;
    struct wit_function *function;
};

struct wit_interface {
    struct wit *wit;
    struct wit_document *document;
    struct bytes package;
    struct bytes name;
    struct bytes documentation;
    size_t offset;
    struct wit_item *items;
    uint32_t item_count, item_capacity;
    uint32_t type_count, function_count, resource_count;
    struct map names; /* to struct wit_type, or 0 for a function */
    enum wit_progress progress;
    uint32_t mark;
    bool is_whole;   /* beside the mark: all of it is to be printed */
    bool is_printed; /* already */
};

struct wit_document {
    struct wit_file file;
    struct bytes package; /* empty when the text names none */
    struct wit_document *next;
    struct wit_interface **interfaces; /* those of packages in braces too */
    uint32_t interface_count, interface_capacity;
};

struct wit {
    struct budget *budget;
    struct arena arena;
    const struct wit_source *source;
    struct wit_document *documents; /* the first is the one that was asked for */
    uint32_t document_count;
    uint32_t interface_count;
    uint32_t mark; /* the last that was given */
    struct wit_output *outputs;
};

/* Room for one more element: the array, moved where that is needed, or NULL. */
void *wit_grow(struct wit *wit, void *array, uint32_t count, uint32_t *capacity, size_t size) MUST_CHECK;

/* Says what is wrong at an offset of a document's text, once. Returns the error. */
enum error wit_fail(struct wit_problem *problem, const struct wit_document *document, enum error error, size_t offset, const char *pattern, ...)
    __attribute__((format(printf, 5, 6)));
enum error wit_fail_memory(struct wit_problem *problem);

/* ---- parse.c: a text becomes a document, in which names are still names ---- */
enum error wit_parse(struct wit *wit, struct wit_document *document, struct wit_problem *problem) MUST_CHECK;

/* ---- resolve.c: names become types ---- */
enum error wit_resolve(struct wit *wit, struct wit_interface *interface, struct wit_problem *problem) MUST_CHECK;
/* wit.c: the file of an interface is found, and becomes a document. */
enum error wit_document_read(struct wit *wit, const struct wit_file *file, struct wit_problem *problem, struct wit_document **out) MUST_CHECK;

/* ---- layout.c: sizes, words, grants; also finds types that hold themselves ---- */
enum error wit_layout(struct wit_interface *interface, struct wit_problem *problem) MUST_CHECK;
/* Behind names, uses and aliases. */
const struct wit_type *wit_type_resolve(const struct wit_type *type);
bool wit_kind_is_scalar(enum wit_kind kind);
/* "u8"; of scalars and strings. */
const char *wit_kind_text(enum wit_kind kind);
/* The bytes of the number that tells cases apart: 1, 2 or 4; for flags, of the whole. */
uint32_t wit_case_bytes(const struct wit_type *type);
/* Arguments or a result stand in the words, else in the block. */
bool wit_is_flat(const struct wit_type *type);
/* The block is one plain array, as it lies in the sender's memory. */
bool wit_is_direct(const struct wit_type *type);
/* There may be a block. */
bool wit_has_block(const struct wit_type *type);

#endif
