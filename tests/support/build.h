/* Modules for tests, byte by byte, and attempts to load them. For modules that no text format can say: wrong ones, large
   ones, ones with every encoding there is. */
#ifndef TESTS_SUPPORT_BUILD_H
#define TESTS_SUPPORT_BUILD_H

#include "base/budget.h"
#include "wasm/wasm.h"

/* Bytes that grow. Zeroed to begin with. */
struct build {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

void build_end(struct build *build);
struct bytes build_bytes(const struct build *build);

void build_byte(struct build *build, uint8_t byte);
/* Pairs of hexadecimal digits; blanks between them are skipped. */
void build_hex(struct build *build, const char *digits);
void build_repeat(struct build *build, const char *digits, size_t count);
/* The shortest LEB128. */
void build_u32(struct build *build, uint32_t value);
/* Its length, then the text. */
void build_name(struct build *build, const char *text);
/* Magic and version. */
void build_preamble(struct build *build);

/* Things that begin with their size: open, add the content, close. The size takes five bytes, whatever it is. */
size_t build_open(struct build *build);
void build_close(struct build *build, size_t mark);
size_t build_section_open(struct build *build, uint8_t id);
/* A whole section from digits. */
void build_section(struct build *build, uint8_t id, const char *digits);
/* A custom section; its content is digits. */
void build_custom(struct build *build, const char *name, const char *digits);

/* A module with every section and every encoding of imports, segments and limits, that is valid. */
void build_everything(struct build *build);
/* A module with one function: digits of its type, its locals with the instructions behind them. */
void build_function(struct build *build, const char *type, const char *body);

/* One try to load a module, in an engine and a budget of its own. */
struct attempt {
    struct budget budget;
    struct wasm_engine *engine;
    struct wasm_module *module; /* NULL when error says why */
    struct report report;
    enum error error;
};

/* The engine, too, may run into the limit or into support_fail_after: then the module is not tried. */
void attempt_begin(struct attempt *attempt, struct bytes bytes, uint64_t limit_bytes);
/* Destroys what there is; the budget must be empty then. */
void attempt_end(struct attempt *attempt);

#endif
