/* Reading WIT: canonical texts and hashes, what is refused and where, limits, memory that ends at every point. */
#include "tools/wit/wit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/support/support.h"
#include "tools/wit/model.h"

static struct budget budget;

static int set_up(void **state) {
    (void)state;
    support_fail_after(-1);
    budget_init_root(&budget, support_memory(), BUDGET_UNLIMITED);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    support_fail_after(-1);
    budget_end(&budget);
    return support_live_blocks() == 0 ? 0 : -1;
}

/* ---- Other files: NULL ends the list ---- */

struct library {
    const char *package;
    const char *name;
    const char *text;
};

static enum error find(void *context, struct bytes package, struct bytes interface, struct report *report, struct wit_file *out) {
    for (const struct library *file = context; file->name != NULL; file++) {
        if (bytes_equal(package, bytes_from_text(file->package)) && bytes_equal(interface, bytes_from_text(file->name))) {
            *out = (struct wit_file){bytes_from_text(file->name), bytes_from_text(file->text)};
            return file->text[0] == 0 ? report_fail(report, ERROR_HOST, REPORT_NO_OFFSET, "the disk is wet") : ERROR_NONE;
        }
    }
    return ERROR_NOT_FOUND;
}

struct outcome {
    struct wit *wit;
    enum error error;
    struct wit_problem problem;
};

static struct outcome read_with(const char *text, const struct library *library) {
    /* Both stay: the text is a literal or a static array of the test, and the wit does not outlive the test. */
    static struct wit_source source;
    const struct wit_file file = {bytes_from_text("test.wit"), bytes_from_text(text)};
    struct outcome outcome = {.error = ERROR_NONE};
    source = (struct wit_source){(void *)(uintptr_t)library, find};
    wit_problem_init(&outcome.problem);
    outcome.error = wit_create(&budget, library == NULL ? NULL : &source, &outcome.wit);
    if (outcome.error == ERROR_NONE) {
        outcome.error = wit_read(outcome.wit, &file, &outcome.problem);
    }
    return outcome;
}

static void end(struct outcome *outcome) {
    if (outcome->wit != NULL) {
        wit_destroy(outcome->wit);
    }
}

/* What is made of the first interface, as a string that stands until the next call. */
static const char *print(const char *text, const struct library *library, enum wit_form form) {
    static char out[1 << 16];
    struct outcome outcome = read_with(text, library);
    struct bytes bytes;
    if (outcome.error != ERROR_NONE) {
        print_message("%u:%u: %s\n", outcome.problem.line, outcome.problem.column, outcome.problem.report.text);
    }
    assert_int_equal(outcome.error, ERROR_NONE);
    assert_int_equal(wit_print(wit_interface_at(outcome.wit, 0), form, &outcome.problem, &bytes), ERROR_NONE);
    assert_true(bytes.size < sizeof out);
    memcpy(out, bytes.data, bytes.size);
    out[bytes.size] = 0;
    end(&outcome);
    return out;
}

static void hash(const char *text, const struct library *library, uint8_t digest[SHA256_SIZE]) {
    struct outcome outcome = read_with(text, library);
    assert_int_equal(outcome.error, ERROR_NONE);
    assert_int_equal(wit_interface_hash(wit_interface_at(outcome.wit, 0), digest), ERROR_NONE);
    end(&outcome);
}

static bool same_hash(const char *left, const char *right, const struct library *library) {
    uint8_t left_digest[SHA256_SIZE], right_digest[SHA256_SIZE];
    hash(left, library, left_digest);
    hash(right, library, right_digest);
    return memcmp(left_digest, right_digest, SHA256_SIZE) == 0;
}

/* ---- Canonical text ---- */

#define SHARED_TEXT                                                                                                                                  \
    "package a:other;\n"                                                                                                                             \
    "interface shared { record inner { x: u8 } record unused { y: u8 } record outer { inner: inner, more: option<inner> } }\n"                       \
    "interface things { use shared.{inner}; record lost { z: u8 }\n"                                                                                 \
    "  resource thing { peek: func() -> inner; } count: func() -> u32; }"

