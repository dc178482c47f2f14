/* Linking: binding a module's imports to what a resolver finds. Private to the engine. */
#ifndef WASM_LINK_H
#define WASM_LINK_H

#include "wasm/store.h"

/* Fills in the imported part of the instance's index spaces, which have room. ERROR_UNLINKABLE, and the report names the
   import and what is wrong. */
enum error link_imports(struct wasm_instance *instance, wasm_resolve *resolve, void *context, struct report *report) MUST_CHECK;

#endif
