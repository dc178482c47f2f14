/* Charging, and allocation on a charge. Invariant: used_bytes <= limit_bytes, and what a budget has used is part of what
   each budget above it has used, but for charges that another thread is about to make or to take back. */
#include "base/budget.h"

#include "base/assert.h"
#include "base/bytes.h"

#define BLOCK_ALIGNMENT 16

void budget_init_root(struct budget *budget, const struct memory_source *source, uint64_t limit_bytes) {
    *budget = (struct budget){.source = source, .limit_bytes = limit_bytes};
}

void budget_init(struct budget *budget, struct budget *parent, uint64_t limit_bytes) {
    ASSERT(parent != NULL);
    *budget = (struct budget){.parent = parent, .source = parent->source, .limit_bytes = limit_bytes};
}

void budget_end(struct budget *budget) {
    ASSERT(budget->used_bytes == 0);
    *budget = (struct budget){0};
}

/* Only numbers pass from thread to thread here, so no order with other memory is asked for. */
static uint64_t number_load(const uint64_t *number) {
    return __atomic_load_n(number, __ATOMIC_RELAXED);
}

void budget_set_closed(struct budget *budget, bool is_closed) {
    __atomic_store_n(&budget->is_closed, is_closed, __ATOMIC_RELAXED);
}

bool budget_is_closed(const struct budget *budget) {
    return __atomic_load_n(&budget->is_closed, __ATOMIC_RELAXED);
}

static uint64_t level_left(const struct budget *budget, uint64_t used) {
    ASSERT(used <= budget->limit_bytes);
    return budget_is_closed(budget) ? 0 : budget->limit_bytes - used;
}

uint64_t budget_left(const struct budget *budget) {
    uint64_t least = UINT64_MAX;
    for (; budget != NULL; budget = budget->parent) {
        const uint64_t left = level_left(budget, number_load(&budget->used_bytes));
        least = left < least ? left : least;
    }
    return least;
}

static bool level_charge(struct budget *budget, uint64_t bytes) {
    uint64_t used = number_load(&budget->used_bytes);
    do {
        if (bytes > level_left(budget, used)) {
            return false;
        }
    } while (!__atomic_compare_exchange_n(&budget->used_bytes, &used, used + bytes, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return true;
}

/* Down to, and without, the budget `end`. */
static void refund_below(struct budget *budget, const struct budget *end, uint64_t bytes) {
    for (; budget != end; budget = budget->parent) {
        ASSERT(number_load(&budget->used_bytes) >= bytes);
        __atomic_fetch_sub(&budget->used_bytes, bytes, __ATOMIC_RELAXED);
    }
}

static void peaks_raise(struct budget *budget) {
    for (; budget != NULL; budget = budget->parent) {
        const uint64_t used = number_load(&budget->used_bytes);
        uint64_t peak = number_load(&budget->peak_bytes);
        while (used > peak && !__atomic_compare_exchange_n(&budget->peak_bytes, &peak, used, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
        }
    }
}

enum error budget_charge(struct budget *budget, uint64_t bytes) {
    if (bytes > budget_left(budget)) {
        return ERROR_NO_MEMORY;
    }
    for (struct budget *level = budget; level != NULL; level = level->parent) {
        if (!level_charge(level, bytes)) {
            refund_below(budget, level, bytes); /* another thread was faster */
            return ERROR_NO_MEMORY;
        }
    }
    peaks_raise(budget);
    return ERROR_NONE;
}

void budget_refund(struct budget *budget, uint64_t bytes) {
    refund_below(budget, NULL, bytes);
}

static bool budget_is_above(const struct budget *budget, const struct budget *other) {
    while (other != NULL && other != budget) {
        other = other->parent;
    }
    return other == budget;
}

enum error budget_transfer(struct budget *from, struct budget *to, uint64_t bytes) {
    const struct budget *shared = from;
    while (!budget_is_above(shared, to)) {
        shared = shared->parent;
    }
    for (struct budget *level = to; level != shared; level = level->parent) {
        if (!level_charge(level, bytes)) {
            refund_below(to, level, bytes);
            return ERROR_NO_MEMORY;
        }
    }
    refund_below(from, shared, bytes);
    peaks_raise(to);
    return ERROR_NONE;
}

/* An empty block is a block all the same, so that NULL always means failure and nothing is free of charge. */
static size_t charged_size(size_t size) {
    return size == 0 ? BUDGET_EMPTY_BLOCK_SIZE : size;
}

void *budget_allocate(struct budget *budget, size_t size) {
    ASSERT(budget->source != NULL);
    const size_t charged = charged_size(size);
    if (budget_charge(budget, charged) != ERROR_NONE) {
        return NULL;
    }
    void *block = budget->source->take(budget->source->context, charged);
    if (block == NULL) {
        budget_refund(budget, charged);
    }
    ASSERT((uintptr_t)block % BLOCK_ALIGNMENT == 0);
    return block;
}

void *budget_allocate_zeroed(struct budget *budget, size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        return NULL;
    }
    void *block = budget_allocate(budget, total);
    if (block != NULL) {
        memset(block, 0, total);
    }
    return block;
}

void *budget_reallocate(struct budget *budget, void *block, size_t old_size, size_t new_size) {
    ASSERT(block != NULL || old_size == 0);
    void *moved = budget_allocate(budget, new_size);
    if (moved == NULL) {
        return NULL;
    }
    if (block != NULL) {
        memcpy(moved, block, old_size < new_size ? old_size : new_size);
        budget_release(budget, block, old_size);
    }
    return moved;
}

void budget_release(struct budget *budget, void *block, size_t size) {
    if (block == NULL) {
        ASSERT(size == 0);
        return;
    }
    const size_t charged = charged_size(size);
    budget->source->give(budget->source->context, block, charged);
    budget_refund(budget, charged);
}