static const struct library shared[] = {{"a:other", "shared", SHARED_TEXT}, {"a:other", "things", SHARED_TEXT}, {NULL, NULL, NULL}};

#define ALL_TEXT                                                                                                                                     \
    "package a:b;\n"                                                                                                                                 \
    "\n"                                                                                                                                             \
    "interface all {\n"                                                                                                                              \
    "    record r {\n"                                                                                                                               \
    "        %type: s8,\n"                                                                                                                           \
    "        names: list<string>,\n"                                                                                                                 \
    "    }\n"                                                                                                                                        \
    "    variant v {\n"                                                                                                                              \
    "        none,\n"                                                                                                                                \
    "        some(tuple<char, f32>),\n"                                                                                                              \
    "    }\n"                                                                                                                                        \
    "    enum e {\n"                                                                                                                                 \
    "        one,\n"                                                                                                                                 \
    "        two-b2,\n"                                                                                                                              \
    "    }\n"                                                                                                                                        \
    "    flags f {\n"                                                                                                                                \
    "        read,\n"                                                                                                                                \
    "    }\n"                                                                                                                                        \
    "    type t = result<_, option<bool>>;\n"                                                                                                        \
    "    resource res {\n"                                                                                                                           \
    "        constructor(a: u64);\n"                                                                                                                 \
    "        look: func(other: borrow<res>) -> result;\n"                                                                                            \
    "        open: static func() -> result<own<res>>;\n"                                                                                             \
    "    }\n"                                                                                                                                        \
    "    resource bare;\n"                                                                                                                           \
    "    go: func(r: r, x: own<bare>) -> result<f64, t>;\n"                                                                                          \
    "}\n"

static void test_canonical(void **state) {
    (void)state;
    assert_string_equal(print(ALL_TEXT, NULL, WIT_CANONICAL), ALL_TEXT);
    /* Everything that may be otherwise: space, comments, commas, '%' where it is not needed, resources without own. */
    const char *text =
        "/* x /* nested */ */package a:b ; ///doc\r\n"
        "interface %all{record r{%type:s8,names:list<string>}/// doc\n variant v{none,some(tuple<char,f32,>)}enum e{one,/** doc */two-b2}\n"
        "flags f{read}type t=result<_,option<bool>>;resource res{constructor(a:u64);look:func(other:borrow<res>,)->result;\n"
        "open:static func()->result<res>;}resource bare{}go:func(r:r,x:bare)->result<f64,t>;}// end";
    assert_string_equal(print(text, NULL, WIT_CANONICAL), ALL_TEXT);
    assert_true(same_hash(text, ALL_TEXT, NULL));
}

static void test_uses(void **state) {
    (void)state;
    const char *text = "package c:d; interface i { use a:other/shared.{outer as o}; f: func(x: o); }";
    const char *whole = "package c:d;\n\n"
                        "package a:other {\n    interface shared {\n"
                        "        record inner {\n            x: u8,\n        }\n"
                        "        record outer {\n            inner: inner,\n            more: option<inner>,\n        }\n"
                        "    }\n}\n\n"
                        "interface i {\n    use a:other/shared.{outer as o};\n    f: func(x: o);\n}\n";
    assert_string_equal(print(text, shared, WIT_CANONICAL), whole);
    /* The canonical text stands by itself. */
    assert_string_equal(print(whole, NULL, WIT_CANONICAL), whole);

    const char *near = "package a:other; interface i { use things.{thing}; f: func(x: borrow<thing>); }";
    assert_string_equal(print(near, shared, WIT_CANONICAL),
                        "package a:other;\n\ninterface shared {\n    record inner {\n        x: u8,\n    }\n}\n\n"
                        "interface things {\n    use shared.{inner};\n    record lost {\n        z: u8,\n    }\n"
                        "    resource thing {\n        peek: func() -> inner;\n    }\n    count: func() -> u32;\n}\n\n"
                        "interface i {\n    use things.{thing};\n    f: func(x: borrow<thing>);\n}\n");
}

