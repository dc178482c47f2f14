/* Compiled code as data: what the compiler gives and the runtime maps. The compiler is a pure function: (module, function, isa, options,
   budget) to a struct code; equal input gives equal bytes.

   What compiled x86-64 code expects (twins for other isas say the same with their own registers):
   - r15 = the instance: fields of struct wasm_instance at fixed offsets, and its arrays at offsets that struct instance_layout (store.h) computes
   from the module alone. r14 = base of memory 0 (undefined in a module without memory). Both are kept by every function: a caller finds them
   unchanged.
   - rsp = the store's stack, 16-byte aligned at calls; below its lowest page is a guard. No red zone is used. Frames of more than
     a page touch each page on entry. Host code never runs on this stack.
   - r11 and xmm15 are scratch. All registers but r14, r15 and rsp are lost across a call. MXCSR is the default; the direction flag is clear.
   - Parameters, in order: integers and references in rdi rsi rdx rcx r8 r9, floats and vectors in xmm0 to xmm7; the others on the
     stack at [rsp at the call + 0 ...], 8 bytes each, a v128 16 bytes without padding. Results: integers in rax rdx rcx rsi, floats and vectors in
   xmm0 to xmm3; the others on the stack behind the parameters that are there. The caller makes the room (its outgoing area). A 32-bit integer is
   zero-extended to 64 bits in a parameter or result: it is used as an index as it is.
   - A trap is an access that faults or an `ud2`; the site table says which kind and where in the module it is. */
#ifndef WASM_COMPILE_CODE_H
#define WASM_COMPILE_CODE_H

#include "base/assert.h"
#include "wasm/store.h"

/* A direct call of a function of the same module, or its address. */
struct code_relocation {
    uint32_t offset;   /* of the 32-bit field, relative to the end of which the distance counts */
    uint32_t function; /* index in the module */
};

/* An address in the code that a trap or a call is about. Where functions were inlined, the site of the instruction is followed by one of the same
   address for each call around it, from the innermost on, so that together they are the frames of a backtrace. */
struct code_site {
    uint32_t offset; /* of the instruction that traps; for a call, of the one behind it */
    uint32_t source; /* offset in the module's bytes */
    uint32_t kind;   /* enum wasm_trap_kind + 1; 0 for a call; or CODE_SITE_INLINED. No padding behind it: images hold sites as they are */
};
#define CODE_SITE_INLINED 0xFFu

/* Where the code of a machine instruction begins: for whoever looks on, see watch.h. */
struct code_line {
    uint32_t offset; /* ascending; the code goes on to the next line */
    uint32_t source; /* as of a value of ir.h */
};

/* One function, compiled. All arrays are charged to the budget of the compilation and freed by code_release. */
struct code {
    struct budget *budget;
    uint8_t *bytes; /* position-independent but for relocations; constants and jump tables stand behind the instructions */
    uint32_t size, capacity;
    uint32_t instruction_bytes; /* the part that is instructions */
    struct code_relocation *relocations;
    uint32_t relocation_count, relocation_capacity;
    struct code_site *sites; /* sorted by offset */
    uint32_t site_count, site_capacity;
    struct code_line *lines; /* none unless keeps_lines */
    uint32_t line_count, line_capacity;
    bool keeps_lines;
    uint32_t prologue_bytes; /* code before the frame is complete: only stack probes can fault there */
    uint32_t frame_bytes;    /* from the return address down to rsp, constant between prologue and epilogue */
};

/* ERROR_LIMIT: the function goes beyond the compile budget and is for the interpreter. ERROR_NO_MEMORY. */
enum error compile_function(const struct wasm_module *module, uint32_t function, const struct compile_options *options, struct budget *budget,
                            struct code *out) MUST_CHECK;
void code_release(struct code *code);

/* For what writes code: false when there is no room, and nothing changed. Capacities double; `wanted` counts items. */
bool code_grow_array(struct budget *budget, void **array, uint32_t *capacity, uint64_t wanted, size_t item_size) MUST_CHECK;
static inline bool code_grow(struct budget *budget, void **array, uint32_t *capacity, uint64_t wanted, size_t item_size) {
    return LIKELY(wanted <= *capacity) || code_grow_array(budget, array, capacity, wanted, item_size);
}
bool code_reserve_bytes(struct code *code, uint64_t wanted) MUST_CHECK;
bool code_add_site(struct code *code, struct code_site site) MUST_CHECK;
bool code_add_line(struct code *code, struct code_line line) MUST_CHECK;
bool code_add_relocation(struct code *code, struct code_relocation relocation) MUST_CHECK;

/* Writes the isa's stub that calls the function at [instance + offset] through its entry, with the function where stubs want it. Returns its
   size. <isa>/code_stub.c */
#define CODE_STUB_BYTES_MAX 16u
uint32_t code_write_stub(uint8_t *at, uint32_t offset);

/* Whether the instruction at an offset of a function's code comes behind the end of its frame: a return, or a jump to another function.
   <isa>/code_stub.c */
bool code_has_left_frame(const uint8_t *code, uint32_t code_bytes, uint32_t offset);

/* What an image says its code is for. <isa>/code_stub.c */
extern const char code_isa_name[16];

/* Calls of functions that are not of the module, or not known: rax = struct wasm_function *. When its `instance` is r15: call [rax + entry]. Else:
   call [rax + external], and afterwards restore r15 from the frame and r14 from [r15 + layout.memory_bases]. A tail call across
   instances is a call and a return. A function that is not compiled yet is reached through its entry like any other. */

#endif
