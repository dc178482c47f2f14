/* Traps as text, and the ones that no function is to blame for. */
#include "base/format.h"
#include "wasm/store.h"

#define NAME_TEXT_SIZE  128
#define FRAME_TEXT_SIZE (NAME_TEXT_SIZE + 64)

static const char *const trap_texts[WASM_TRAP_COUNT] = {
#define TRAP(name, text) text,
#include "wasm/traps.def"
#undef TRAP
};

const char *wasm_trap_text(enum wasm_trap_kind kind) {
    return (unsigned)kind < WASM_TRAP_COUNT ? trap_texts[kind] : "unknown trap";
}

enum error store_trap(struct wasm_store *store, enum wasm_trap_kind kind) {
    store->trap.kind = kind;
    store->trap.host_error = ERROR_NONE;
    store->trap.address = UINT64_MAX;
    store->trap.frame_count = 0;
    return ERROR_TRAP;
}

/* "function NAME at offset 0x…", with its index where the module does not name it. */
static void frame_text(const struct wasm_frame *frame, char *out, size_t size) {
    if (frame->module == NULL) {
        format(out, size, "a host function");
        return;
    }
    char name[NAME_TEXT_SIZE];
    struct bytes found = wasm_module_function_name(frame->module, frame->function_index);
    if (found.size > 0) {
        report_quote(found, name, sizeof name);
    } else {
        format(name, sizeof name, "%u", frame->function_index);
    }
    format(out, size, "function %s at offset 0x%llx", name, (unsigned long long)frame->offset);
}

size_t wasm_frame_describe(const struct wasm_frame *frame, uint32_t number, char *out, size_t size) {
    char text[FRAME_TEXT_SIZE];
    frame_text(frame, text, sizeof text);
    return format(out, size, "#%u %s", number, text);
}

size_t wasm_trap_describe(const struct wasm_trap *trap, char *out, size_t size) {
    char cause[64] = "", place[FRAME_TEXT_SIZE];
    if (trap->kind == WASM_TRAP_MEMORY_BOUNDS && trap->address != UINT64_MAX) {
        format(cause, sizeof cause, " (address 0x%llx)", (unsigned long long)trap->address);
    }
    if (trap->kind == WASM_TRAP_HOST) {
        format(cause, sizeof cause, " (%s)", error_text(trap->host_error));
    }
    if (trap->frame_count == 0) {
        return format(out, size, "%s%s", wasm_trap_text(trap->kind), cause);
    }
    frame_text(&trap->frames[0], place, sizeof place);
    return format(out, size, "%s%s in %s", wasm_trap_text(trap->kind), cause, place);
}