static void test_hash(void **state) {
    (void)state;
    static const char base[] = "package a:b; interface i { record r { x: u8, y: u16 } f: func(r: r) -> u32; }";
    static const char *const others[] = {
        "package a:c; interface i { record r { x: u8, y: u16 } f: func(r: r) -> u32; }",
        "package a:b; interface j { record r { x: u8, y: u16 } f: func(r: r) -> u32; }",
        "package a:b; interface i { record r { x: u8, y: s16 } f: func(r: r) -> u32; }",
        "package a:b; interface i { record r { y: u16, x: u8 } f: func(r: r) -> u32; }",
        "package a:b; interface i { record r { x: u8, z: u16 } f: func(r: r) -> u32; }",
        "package a:b; interface i { record r { x: u8, y: u16 } g: func(r: r) -> u32; }",
        "package a:b; interface i { record r { x: u8, y: u16 } f: func(r: r); }",
        "package a:b; interface i { record r { x: u8, y: u16 } f: func(r: r) -> u32; g: func(); }",
    };
    assert_true(same_hash(base, "package a:b; interface i { /* ! */ record r { x: u8,\n\n y: u16, } /// doc\n f: func(r: r) -> u32; }", NULL));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(same_hash(base, others[i], NULL));
    }
}

/* A type that is used is part of the hash, one beside it is not. */
static void test_hash_of_used(void **state) {
    (void)state;
    static const char text[] = "package c:d; interface i { use a:b/s.{t}; f: func(x: t); }";
    static const struct library texts[][2] = {
        {{"a:b", "s", "package a:b; interface s { record t { x: u8 } record other { x: u8 } }"}, {NULL, NULL, NULL}},
        {{"a:b", "s", "package a:b; interface s { /* ! */ record t { x: u8 } record other { x: u16 } }"}, {NULL, NULL, NULL}},
        {{"a:b", "s", "package a:b; interface s { record t { x: u16 } record other { x: u8 } }"}, {NULL, NULL, NULL}},
    };
    uint8_t digests[3][SHA256_SIZE];
    for (size_t i = 0; i < 3; i++) {
        hash(text, texts[i], digests[i]);
    }
    assert_memory_equal(digests[0], digests[1], SHA256_SIZE);
    assert_memory_not_equal(digests[0], digests[2], SHA256_SIZE);
}

static void test_operations(void **state) {
    (void)state;
    assert_string_equal(print("package a:b; interface i { record r { a: u8, b: u64, c: string } resource s { m: func(x: option<u32>, y: own<s>); }\n"
                              "wide: func(x: u8, r: r) -> list<u8>; five: func(a: r, b: u8) -> tuple<string, string>; }",
                              NULL, WIT_OPERATIONS),
                        "   1  s.m: func(x: option<u32>, y: own<s>);\n"
                        "      request  words 0 to 1 x, word 2 y; 1 grant; through a grant of s\n"
                        "      answer   nothing\n"
                        "   2  wide: func(x: u8, r: r) -> list<u8>;\n"
                        "      request  block of 32 bytes and what its lists hold: +0 x, +8 r\n"
                        "      answer   words 0 to 1; block: the list or string itself\n"
                        "   3  five: func(a: r, b: u8) -> tuple<string, string>;\n"
                        "      request  block of 32 bytes and what its lists hold: +0 a, +24 b\n"
                        "      answer   words 0 to 3; block: what the lists hold\n");
}

static void test_page(void **state) {
    (void)state;
    const char *page = print("package a:b;\n/// What it is.\n///\n/// More.\ninterface i {\n/// A color.\nenum e {\n/// Like blood.\nred, green }\n"
                             "/**\n * Two\n * lines. */\nf: func(x: e); }",
                             NULL, WIT_PAGE);
    assert_memory_equal(page, "# i\n\nWhat it is.\n\nMore.\n\nInterface `a:b/i`, by its hash `", 57);
    assert_string_equal(strstr(page, "## Types"),
                        "## Types\n\n### e\n\nA color.\n\n```wit\nenum e {\n    red,\n    green,\n}\n```\n\n- `red`: Like blood.\n\n"
                        "## Functions\n\n### 1: f\n\n```wit\nf: func(x: e);\n```\n\nTwo\nlines.\n\nRequest: word 0 x. Answer: nothing.\n");
}

