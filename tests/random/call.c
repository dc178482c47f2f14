/* Calls in random code: see maker.h. */
#include "tests/random/maker.h"

#include "wasm/opcode.h"

#include <string.h>

/* In loops of many rounds calls would take too long. */
enum { ROUNDS_MAX = 12 };

static bool has_result(const struct signature *type, uint8_t result) {
    return result == 0 || memchr(type->results, result, type->result_count) != NULL;
}

static bool has_results_of(const struct maker *maker, const struct signature *type) {
    const struct signature *own = &maker->plan->types[maker->function->type];
    return own->result_count == type->result_count && memcmp(own->results, type->results, own->result_count) == 0;
}

/* The call itself, parameters and all. In table 0, an element is known from the start, and may have changed since. */
static void call_put(struct maker *maker, uint32_t function, uint32_t depth, bool is_tail) {
    const struct plan *plan = maker->plan;
    uint32_t type = plan->functions[function].type;
    uint32_t element = UINT32_MAX;
    for (uint32_t index = 0; index < PLAN_ELEMENTS && element == UINT32_MAX; index++) {
        if (plan->elements[index] == function && chance(maker, 700)) {
            element = index;
        }
    }
    values_make(maker, plan->types[type].parameters, plan->types[type].parameter_count, depth);
    maker->effects++;
    if (element == UINT32_MAX && !chance(maker, maker->hostile)) {
        put(maker, is_tail ? OP_RETURN_CALL : OP_CALL);
        put_number(maker, function);
        return;
    }
    if (chance(maker, maker->hostile)) {
        value_make(maker, WASM_I32, depth);
    } else {
        put_i32(maker, (int32_t)element);
    }
    put(maker, is_tail ? OP_RETURN_CALL_INDIRECT : OP_CALL_INDIRECT);
    put_number(maker, type);
    put_number(maker, 0);
}

static uint32_t function_choose(struct maker *maker, uint8_t result, bool is_tail) {
    const struct plan *plan = maker->plan;
    if (maker->function->is_leaf || maker->rounds > ROUNDS_MAX) {
        return UINT32_MAX;
    }
    for (uint32_t attempt = 0; attempt < 20; attempt++) {
        uint32_t function = choose(maker, plan->function_count);
        const struct signature *type = &plan->types[plan->functions[function].type];
        if (is_tail ? has_results_of(maker, type) : has_result(type, result)) {
            return function;
        }
    }
    return UINT32_MAX;
}

bool call_make(struct maker *maker, uint8_t type, uint32_t depth) {
    uint32_t function = function_choose(maker, type, false);
    if (function == UINT32_MAX) {
        return false;
    }
    const struct signature *signature = &maker->plan->types[maker->plan->functions[function].type];
    call_put(maker, function, depth > 0 ? depth - 1 : 0, false);
    if (type == 0) {
        take_values(maker, signature->results, signature->result_count);
        return true;
    }
    uint32_t wanted = signature->result_count - 1;
    while (signature->results[wanted] != type) {
        wanted--;
    }
    take_values(maker, signature->results + wanted + 1, signature->result_count - wanted - 1);
    if (wanted == 0) {
        return true;
    }
    /* Those below are taken through a local of its own. */
    uint32_t local = local_add(maker, type);
    put(maker, OP_LOCAL_SET);
    put_number(maker, local);
    take_values(maker, signature->results, wanted);
    put(maker, OP_LOCAL_GET);
    put_number(maker, local);
    return true;
}

bool tail_call_make(struct maker *maker) {
    uint32_t function = function_choose(maker, 0, true);
    if (function == UINT32_MAX) {
        return false;
    }
    call_put(maker, function, 1, true);
    return true;
}
