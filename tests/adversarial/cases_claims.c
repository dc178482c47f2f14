/* Counts and sizes that promise what is not there. Each must be refused at once, without memory for what is claimed. */
#include "tests/adversarial/cases.h"
#include "tests/adversarial/module.h"

#define HUGE_COUNT 0xFFFFFFFFu

/* The parameter is the section's id: a count of 2^32 - 1, and no bytes behind it. */
static void section_count(struct buffer *out, uint32_t id) {
    struct buffer content = {0};
    buffer_u32(&content, HUGE_COUNT);
    preamble_add(out);
    section_add(out, (uint8_t)id, &content);
    buffer_end(&content);
}

/* The same with one more byte, and a count of a million, which no limit forbids. */
static void section_million(struct buffer *out, uint32_t id) {
    struct buffer content = {0};
    buffer_u32(&content, 1000000);
    buffer_byte(&content, 0);
    preamble_add(out);
    section_add(out, (uint8_t)id, &content);
    buffer_end(&content);
}

/* A section that claims to have 4 GiB. */
static void section_size(struct buffer *out, uint32_t id) {
    preamble_add(out);
    buffer_byte(out, (uint8_t)id);
    buffer_u32(out, HUGE_COUNT);
    buffer_repeat_byte(out, 0, 16);
}

/* A vector inside a section: bytes that lead to it, then 2^32 - 1 as its count. */
static void inner_count(struct buffer *out, uint32_t which) {
    static const struct {
        uint8_t section;
        uint8_t size;
        uint8_t bytes[12];
    } places[] = {
        {SECTION_TYPE, 2, {1, 0x60}},                /* parameters */
        {SECTION_TYPE, 3, {1, 0x60, 0}},             /* results */
        {SECTION_IMPORT, 1, {1}},                    /* module name */
        {SECTION_IMPORT, 2, {1, 0}},                 /* import name */
        {SECTION_EXPORT, 1, {1}},                    /* export name */
        {SECTION_ELEMENT, 2, {1, 1}},                /* passive: kind is then part of the number */
        {SECTION_ELEMENT, 3, {1, 1, 0}},             /* passive items */
        {SECTION_ELEMENT, 5, {1, 0, 0x41, 0, 0x0B}}, /* active items */
        {SECTION_ELEMENT, 3, {1, 5, TYPE_FUNCREF}},  /* expressions */
        {SECTION_DATA, 2, {1, 1}},                   /* passive bytes */
        {SECTION_DATA, 5, {1, 0, 0x41, 0, 0x0B}},    /* active bytes */
        {SECTION_CUSTOM, 0, {0}},                    /* custom name */
        {SECTION_MEMORY, 2, {1, 0}},                 /* pages */
        {SECTION_TABLE, 3, {1, TYPE_FUNCREF, 0}},    /* elements */
        {SECTION_START, 0, {0}},                     /* function */
    };
    struct buffer content = {0};
    buffer_bytes(&content, places[which].bytes, places[which].size);
    buffer_u32(&content, HUGE_COUNT);
    preamble_add(out);
    section_add(out, places[which].section, &content);
    buffer_end(&content);
}

/* A code section, after what it needs, whose first body starts with these bytes. */
static void body_count(struct buffer *out, uint32_t which) {
    static const struct {
        uint8_t size;
        uint8_t bytes[8];
    } bodies[] = {
        {0, {0}},                                    /* groups of locals */
        {1, {1}},                                    /* locals of a group */
        {4, {0, OP_I32_CONST, 0, OP_BR_TABLE}},      /* targets */
        {2, {0, 0x1C}},                              /* types of a select */
        {2, {0, OP_CALL}},                           /* function */
        {2, {0, OP_BR}},                             /* label */
        {4, {0, OP_I32_CONST, 0, OP_CALL_INDIRECT}}, /* type */
        {4, {0, OP_I32_CONST, 0, OP_I32_LOAD}},      /* alignment */
        {3, {0, 0xFC}},                              /* opcode behind a prefix */
        {2, {0, 0xFD}},                              /* the same for vectors */
    };
    struct buffer body = {0};
    struct module module = {0};
    buffer_bytes(&body, bodies[which].bytes, bodies[which].size);
    buffer_u32(&body, HUGE_COUNT);
    module_memory(&module, 1);
    module_raw_function(&module, module_type(&module, 0, 0), &body);
    buffer_end(&body);
    module_end(&module, out);
}

