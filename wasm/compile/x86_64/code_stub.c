/* What the runtime knows of code: the stub of a direct call to a function that has no code yet, the end of a frame, and the isa's name. */
#include "wasm/compile/code.h"

const char code_isa_name[16] = "x86_64";

uint32_t code_write_stub(uint8_t *at, uint32_t offset) {
    static const uint8_t load_function[] = {0x49, 0x8B, 0x87};                                        /* mov rax, [r15 + 32-bit offset] */
    static const uint8_t jump_entry[] = {0xFF, 0x60, (uint8_t)offsetof(struct wasm_function, entry)}; /* jmp [rax + entry] */
    _Static_assert(offsetof(struct wasm_function, entry) < 128, "the offset is one signed byte");
    _Static_assert(sizeof load_function + 4 + sizeof jump_entry <= CODE_STUB_BYTES_MAX, "the stub fits");
    memcpy(at, load_function, sizeof load_function);
    bytes_store_u32(at + sizeof load_function, offset);
    memcpy(at + sizeof load_function + 4, jump_entry, sizeof jump_entry);
    return sizeof load_function + 4 + sizeof jump_entry;
}

/* See encode_control.c: `ret`, `jmp [rax + entry]`, and a `jmp` that leaves the function or begins it anew. */
bool code_has_left_frame(const uint8_t *code, uint32_t code_bytes, uint32_t offset) {
    const uint8_t *at = code + offset;
    uint32_t left = code_bytes - offset;
    if (at[0] == 0xE9 && left >= 5) {
        uint32_t target = offset + 5 + bytes_load_u32(at + 1);
        return target == 0 || target >= code_bytes;
    }
    return at[0] == 0xC3 || (left >= 3 && at[0] == 0xFF && at[1] == 0x60 && at[2] == offsetof(struct wasm_function, entry));
}
