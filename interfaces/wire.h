/* How values travel in messages: what all generated headers of interfaces share. docs/interfaces.md has the rules by example.

   A message carries four 64-bit words, one block of bytes and up to four grants. The arguments of a function, and its result, are laid out as
   the Component Model's Canonical ABI lays them out: when they flatten to at most four core values these are the words, each zero-extended,
   floats as their bits; else they stand as one record at offset 0 of the block. The content of strings and lists is in the block, and their
   pointers are offsets from its start. A resource is an index into the message's grants.

   Content lies in the order in which it is met, each piece behind the one before it, and none is empty: an empty list or string has no content and
   its offset is not looked at. So a decoder visits each byte of a block once at most, however hostile the block. It trusts no offset, length, case,
   flag, bool, character or string, allocates nothing, and hands out views of the block. A block must not change while it is decoded: who is handed
   shared memory copies it first. Views can be read safely even if it does.

   Needs the headers of a freestanding compiler, works for 32 and 64 bits alike, and is C++ as well. Calls memcpy and memset, which a compiler calls
   by itself anyway. */
#ifndef INTERFACES_WIRE_H
#define INTERFACES_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The errors of the contract, which a message may be answered with: their negatives are what functions return. */
enum wire_error {
#define CONTRACT_ERROR(number, name, text) WIRE_##name = (number),
#include "interfaces/errors.def"
#undef CONTRACT_ERROR
};

/* A handler's function returns 0, the negative of an error, or this: the answer will come later, by the request's id. */
#define WIRE_LATER 1

#define WIRE_WORDS  4
#define WIRE_GRANTS 4

/* How a grant is handed on: as enum message_grant_mode has it. */
enum wire_grant_mode { WIRE_GRANT_COPY = 1, WIRE_GRANT_MOVE = 2, WIRE_GRANT_MAKE = 3 };

/* The value of a resource: own<...> or borrow<...>. */
struct wire_grant {
    uint32_t handle;
    uint32_t mode;  /* when it is sent */
    uint64_t badge; /* WIRE_GRANT_MAKE */
};

/* A badge says in its highest byte which resource of the interface it stands for, 0 for none; the rest is the handler's own. */
#define WIRE_BADGE_SHIFT     56
#define WIRE_BADGE_OBJECT    (((uint64_t)1 << WIRE_BADGE_SHIFT) - 1)
#define WIRE_BADGE_KIND(all) ((uint32_t)((all) >> WIRE_BADGE_SHIFT))

/* UTF-8, without a zero at its end. Owned by whoever made it, or a view of a block. */
struct wire_text {
    const char *data;
    uint32_t size;
};

struct wire_bytes {
    const uint8_t *data;
    uint32_t size;
};

struct wire_memory {
    void *data;
    uint32_t size;
};

/* What a message carries. The block belongs to whoever filled this in. */
struct wire_content {
    uint64_t words[WIRE_WORDS];
    const uint8_t *block;
    uint32_t block_size;
    uint32_t grant_count;
    struct wire_grant grants[WIRE_GRANTS];
};

/* A request as a handler's dispatch takes it. */
struct wire_request {
    uint64_t id; /* for an answer that comes later; 0 when none is wanted */
    uint64_t badge;
    uint32_t operation;
    struct wire_content content;
};

/* The answer as dispatch leaves it. Before that, whoever calls dispatch says where a block may be put: in `memory`, or else in what allocate gives
   (may be NULL), which is then its own affair to release. The block may also be the handler's own memory, as it stands in the result. */
struct wire_answer {
    int32_t error;       /* 0, or the negative of an enum wire_error; then there is no content */
    uint32_t block_mode; /* 0 = copied; a handler may set what enum block_mode has, when its result is one list that lies in a buffer */
    struct wire_content content;
    struct wire_memory memory;
    void *(*allocate)(void *context, uint32_t size); /* NULL when there is no room */
    void *context;
    void *allocated; /* out: what allocate gave, or NULL */
};

/* What a handler's function is told beside its arguments. */
struct wire_call {
    uint64_t id;
    uint64_t object;            /* the badge without its highest byte */
    struct wire_answer *answer; /* NULL in a function whose answer comes later */
};

static inline struct wire_text wire_text_of(const char *text) {
    struct wire_text result = {text, 0};
    while (text[result.size] != 0) {
        result.size++;
    }
    return result;
}

static inline struct wire_memory wire_memory_of(void *data, uint32_t size) {
    struct wire_memory result = {data, size};
    return result;
}

static inline struct wire_grant wire_grant_of(uint32_t handle, enum wire_grant_mode mode, uint64_t badge) {
    struct wire_grant result = {handle, (uint32_t)mode, badge};
    return result;
}

/* Both have it afterwards; or the receiver instead. */
static inline struct wire_grant wire_grant_copied(uint32_t handle) {
    return wire_grant_of(handle, WIRE_GRANT_COPY, 0);
}

static inline struct wire_grant wire_grant_moved(uint32_t handle) {
    return wire_grant_of(handle, WIRE_GRANT_MOVE, 0);
}

/* ---- Reading ---- */

struct wire_reader {
    const uint8_t *block;
    uint32_t size;
    uint32_t next;                      /* content that is still to come starts here or later */
    const struct wire_content *content; /* NULL for what holds no grants */
    uint32_t grants_used;               /* a bit for each */
};

static inline struct wire_reader wire_reader_of(const struct wire_content *content) {
    struct wire_reader result = {content->block, content->block_size, 0, content, 0};
    return result;
}