/* A body whose size lies: it ends before, or behind, what is there. */
static void body_size(struct buffer *out, uint32_t which) {
    static const uint32_t sizes[] = {0, 1, 3, 4, 0x7F, 0x7FFFFFFF, HUGE_COUNT};
    struct buffer content = {0};
    preamble_add(out);
    BUFFER_ADD(out, SECTION_TYPE, 4, 1, 0x60, 0, 0, SECTION_FUNCTION, 2, 1, 0);
    buffer_u32(&content, 1);
    buffer_u32(&content, sizes[which]);
    BUFFER_ADD(&content, 0, OP_END);
    section_add(out, SECTION_CODE, &content);
    buffer_end(&content);
}

/* Functions without code, code without functions, data without a count that fits. */
static void counts_differ(struct buffer *out, uint32_t which) {
    struct buffer instructions = {0};
    struct module module = {0};
    module_function(&module, module_type(&module, 0, 0), &instructions);
    switch (which) {
    case 0: module.counts[SECTION_FUNCTION]++; break;
    case 1:
        module.counts[SECTION_FUNCTION] = 1000001;
        buffer_repeat_byte(&module.sections[SECTION_FUNCTION], 0, 1000000);
        break;
    case 2: module.counts[SECTION_CODE] = 1000000; break;
    case 3: module.counts[SECTION_DATA_COUNT] = HUGE_COUNT; break;
    case 4: module.counts[SECTION_DATA_COUNT] = 1; break;
    default:
        module.counts[SECTION_DATA_COUNT] = 2;
        module.counts[SECTION_DATA] = 1;
        BUFFER_ADD(&module.sections[SECTION_DATA], 1, 0);
        break;
    }
    module_end(&module, out);
}

/* Numbers in more bytes than they need: five are allowed for 32 bits, six are not. */
static void padding(struct buffer *out, uint32_t byte_count) {
    preamble_add(out);
    buffer_byte(out, SECTION_TYPE);
    buffer_padded(out, 3 + byte_count, byte_count);
    buffer_padded(out, 1, byte_count);
    BUFFER_ADD(out, 0x60, 0, 0);
}

/* Exports of what is not there, in each kind; and one kind that does not exist. */
static void export_absent(struct buffer *out, uint32_t kind) {
    struct module module = {0};
    module_export(&module, "nothing", (uint8_t)kind, 0);
    module_end(&module, out);
}

static void export_twice(struct buffer *out, uint32_t unused) {
    struct buffer instructions = {0};
    struct module module = {0};
    (void)unused;
    module_function(&module, module_type(&module, 0, 0), &instructions);
    module_export(&module, "run", KIND_FUNCTION, 0);
    module_end_run(&module, out);
}

const struct hostile cases_claims[] = {
    {"section-count", section_count, SECTION_TYPE, SECTION_DATA_COUNT, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"section-million", section_million, SECTION_TYPE, SECTION_DATA_COUNT, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"section-size", section_size, SECTION_CUSTOM, SECTION_DATA_COUNT, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"inner-count", inner_count, 0, 14, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"body-count", body_count, 0, 9, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"body-size", body_size, 0, 6, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"counts-differ", counts_differ, 0, 5, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"padding", padding, 1, 5, VERDICT_VALID, OUTCOME_NOT_RUN},
    {"padding", padding, 6, 8, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"export-absent", export_absent, 0, 5, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"export-twice", export_twice, 0, 0, VERDICT_REFUSED, OUTCOME_REFUSED},
    {0},
};
