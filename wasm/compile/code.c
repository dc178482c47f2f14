/* The arrays of a compiled function. */
#include "wasm/compile/code.h"

#define CAPACITY_MIN 16u

bool code_grow_array(struct budget *budget, void **array, uint32_t *capacity, uint64_t wanted, size_t item_size) {
    uint64_t next = *capacity < CAPACITY_MIN ? CAPACITY_MIN : (uint64_t)*capacity * 2;
    if (next < wanted)
        next = wanted;
    if (next > UINT32_MAX)
        return false;
    void *moved = budget_reallocate(budget, *array, *capacity * item_size, (size_t)next * item_size);
    if (moved == NULL)
        return false;
    *array = moved;
    *capacity = (uint32_t)next;
    return true;
}

bool code_reserve_bytes(struct code *code, uint64_t wanted) {
    return code_grow(code->budget, (void **)&code->bytes, &code->capacity, wanted, 1);
}

bool code_add_site(struct code *code, struct code_site site) {
    if (!code_grow(code->budget, (void **)&code->sites, &code->site_capacity, code->site_count + 1u, sizeof *code->sites))
        return false;
    code->sites[code->site_count++] = site;
    return true;
}

bool code_add_line(struct code *code, struct code_line line) {
    if (!code_grow(code->budget, (void **)&code->lines, &code->line_capacity, code->line_count + 1u, sizeof *code->lines))
        return false;
    code->lines[code->line_count++] = line;
    return true;
}

bool code_add_relocation(struct code *code, struct code_relocation relocation) {
    if (!code_grow(code->budget, (void **)&code->relocations, &code->relocation_capacity, code->relocation_count + 1u, sizeof *code->relocations))
        return false;
    code->relocations[code->relocation_count++] = relocation;
    return true;
}

void code_release(struct code *code) {
    budget_release(code->budget, code->bytes, code->capacity);
    budget_release(code->budget, code->relocations, code->relocation_capacity * sizeof *code->relocations);
    budget_release(code->budget, code->sites, code->site_capacity * sizeof *code->sites);
    budget_release(code->budget, code->lines, code->line_capacity * sizeof *code->lines);
    *code = (struct code){.budget = code->budget};
}