/* ---- What is refused ---- */

struct refusal {
    const char *text;
    uint32_t line, column;
    enum error error;
    const char *says; /* some of it */
};

#define INSIDE(text) "package a:b; interface i {\n" text "\n}"

static const struct refusal refusals[] = {
    {"", 1, 1, ERROR_MALFORMED, "no interface"},
    {"package a:b;", 1, 13, ERROR_MALFORMED, "no interface"},
    {"interface i {}", 1, 1, ERROR_MALFORMED, "belongs to a package"},
    {"package a:b@1.0.0; interface i {}", 1, 12, ERROR_UNSUPPORTED, "no versions"},
    {"package a; interface i {}", 1, 10, ERROR_MALFORMED, "expected ':'"},
    {"package a : b; interface i {}", 1, 9, ERROR_MALFORMED, "without spaces"},
    {"package a:b;\nworld w {}", 2, 1, ERROR_UNSUPPORTED, "worlds are not known"},
    {"package a:b;\nuse c:d/e;", 2, 1, ERROR_UNSUPPORTED, "inside of an interface"},
    {"package a:b; package c:d; interface i {}", 1, 14, ERROR_MALFORMED, "named once"},
    {"package a:b; interface i {} interface i {}", 1, 39, ERROR_INVALID, "twice"},
    {"package a:b; interface i {", 1, 27, ERROR_MALFORMED, "the text ends"},
    {"package a:b; interface i {} }", 1, 29, ERROR_MALFORMED, "expected 'package' or 'interface'"},
    {"package a:b; /* interface i {}", 1, 14, ERROR_MALFORMED, "no end"},
    {"package a:b; interface I {}", 1, 24, ERROR_MALFORMED, "small letters"},
    {INSIDE("a_b: func();"), 2, 2, ERROR_MALFORMED, "small letters"},
    {INSIDE("a-1: func();"), 2, 3, ERROR_MALFORMED, "letter first"},
    {INSIDE("a-: func();"), 2, 3, ERROR_MALFORMED, "letter first"},
    {INSIDE("\xC3\xA4: func();"), 2, 1, ERROR_MALFORMED, "no meaning"},
    {INSIDE("f: func() # 1;"), 2, 11, ERROR_MALFORMED, "'#' has no meaning"},
    {INSIDE("f: func() - u8;"), 2, 11, ERROR_MALFORMED, "'-' has no meaning"},
    {INSIDE("// \xE2\x80\xAE"), 2, 4, ERROR_MALFORMED, "cannot be seen"},
    {INSIDE("// \x1B[0m"), 2, 4, ERROR_MALFORMED, "cannot be seen"},
    {INSIDE("// \xFF"), 1, 1, ERROR_MALFORMED, "UTF-8"},
    {INSIDE("list: func();"), 2, 1, ERROR_MALFORMED, "written %list"},
    {INSIDE("f: func(x: u8, x: u8);"), 2, 16, ERROR_INVALID, "'x' is there twice"},
    {INSIDE("f: func(); f: func();"), 2, 12, ERROR_INVALID, "'f' is there twice"},
    {INSIDE("type f = u8; f: func();"), 2, 14, ERROR_INVALID, "'f' is there twice"},
    {INSIDE("resource r { f: func(); f: static func(); }"), 2, 25, ERROR_INVALID, "in this resource"},
    {INSIDE("resource r { constructor() -> r; }"), 2, 28, ERROR_UNSUPPORTED, "cannot fail"},
    {INSIDE("f: async func();"), 2, 4, ERROR_UNSUPPORTED, "async"},
    {INSIDE("f: static func();"), 2, 4, ERROR_MALFORMED, "expected 'func'"},
    {INSIDE("f: func() -> (a: u8);"), 2, 14, ERROR_UNSUPPORTED, "one result"},
    {INSIDE("f: func(x: stream<u8>);"), 2, 12, ERROR_UNSUPPORTED, "stream is not known"},
    {INSIDE("f: func(x: future);"), 2, 12, ERROR_UNSUPPORTED, "future is not known"},
    {INSIDE("f: func(x: list<u8, 4>);"), 2, 19, ERROR_UNSUPPORTED, "fixed length"},
    {INSIDE("f: func(x: list);"), 2, 16, ERROR_MALFORMED, "expected '<'"},
    {INSIDE("f: func(x: tuple<>);"), 2, 18, ERROR_MALFORMED, "expected a type"},
    {INSIDE("f: func(x: result<_>);"), 2, 20, ERROR_MALFORMED, "expected ','"},
    {INSIDE("f: func(x: lost);"), 2, 12, ERROR_INVALID, "'lost' is no type"},
    {INSIDE("f: func(); type t = f;"), 2, 21, ERROR_INVALID, "is a function"},
    {INSIDE("type t = u8; f: func(x: own<t>);"), 2, 29, ERROR_INVALID, "is no resource"},
    {INSIDE("resource r; type t = r;"), 2, 18, ERROR_INVALID, "second name"},
    {INSIDE("resource r; f: func() -> borrow<r>;"), 2, 13, ERROR_INVALID, "cannot be borrowed"},
    {INSIDE("resource r; f: func(x: list<r>);"), 2, 24, ERROR_UNSUPPORTED, "cannot hold resources"},
    {INSIDE("resource r; f: func(a: r, b: r, c: r, d: r, e: r);"), 2, 13, ERROR_LIMIT, "four resources"},
    {INSIDE("resource r; f: func() -> tuple<r, r, r, r, r>;"), 2, 13, ERROR_LIMIT, "four resources"},
    {INSIDE("record r { x: r }"), 2, 8, ERROR_INVALID, "hold itself"},
    {INSIDE("record r { x: list<s> } variant s { x(option<r>) }"), 2, 8, ERROR_INVALID, "hold itself"},
    {INSIDE("type a = b; type b = a;"), 2, 6, ERROR_INVALID, "hold itself"},
    {INSIDE("record r { }"), 2, 8, ERROR_INVALID, "no values"},
    {INSIDE("use lost.{t};"), 2, 1, ERROR_NOT_FOUND, "no interface a:b/lost"},
    {INSIDE("use i.{t};"), 2, 1, ERROR_INVALID, "use each other"},
    {INSIDE("use a:other/shared.{lost};"), 2, 21, ERROR_INVALID, "no type of that interface"},
    {INSIDE("use a:wet/s.{t};"), 2, 1, ERROR_HOST, "the disk is wet"},
    {INSIDE("use a:wrong/w.{t};"), 1, 9, ERROR_MALFORMED, "expected a name"},
    {INSIDE("use a:far/f.{t};"), 1, 33, ERROR_INVALID, "use each other"},
    {INSIDE("record r { x: u8, @since(version = 1.0.0) y: u8 }"), 2, 19, ERROR_MALFORMED, "expected a name"},
};