/* Takes count elements at an offset for content, and says whether they are there, aligned, and behind what was taken before. */
static inline bool wire_take(struct wire_reader *reader, uint32_t offset, uint64_t bytes, uint32_t alignment) {
    if (offset < reader->next || offset % alignment != 0 || offset > reader->size || bytes > reader->size - offset) {
        return false;
    }
    reader->next = offset + (uint32_t)bytes;
    return true;
}

/* True when all grants were taken: one that nothing speaks of has no business in a message. */
static inline bool wire_reader_is_done(const struct wire_reader *reader) {
    const uint32_t count = reader->content->grant_count;
    return count <= WIRE_GRANTS && reader->grants_used == ((uint32_t)1 << count) - 1;
}

/* ---- Writing ---- */

struct wire_writer {
    uint8_t *block; /* NULL: only the size is found out */
    uint32_t capacity;
    bool is_direct; /* the content is one plain array, which becomes the block as it stands */
    bool failed;    /* a value is none of its type */
    uint64_t size;  /* of the block so far, whether it fits or not */
    struct wire_content *content;
};

static inline struct wire_writer wire_writer_of(struct wire_content *content, struct wire_memory memory, bool is_direct) {
    struct wire_writer result = {(uint8_t *)memory.data, memory.data == NULL ? 0 : memory.size, is_direct, false, 0, content};
    for (uint32_t i = 0; i < WIRE_WORDS; i++) {
        content->words[i] = 0;
    }
    content->block = NULL;
    content->block_size = 0;
    content->grant_count = 0;
    return result;
}

/* The place of the next content, behind padding; false when the block would be too large. */
static inline bool wire_advance(struct wire_writer *writer, uint64_t bytes, uint32_t alignment, uint32_t *offset) {
    const uint64_t start = (writer->size + alignment - 1) / alignment * alignment;
    if (bytes > UINT32_MAX || start + bytes > UINT32_MAX) {
        writer->failed = true;
        *offset = 0;
        return false;
    }
    if (start <= writer->capacity && start > writer->size) {
        __builtin_memset(writer->block + writer->size, 0, (size_t)(start - writer->size));
    }
    writer->size = start + bytes;
    *offset = (uint32_t)start;
    return true;
}

/* Room for elements that are stored one by one. It is zeroed, so that no padding tells what was in the memory before. */
static inline uint32_t wire_make_room(struct wire_writer *writer, uint64_t bytes, uint32_t alignment) {
    uint32_t offset;
    if (wire_advance(writer, bytes, alignment, &offset) && writer->size <= writer->capacity) {
        __builtin_memset(writer->block + offset, 0, (size_t)bytes);
    }
    return offset;
}

static inline void wire_put(struct wire_writer *writer, uint32_t at, const void *data, uint32_t size) {
    if ((uint64_t)at + size <= writer->capacity) {
        __builtin_memcpy(writer->block + at, data, size);
    }
}

/* A plain array as content; its offset. */
static inline uint32_t wire_put_array(struct wire_writer *writer, const void *data, uint64_t bytes, uint32_t alignment) {
    uint32_t offset;
    if (bytes == 0 || !wire_advance(writer, bytes, alignment, &offset)) {
        return 0;
    }
    if (writer->is_direct) {
        writer->content->block = (const uint8_t *)data;
        return 0;
    }
    wire_put(writer, offset, data, (uint32_t)bytes);
    return offset;
}

/* 0, or the negative of WIRE_ARGUMENT for a value that is none of its type, WIRE_TOO_LARGE when the memory is too small: the content's block_size
   says what is needed. */
static inline int32_t wire_writer_end(struct wire_writer *writer) {
    if (writer->failed) {
        return -WIRE_ARGUMENT;
    }
    writer->content->block_size = (uint32_t)writer->size;
    if (writer->content->block != NULL || writer->size == 0) {
        return 0;
    }
    if (writer->size > writer->capacity) {
        return -WIRE_TOO_LARGE;
    }
    writer->content->block = writer->block;
    return 0;
}

/* ---- Answers ---- */

static inline struct wire_call wire_call_of(const struct wire_request *request, struct wire_answer *answer) {
    struct wire_call result = {request->id, request->badge & WIRE_BADGE_OBJECT, answer};
    return result;
}

/* An answer without content, into which it may be encoded. */
static inline void wire_answer_start(struct wire_answer *answer) {
    for (uint32_t i = 0; i < WIRE_WORDS; i++) {
        answer->content.words[i] = 0;
    }
    answer->error = 0;
    answer->allocated = NULL;
    answer->content.block = NULL;
    answer->content.block_size = 0;
    answer->content.grant_count = 0;
}

/* An answer that is an error, and nothing of what was encoded of another. Returns 0: the answer is there. */
static inline int32_t wire_answer_fail(struct wire_answer *answer, int32_t error) {
    void *allocated = answer->allocated;
    wire_answer_start(answer);
    answer->error = error;
    answer->allocated = allocated;
    return 0;
}

/* Room for a block that was too large: true when it was found, and then the content is to be encoded once more, into answer->memory. */
static inline bool wire_answer_grow(struct wire_answer *answer, int32_t error) {
    if (error != -WIRE_TOO_LARGE || answer->allocate == NULL) {
        return false;
    }
    answer->allocated = answer->allocate(answer->context, answer->content.block_size);
    if (answer->allocated != NULL) {
        answer->memory = wire_memory_of(answer->allocated, answer->content.block_size);
    }
    return answer->allocated != NULL;
}

/* When it was encoded, or not: a result that is none of its type is the handler's failure. */
static inline void wire_answer_end(struct wire_answer *answer, int32_t error) {
    if (error != 0) {
        (void)wire_answer_fail(answer, error == -WIRE_TOO_LARGE ? -WIRE_NO_MEMORY : -WIRE_FAILED);
    }
}

#endif
