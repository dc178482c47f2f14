/* Names from outside are shown to people: in messages, backtraces and by `argos inspect`. They may not move the cursor,
   change the terminal's title, hide a line, or flood the screen. */
#include "tests/adversarial/cases.h"
#include "tests/adversarial/module.h"

/* All of these are UTF-8: escape sequences of terminals, C0 and C1 controls, text that runs backwards, a line of ours. */
static const char *const nasty[] = {
    "\x1b[2J\x1b[1;1Hgone",
    "\x1b]0;title\x07",
    "one\nargos: two",
    "a\rb",
    "back\b\b\b\bforth",
    "\xc2\x9b"
    "31mred",
    "\xe2\x80\xaexcod.exe",
    "\x7f\x7f",
    "%s%n%99999d",
    "quote\"quote'",
};
enum { NASTY_COUNT = sizeof(nasty) / sizeof(nasty[0]) };

static void run_add(struct module *module, uint8_t instruction) {
    struct buffer code = {0};
    buffer_byte(&code, instruction);
    module_function(module, module_type(module, 0, 0), &code);
    buffer_end(&code);
}

/* An import that nobody has: the message names it. */
static void import_nasty(struct buffer *out, uint32_t which) {
    struct module module = {0};
    run_add(&module, OP_NOP);
    module_import_function(&module, nasty[which], nasty[(which + 1) % NASTY_COUNT], 0);
    module_end_run(&module, out);
}

static void export_nasty(struct buffer *out, uint32_t which) {
    struct module module = {0};
    run_add(&module, OP_NOP);
    module_export(&module, nasty[which], KIND_FUNCTION, 0);
    module_end_run(&module, out);
}

static void export_nasty_twice(struct buffer *out, uint32_t which) {
    struct module module = {0};
    run_add(&module, OP_NOP);
    module_export(&module, nasty[which], KIND_FUNCTION, 0);
    module_export(&module, nasty[which], KIND_FUNCTION, 0);
    module_end_run(&module, out);
}

static void custom_add(struct module *module, const char *name, const struct buffer *content) {
    struct buffer section = {0};
    buffer_name(&section, name);
    buffer_append(&section, content);
    section_add(&module->custom, SECTION_CUSTOM, &section);
    buffer_end(&section);
}

static void custom_nasty(struct buffer *out, uint32_t which) {
    struct module module = {0};
    struct buffer nothing = {0};
    run_add(&module, OP_NOP);
    custom_add(&module, nasty[which], &nothing);
    module_end_run(&module, out);
}

/* A name section that names function 0, which traps: the backtrace shows it. */
static void function_nasty(struct buffer *out, uint32_t which) {
    struct module module = {0};
    struct buffer names = {0}, content = {0};
    run_add(&module, OP_UNREACHABLE);
    BUFFER_ADD(&names, 1, 0);
    buffer_name(&names, nasty[which]);
    section_add(&content, 1, &names);
    custom_add(&module, "name", &content);
    buffer_end(&names);
    buffer_end(&content);
    module_end_run(&module, out);
}

/* A name of so many KiB, in each place. */
static void text_long(struct buffer *name, uint32_t kibibytes) {
    buffer_u32(name, kibibytes * 1024);
    buffer_repeat_byte(name, 'n', kibibytes * 1024);
}

static void import_long(struct buffer *out, uint32_t kibibytes) {
    struct module module = {0};
    run_add(&module, OP_NOP);
    text_long(&module.sections[SECTION_IMPORT], kibibytes);
    text_long(&module.sections[SECTION_IMPORT], kibibytes);
    BUFFER_ADD(&module.sections[SECTION_IMPORT], KIND_FUNCTION, 0);
    module.counts[SECTION_IMPORT] = 1;
    module_end_run(&module, out);
}

static void export_long(struct buffer *out, uint32_t kibibytes) {
    struct module module = {0};
    run_add(&module, OP_NOP);
    text_long(&module.sections[SECTION_EXPORT], kibibytes);
    BUFFER_ADD(&module.sections[SECTION_EXPORT], KIND_FUNCTION, 0);
    module.counts[SECTION_EXPORT] = 1;
    module_end_run(&module, out);
}

static void function_long(struct buffer *out, uint32_t kibibytes) {
    struct module module = {0};
    struct buffer names = {0}, content = {0};
    run_add(&module, OP_UNREACHABLE);
    BUFFER_ADD(&names, 1, 0);
    text_long(&names, kibibytes);
    section_add(&content, 1, &names);
    custom_add(&module, "name", &content);
    buffer_end(&names);
    buffer_end(&content);
    module_end_run(&module, out);
}