static const struct library odd[] = {{"a:other", "shared", SHARED_TEXT},
                                     {"a:wet", "s", ""},
                                     {"a:wrong", "w", "package : nothing"},
                                     {"a:far", "f", "package a:far; interface f { use near.{u}; type t = u; }"},
                                     {"a:far", "near", "package a:far; interface near { use f.{t}; type u = t; }"},
                                     {NULL, NULL, NULL}};

static void test_refusals(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *refusal = &refusals[i];
        struct outcome outcome = read_with(refusal->text, odd);
        const struct wit_problem *problem = &outcome.problem;
        if (outcome.error != refusal->error || problem->line != refusal->line || problem->column != refusal->column ||
            strstr(problem->report.text, refusal->says) == NULL) {
            fprintf(stderr, "%s\n%u:%u: %s\n", refusal->text, problem->line, problem->column, problem->report.text);
        }
        end(&outcome);
        assert_int_equal(outcome.error, refusal->error);
        assert_int_equal(problem->report.error, refusal->error);
        assert_non_null(strstr(problem->report.text, refusal->says));
        assert_int_equal(problem->line, refusal->line);
        assert_int_equal(problem->column, refusal->column);
    }
}

/* ---- Limits ---- */

static char large[1 << 18];
static size_t large_size;

static void add(const char *pattern, ...) {
    va_list arguments;
    va_start(arguments, pattern);
    const int size = vsnprintf(large + large_size, sizeof large - large_size, pattern, arguments);
    va_end(arguments);
    assert_true(size >= 0 && large_size + (size_t)size < sizeof large);
    large_size += (size_t)size;
}

