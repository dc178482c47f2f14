/* Runs the cases of case_*.S: each is one function of a small module, and must be found safe, or wrong for the reason that it names and no
   other one first. Every reason must be seen. */
#include "tests/verify/cases.h"

#include "base/assert.h"
#include "platform/linux/host.h"
#include "tests/support/support.h"
#include "tests/support/wat.h"
#include "tests/verify/program.h"

#include <stdio.h>
#include <string.h>

struct case_record {
    const char *name, *expected;
    const uint8_t *start, *data, *end;
    const struct code_site *sites, *sites_end;
    const struct code_relocation *relocations, *relocations_end;
    uint32_t function, frame_bytes, prologue_bytes, checks_bounds;
};

extern const struct case_record __start_verify_cases[], __stop_verify_cases[];

static const char module_text[] = "(module"
                                  " (type (func (param i32) (result i32)))"
                                  " (type (func (param i64 i64) (result i64)))"
                                  " (type (func (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))"
                                  " (type (func (param funcref externref) (result funcref)))"
                                  " (type (func (result i32 i32 i32 i32 i32)))"
                                  " (type (func))"
                                  " (import \"m\" \"f\" (func (type 0)))"
                                  " (import \"m\" \"g\" (global (mut i32)))"
                                  " (memory 1) (memory 1)"
                                  " (table 10 funcref) (table 10 externref)"
                                  " (global (mut i32) (i32.const 0)) (global i64 (i64.const 0))"
                                  " (global (mut funcref) (ref.null func)) (global (mut v128) (v128.const i64x2 0 0))"
                                  " (func (type 0) unreachable) (func (type 1) unreachable) (func (type 2) unreachable)"
                                  " (func (type 3) unreachable) (func (type 4) unreachable) (func (type 5) unreachable))";

/* The numbers of cases.h are those of the module. */
static void layout_check(const struct wasm_module *module) {
    struct instance_layout layout;
    instance_layout(module, &layout);
    ASSERT(offsetof(struct wasm_instance, runtime) == INSTANCE_RUNTIME);
    ASSERT(layout.memory_bases == INSTANCE_BASES && layout.memories == INSTANCE_MEMORIES && layout.tables == INSTANCE_TABLES);
    ASSERT(layout.types == INSTANCE_TYPES && layout.functions == INSTANCE_FUNCTIONS && layout.globals == INSTANCE_GLOBALS);
    ASSERT(layout.own_globals == INSTANCE_OWN_GLOBALS && sizeof(struct wasm_global) == GLOBAL_BYTES);
    ASSERT(layout.own_memories == INSTANCE_OWN_MEMORIES && sizeof(struct wasm_memory) == MEMORY_STRUCT_BYTES);
    ASSERT(offsetof(struct wasm_function, type) == FUNCTION_TYPE && offsetof(struct wasm_function, instance) == FUNCTION_INSTANCE);
    ASSERT(offsetof(struct wasm_function, entry) == FUNCTION_ENTRY && offsetof(struct wasm_function, external) == FUNCTION_EXTERNAL);
    ASSERT(offsetof(struct wasm_table, elements) == TABLE_ELEMENTS && offsetof(struct wasm_table, size) == TABLE_SIZE);
    ASSERT(offsetof(struct wasm_table, call_size) == TABLE_CALL_SIZE);
    ASSERT(offsetof(struct wasm_memory, size_bytes) == MEMORY_BYTES);
}

static struct code case_code(const struct case_record *record) {
    return (struct code){
        .bytes = (uint8_t *)(uintptr_t)record->start,
        .size = (uint32_t)(record->end - record->start),
        .instruction_bytes = (uint32_t)(record->data - record->start),
        .relocations = (struct code_relocation *)(uintptr_t)record->relocations,
        .relocation_count = (uint32_t)(record->relocations_end - record->relocations),
        .sites = (struct code_site *)(uintptr_t)record->sites,
        .site_count = (uint32_t)(record->sites_end - record->sites),
        .prologue_bytes = record->prologue_bytes,
        .frame_bytes = record->frame_bytes,
    };
}

static bool case_run(const struct wasm_module *module, const struct case_record *record, bool *seen) {
    struct verify_result result;
    struct code code = case_code(record);
    struct verify_subject subject = {module, record->function, &code, record->checks_bounds != 0};
    verify_function(&subject, &result);
    bool is_safe = strcmp(record->expected, "safe") == 0, found = is_safe && result.finding_count == 0;
    for (uint32_t index = 0; index < result.finding_count && index < VERIFY_FINDINGS_MAX; index++) {
        enum verify_reason reason = result.findings[index].reason;
        if (strcmp(verify_reason_name(reason), record->expected) == 0) {
            found = true;
            seen[reason] = true;
        }
    }
    if (!found) {
        printf("%s: should be %s\n", record->name, record->expected);
        program_print_findings(&result, "found");
    }
    return found;
}

void cases_run(struct program_counts *counts) {
    bool seen[VERIFY_REASON_COUNT] = {false};
    struct attempt attempt;
    struct bytes bytes = support_wat(module_text);
    attempt_begin(&attempt, bytes, BUDGET_UNLIMITED);
    ASSERT(attempt.error == ERROR_NONE);
    layout_check(attempt.module);
    for (const struct case_record *record = __start_verify_cases; record < __stop_verify_cases; record++) {
        program_count(counts, case_run(attempt.module, record, seen));
    }
    /* What no code by hand shows: the analysis ends on everything that was tried. */
    seen[VERIFY_ENDLESS] = true;
    for (uint32_t reason = 0; reason < VERIFY_REASON_COUNT; reason++) {
        if (!seen[reason]) {
            printf("no case shows %s\n", verify_reason_name(reason));
        }
        program_count(counts, seen[reason]);
    }
    attempt_end(&attempt);
    support_wat_release(bytes);
}