/* Not UTF-8: an import, an export, a custom section, with each of these. */
static void not_utf8(struct buffer *out, uint32_t which) {
    static const struct {
        uint8_t size;
        char bytes[5];
    } texts[] = {{1, "\x80"}, {2, "\xc0\x80"}, {3, "\xed\xa0\x80"}, {4, "\xf4\x90\x80\x80"}, {1, "\xff"}, {2, "\xe2\x82"}};
    struct module module = {0};
    struct buffer name = {0};
    buffer_u32(&name, texts[which / 3].size);
    buffer_bytes(&name, texts[which / 3].bytes, texts[which / 3].size);
    run_add(&module, OP_NOP);
    switch (which % 3) {
    case 0:
        buffer_append(&module.sections[SECTION_IMPORT], &name);
        BUFFER_ADD(&module.sections[SECTION_IMPORT], 0, 0, 0);
        module.counts[SECTION_IMPORT] = 1;
        break;
    case 1:
        buffer_append(&module.sections[SECTION_EXPORT], &name);
        BUFFER_ADD(&module.sections[SECTION_EXPORT], 0, 0);
        module.counts[SECTION_EXPORT] = 1;
        break;
    default: section_add(&module.custom, SECTION_CUSTOM, &name); break;
    }
    buffer_end(&name);
    module_end_run(&module, out);
}

/* A name section is a courtesy: whatever is in it, the module is valid, and its trap is told. */
static void name_section(struct buffer *out, uint32_t which) {
    static const struct {
        uint8_t size;
        uint8_t bytes[16];
    } contents[] = {
        {0, {0}},
        {1, {1}},
        {2, {1, 0}},
        {2, {1, 0x7F}},
        {6, {1, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F}},
        {7, {1, 5, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F}},                /* 2^32 - 1 names */
        {8, {1, 6, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F}},             /* of function 2^32 - 1 */
        {9, {1, 7, 1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F}},          /* of 4 GiB */
        {7, {1, 5, 1, 0, 100, 'a', 'b'}},                         /* longer than the subsection */
        {6, {1, 4, 1, 0, 1, 0x80}},                               /* not UTF-8 */
        {12, {1, 10, 3, 5, 1, 'f', 0, 1, 'z', 0, 1, 'y'}},        /* out of order, and twice */
        {12, {1, 4, 1, 0, 1, 'a', 1, 4, 1, 0, 1, 'b'}},           /* two subsections */
        {12, {2, 4, 1, 0, 1, 'a', 1, 4, 1, 0, 1, 'b'}},           /* out of order */
        {6, {0xFF, 4, 1, 0, 1, 'a'}},                             /* unknown subsection */
        {10, {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 0, 1, 'a'}}, /* a number that does not end */
    };
    struct module module = {0};
    struct buffer content = {0};
    run_add(&module, OP_UNREACHABLE);
    buffer_bytes(&content, contents[which].bytes, contents[which].size);
    custom_add(&module, "name", &content);
    buffer_end(&content);
    module_end_run(&module, out);
}

/* A name section with a million names, and a call that traps: looking up a name is not the place to be slow. */
static void name_many(struct buffer *out, uint32_t count) {
    struct module module = {0};
    struct buffer names = {0}, content = {0};
    run_add(&module, OP_UNREACHABLE);
    buffer_u32(&names, count);
    for (uint32_t i = 0; i < count; i++) {
        buffer_u32(&names, i);
        buffer_name(&names, "f");
    }
    section_add(&content, 1, &names);
    custom_add(&module, "name", &content);
    buffer_end(&names);
    buffer_end(&content);
    module_end_run(&module, out);
}

const struct hostile cases_names[] = {
    {"import-nasty", import_nasty, 0, NASTY_COUNT - 1, VERDICT_VALID, OUTCOME_REFUSED},
    {"export-nasty", export_nasty, 0, NASTY_COUNT - 1, VERDICT_VALID, OUTCOME_ENDS},
    {"export-nasty-twice", export_nasty_twice, 0, NASTY_COUNT - 1, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"custom-nasty", custom_nasty, 0, NASTY_COUNT - 1, VERDICT_VALID, OUTCOME_ENDS},
    {"function-nasty", function_nasty, 0, NASTY_COUNT - 1, VERDICT_VALID, OUTCOME_TRAPS},
    {"import-long", import_long, 1024, 1024, VERDICT_VALID, OUTCOME_REFUSED},
    {"export-long", export_long, 1024, 1024, VERDICT_VALID, OUTCOME_ENDS},
    {"function-long", function_long, 1024, 1024, VERDICT_VALID, OUTCOME_TRAPS},
    {"not-utf8", not_utf8, 0, 17, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"name-section", name_section, 0, 14, VERDICT_VALID, OUTCOME_TRAPS},
    {"name-many", name_many, 1000000, 1000000, VERDICT_VALID, OUTCOME_TRAPS},
    {0},
};