static void start_large(void) {
    large_size = 0;
    add("package a:b; interface i {\n");
}

/* What was added holds, or is beyond a limit. */
static void expect_large(bool holds) {
    add("}");
    struct outcome outcome = read_with(large, NULL);
    if (outcome.error != (holds ? ERROR_NONE : ERROR_LIMIT)) {
        print_message("%u:%u: %s\n", outcome.problem.line, outcome.problem.column, outcome.problem.report.text);
    }
    assert_int_equal(outcome.error, holds ? ERROR_NONE : ERROR_LIMIT);
    if (holds) {
        for (enum wit_form form = WIT_CANONICAL; form <= WIT_PAGE; form++) {
            struct bytes text;
            assert_int_equal(wit_print(wit_interface_at(outcome.wit, 0), form, &outcome.problem, &text), ERROR_NONE);
        }
    } else {
        assert_true(outcome.problem.line > 0);
    }
    end(&outcome);
}

static void test_limit_of_lists(void **state) {
    (void)state;
    for (int over = 0; over < 2; over++) {
        start_large();
        add("enum e { ");
        for (int i = 0; i < WIT_MAX_MEMBERS + over; i++) {
            add("c%d, ", i);
        }
        add("}");
        expect_large(over == 0);

        start_large();
        add("flags e { ");
        for (int i = 0; i < WIT_MAX_FLAGS + over; i++) {
            add("c%d, ", i);
        }
        add("}");
        expect_large(over == 0);

        start_large();
        add("f: func(");
        for (int i = 0; i < WIT_MAX_PARAMETERS + over; i++) {
            add("p%d: u8, ", i);
        }
        add(");");
        expect_large(over == 0);

        start_large();
        for (int i = 0; i < WIT_MAX_FUNCTIONS + over; i++) {
            add("g%d: func();", i);
        }
        expect_large(over == 0);

        start_large();
        for (int i = 0; i < WIT_MAX_RESOURCES + over; i++) {
            add("resource r%d;", i);
        }
        expect_large(over == 0);
    }
}

static void test_limit_of_depth(void **state) {
    (void)state;
    for (int over = 0; over < 2; over++) {
        start_large();
        add("type t = ");
        for (int i = 1; i < WIT_MAX_NESTING + over; i++) {
            add("list<");
        }
        add("u8");
        for (int i = 1; i < WIT_MAX_NESTING + over; i++) {
            add(">");
        }
        add(";");
        expect_large(over == 0);

        /* Each of them is a name and an alias. */
        start_large();
        add("type t0 = u8;");
        for (int i = 1; i < WIT_MAX_DEPTH / 2 + over; i++) {
            add("type t%d = t%d;", i, i - 1);
        }
        expect_large(over == 0);

        start_large();
        for (int i = WIT_MAX_DEPTH / 2 + over - 1; i > 0; i--) {
            add("type t%d = t%d;", i, i - 1);
        }
        add("type t0 = u8;");
        expect_large(over == 0);

        /* Each twice as large as the one before. */
        start_large();
        add("record r0 { a: u64 }");
        for (int i = 1; i <= 9 + over; i++) {
            add("record r%d { a: r%d, b: r%d }", i, i - 1, i - 1);
        }
        expect_large(over == 0);
    }
}

