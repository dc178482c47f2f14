/* Groups. A group ends when the child that it was made for, and all groups in it, have ended. */
#include "kernel/group.h"

struct group *group_make(struct kernel *kernel, struct group *parent, struct budget *above, uint64_t limit_bytes) {
    struct group *group = budget_allocate_zeroed(kernel->budget, 1, sizeof *group);
    if (group == NULL) {
        return NULL;
    }
    budget_init(&group->budget, parent != NULL ? &parent->budget : above, limit_bytes == 0 ? BUDGET_UNLIMITED : limit_bytes);
    group->reference_count = 1;
    group->parent = parent;
    if (parent != NULL) {
        parent->reference_count++;
    }
    return group;
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
