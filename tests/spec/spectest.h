/* The module `spectest` of the specification's test suite: what its modules import from the host. */
#ifndef TESTS_SPEC_SPECTEST_H
#define TESTS_SPEC_SPECTEST_H

#include "wasm/wasm.h"

#define SPECTEST_EXPORTS_MAX 16

struct spectest {
    struct {
        struct bytes name;
        struct wasm_extern value;
    } exports[SPECTEST_EXPORTS_MAX];
    size_t count;
};

/* Makes its functions, memory, table and globals in a store, which owns them. */
enum error spectest_create(struct wasm_store *store, struct spectest *out) MUST_CHECK;
/* False when spectest exports nothing of that name. */
bool spectest_find(const struct spectest *spectest, struct bytes name, struct wasm_extern *out);

#endif
