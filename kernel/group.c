/* Groups. A group ends when the child that it was made for, and all groups in it, have ended. */
#include "kernel/group.h"

struct group *group_make(struct kernel *kernel, struct group *parent, struct budget *above, uint64_t limit_bytes, uint32_t window_count_max) {
    struct group *group = budget_allocate_zeroed(kernel->budget, 1, sizeof *group);
    if (group == NULL) {
        return NULL;
    }
    budget_init(&group->budget, parent != NULL ? &parent->budget : above, limit_bytes == 0 ? BUDGET_UNLIMITED : limit_bytes);
    group->window_count_max = window_count_max != 0 ? window_count_max : WINDOW_COUNT_MAX;
    group->reference_count = 1;
    group->parent = parent;
    if (parent != NULL) {
        parent->reference_count++;
    }
    return group;
}

bool group_has_window_room(const struct group *group) {
    while (group != NULL && group->window_count < group->window_count_max) {
        group = group->parent;
    }
    return group == NULL;
}

void group_count_window(struct group *group, int change) {
    for (; group != NULL; group = group->parent) {
        group->window_count += (uint32_t)change;
    }
}

void group_drop(struct kernel *kernel, struct group *group) {
    while (group != NULL) {
        ASSERT(group->reference_count > 0);
        group->reference_count--;
        if (group->reference_count > 0) {
            return;
        }
        struct group *parent = group->parent;
        budget_end(&group->budget);
        budget_release(kernel->budget, group, sizeof *group);
        group = parent;
    }
}
