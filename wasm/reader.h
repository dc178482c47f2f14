/* A cursor over part of a module's bytes. Every function checks the end, reports what is wrong with its offset in the file,
   and leaves the cursor where it was on failure. Private to decode and validate. */
#ifndef WASM_READER_H
#define WASM_READER_H

#include "base/assert.h"
#include "base/leb128.h"
#include "base/report.h"
#include "wasm/decode_names.h"

#define BLOCK_TYPE_EMPTY 0x40u

struct reader {
    const uint8_t *file; /* offset 0, for reports */
    const uint8_t *at;
    const uint8_t *end;
    struct report *report; /* may be NULL */
};

static inline uint64_t reader_offset_of(const struct reader *reader, const uint8_t *at) {
    return (uint64_t)(at - reader->file);
}

static inline uint64_t reader_offset(const struct reader *reader) {
    return reader_offset_of(reader, reader->at);
}

static inline size_t reader_left(const struct reader *reader) {
    return (size_t)(reader->end - reader->at);
}

/* ERROR_MALFORMED, "unexpected end": wanted says of what. */
enum error reader_fail_end(const struct reader *reader, const char *wanted);
/* ERROR_MALFORMED for an integer that does not decode, in the words of the specification's tests. */
enum error reader_fail_leb128(const struct reader *reader, enum leb128_problem problem);

static inline MUST_CHECK enum error reader_u8(struct reader *reader, uint8_t *out) {
    if (UNLIKELY(reader->at == reader->end)) {
        return reader_fail_end(reader, "a byte");
    }
    *out = *reader->at++;
    return ERROR_NONE;
}

static inline MUST_CHECK enum error reader_u32(struct reader *reader, uint32_t *out) {
    enum leb128_problem problem;
    const size_t used = leb128_decode_u32(reader->at, reader->end, out, &problem);
    if (UNLIKELY(used == 0)) {
        return reader_fail_leb128(reader, problem);
    }
    reader->at += used;
    return ERROR_NONE;
}

static inline MUST_CHECK enum error reader_s32(struct reader *reader, int32_t *out) {
    enum leb128_problem problem;
    const size_t used = leb128_decode_s32(reader->at, reader->end, out, &problem);
    if (UNLIKELY(used == 0)) {
        return reader_fail_leb128(reader, problem);
    }
    reader->at += used;
    return ERROR_NONE;
}

static inline MUST_CHECK enum error reader_s64(struct reader *reader, int64_t *out) {
    enum leb128_problem problem;
    const size_t used = leb128_decode_s64(reader->at, reader->end, out, &problem);
    if (UNLIKELY(used == 0)) {
        return reader_fail_leb128(reader, problem);
    }
    reader->at += used;
    return ERROR_NONE;
}

static inline MUST_CHECK enum error reader_skip(struct reader *reader, size_t size) {
    if (UNLIKELY(reader_left(reader) < size)) {
        return reader_fail_end(reader, "an immediate");
    }
    reader->at += size;
    return ERROR_NONE;
}

/* A view of size bytes; "length out of bounds" when they are not there. */
enum error reader_bytes(struct reader *reader, uint32_t size, struct bytes *out) MUST_CHECK;
/* A vector of bytes that must be UTF-8. */
enum error reader_name(struct reader *reader, struct bytes *out) MUST_CHECK;
/* The length of a vector whose elements take at least item_size bytes each: what cannot be there fails before anyone
   allocates for it. `things` names the elements. */
enum error reader_length(struct reader *reader, uint32_t item_size, const char *things, uint32_t *out) MUST_CHECK;
/* The same for things that limits.def limits. */
enum error reader_count(struct reader *reader, uint32_t item_size, enum limit_number limit, uint32_t *out) MUST_CHECK;
/* An opcode as in opcode.h, with the number behind a prefix: one that exists. */
enum error reader_opcode(struct reader *reader, uint32_t *out) MUST_CHECK;
/* A block type (5.4.1): the index of a function type, or a negative number for a single byte, which is 0x40 or a value
   type. */
enum error reader_block_type(struct reader *reader, int64_t *out) MUST_CHECK;

/* What an access says (5.4.6, with multiple memories). */
struct memory_argument {
    uint32_t alignment; /* log2 */
    uint32_t memory;
    uint32_t offset;
};

enum error reader_memory_argument(struct reader *reader, struct memory_argument *out) MUST_CHECK;
/* A value type (5.3.4), or a reference type (5.3.3). */
enum error reader_value_type(struct reader *reader, uint8_t *out) MUST_CHECK;
enum error reader_reference_type(struct reader *reader, uint8_t *out) MUST_CHECK;

#endif