static void test_limit_of_size(void **state) {
    (void)state;
    for (int over = 0; over < 2; over++) {
        start_large();
        add("%.*s: func();", WIT_MAX_NAME_BYTES + over, "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz");
        expect_large(over == 0);

        start_large();
        while (large_size < (size_t)WIT_MAX_TEXT_BYTES - 1 + (size_t)over) {
            add(" ");
        }
        expect_large(over == 0);
    }
    start_large();
    for (int i = 0; i <= WIT_MAX_TYPES / 1000; i++) {
        add("record r%d {", i);
        for (int j = 0; j < 1000; j++) {
            add("g%d: u8,", j);
        }
        add("}");
    }
    expect_large(false);
}

/* ---- C ---- */

/* Two things with one name in C. */
static void test_names_in_c(void **state) {
    (void)state;
    static const char *const texts[] = {
        INSIDE("resource r { f: func(); } r-f: func();"), INSIDE("record u32-option { x: u8 } f: func(x: option<u32>, y: u32-option);"),
        INSIDE("enum operation { f } f: func();"),        INSIDE("resource r { x: func(); } r-gone: func();"),
        INSIDE("enum a { b-c } enum a-b { c }"),          INSIDE("f: func(x: tuple<string, list<list<u32>>>, y: list<tuple<string, list<u32>>>);"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct outcome outcome = read_with(texts[i], NULL);
        struct bytes text;
        assert_int_equal(outcome.error, ERROR_NONE);
        assert_int_equal(wit_print(wit_interface_at(outcome.wit, 0), WIT_HEADER, &outcome.problem, &text), ERROR_INVALID);
        assert_non_null(strstr(outcome.problem.report.text, "in C"));
        assert_int_equal(outcome.problem.line, 2);
        end(&outcome);
    }
}

static void test_header(void **state) {
    (void)state;
    const char *header =
        print(INSIDE("/// No end: */ of it.\nrecord point { class: s8, y: u16 } move: func(by: point) -> option<point>;"), NULL, WIT_HEADER);
    assert_non_null(strstr(header, "/* No end: * / of it. */\n"
                                   "struct i_point {\n    int8_t class_;\n    uint16_t y;\n};\n\n"
                                   "static inline bool i_point_load(struct wire_reader *reader, uint32_t at, struct i_point *out) {\n"
                                   "    bool ok = wire_s8_load(reader, at, &out->class_);\n"
                                   "    ok = ok && wire_u16_load(reader, at + 2, &out->y);\n"
                                   "    return ok;\n}\n"));
    assert_non_null(strstr(header, "struct i_point_option {\n    bool is_some;\n    struct i_point value;\n};\n"));
    assert_non_null(strstr(header, "    case I_OPERATION_MOVE: return i_move_dispatch(handler, self, request, answer);\n"));
}

/* ---- Memory ---- */

static void test_memory_ends(void **state) {
    (void)state;
    for (enum wit_form form = WIT_CANONICAL; form <= WIT_PAGE; form++) {
        enum error error = ERROR_NO_MEMORY;
        for (long allowed = 0; error != ERROR_NONE; allowed++) {
            assert_true(allowed < 1000);
            support_fail_after(allowed);
            struct outcome outcome =
                read_with("package c:d; interface i { use a:other/things.{thing}; record r { a: list<thing-or> } variant thing-or { x }\n"
                          "f: func(x: borrow<thing>, y: r, z: tuple<u8, string>) -> result<list<r>, string>; }",
                          shared);
            error = outcome.error;
            if (error == ERROR_NONE) {
                struct bytes text;
                error = wit_print(wit_interface_at(outcome.wit, 0), form, &outcome.problem, &text);
            }
            assert_true(error == ERROR_NONE || error == ERROR_NO_MEMORY);
            support_fail_after(-1);
            end(&outcome);
            assert_int_equal(support_live_blocks(), 0);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_canonical, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_uses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hash, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hash_of_used, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_operations, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_page, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limit_of_lists, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limit_of_depth, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limit_of_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_names_in_c, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_header, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_memory_ends, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
