/* Any text as WIT. What is refused says where and why; of what is accepted everything is made that can be made, and its canonical text is its
   own canonical text. */
#include "base/assert.h"
#include "interfaces/built_in.h"
#include "tests/support/support.h"
#include "tools/wit/wit.h"

#include <stdlib.h>
#include <string.h>

#define LIMIT_BYTES (64ull << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed);
/* libFuzzer's own mutations. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t size_max);

/* Where there is nothing yet, mutations start from one of our own. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed) {
    if (size <= 1) {
        const char *text = interface_texts[seed % (sizeof interface_texts / sizeof *interface_texts)].text;
        size = strlen(text) < size_max ? strlen(text) : size_max;
        memcpy(data, text, size);
    }
    return LLVMFuzzerMutate(data, size, size_max);
}

static enum error find(void *context, struct bytes package, struct bytes interface, struct report *report, struct wit_file *out) {
    (void)context;
    (void)package;
    (void)report;
    for (size_t i = 0; i < sizeof interface_texts / sizeof *interface_texts; i++) {
        if (bytes_equal(interface, bytes_from_text(interface_texts[i].name))) {
            *out = (struct wit_file){interface, bytes_from_text(interface_texts[i].text)};
            return ERROR_NONE;
        }
    }
    return ERROR_NOT_FOUND;
}

static const struct wit_source source = {NULL, find};

/* The last interface of a canonical text is the one that it is of. */
static void canonical_check(struct budget *budget, struct bytes text) {
    struct wit *wit;
    struct wit_problem problem;
    struct bytes again;
    const struct wit_file file = {bytes_from_text("canonical"), text};
    wit_problem_init(&problem);
    enum error error = wit_create(budget, NULL, &wit);
    ASSERT(error == ERROR_NONE);
    error = wit_read(wit, &file, &problem);
    /* It may be longer than a text may be. */
    if (error == ERROR_NONE) {
        struct wit_interface *last = wit_interface_at(wit, wit_interface_count(wit) - 1);
        error = wit_print(last, WIT_CANONICAL, &problem, &again);
        ASSERT(error == ERROR_NONE && bytes_equal(text, again));
    } else {
        ASSERT(error == ERROR_LIMIT);
    }
    wit_destroy(wit);
}

static void interface_walk(struct budget *budget, struct wit_interface *interface) {
    for (enum wit_form form = WIT_CANONICAL; form <= WIT_PAGE; form++) {
        struct wit_problem problem;
        struct bytes text;
        wit_problem_init(&problem);
        enum error error = wit_print(interface, form, &problem, &text);
        if (error == ERROR_NONE) {
            ASSERT(bytes_are_utf8(text));
        } else {
            ASSERT(problem.report.error == error && problem.report.text[0] != 0);
            ASSERT(form == WIT_HEADER || form == WIT_BINDINGS || error == ERROR_LIMIT);
        }
        if (error == ERROR_NONE && form == WIT_CANONICAL) {
            canonical_check(budget, text);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    struct budget budget;
    struct wit *wit;
    struct wit_problem problem;
    if (copy == NULL) {
        abort();
    }
    if (size != 0) {
        memcpy(copy, data, size);
    }
    const struct wit_file file = {bytes_from_text("input"), {copy, size}};
    wit_problem_init(&problem);
    budget_init_root(&budget, support_memory(), LIMIT_BYTES);
    enum error error = wit_create(&budget, &source, &wit);
    ASSERT(error == ERROR_NONE);
    error = wit_read(wit, &file, &problem);
    if (error == ERROR_NONE) {
        for (uint32_t i = 0; i < wit_interface_count(wit); i++) {
            interface_walk(&budget, wit_interface_at(wit, i));
        }
    } else {
        ASSERT(problem.report.error == error && problem.report.text[0] != 0);
        ASSERT(problem.line > 0 && problem.column > 0 && problem.file.size > 0);
    }
    wit_destroy(wit);
    budget_end(&budget);
    ASSERT(support_live_bytes() == 0);
    free(copy);
    return 0;
}
