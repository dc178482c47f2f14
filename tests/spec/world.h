/* The world of one test script: an engine on the Linux host with one store, the modules and instances made in it, and
   the names that they have. Whatever was made lives until world_destroy, as a store's things must. */
#ifndef TESTS_SPEC_WORLD_H
#define TESTS_SPEC_WORLD_H

#include "tests/spec/script.h"
#include "wasm/wasm.h"

struct world;

/* Stops the program when the host does not work: then there is nothing to test. */
struct world *world_create(const struct script_options *script);
/* Asserts that everything that was charged is refunded. */
void world_destroy(struct world *world);

struct wasm_store *world_store(const struct world *world);

/* Decodes the module in a file. clear_shared: its memories are made unshared first. */
enum error world_load(struct world *world, const char *path, bool clear_shared, struct report *report, struct wasm_module **out) MUST_CHECK;
/* Imports come from what was registered, and from spectest. *missing tells whether an import was not found. */
enum error world_instantiate(struct world *world, const struct wasm_module *module, struct report *report, bool *missing,
                             struct wasm_instance **out) MUST_CHECK;

/* The instance becomes the current one and, unless name is NULL, is found by name. instance may be NULL: none is current. */
void world_name(struct world *world, const char *name, struct wasm_instance *instance);
/* The instance of a name, or the current one for NULL; NULL when there is none. */
struct wasm_instance *world_find(const struct world *world, const char *name);
/* Its exports can be imported under this name from now on. */
void world_register(struct world *world, const char *name, struct wasm_instance *instance);

#endif
