/* What the parts of the check share. Private to it. */
#ifndef KERNEL_CHECK_RULES_H
#define KERNEL_CHECK_RULES_H

#include "base/report.h"
#include "kernel/state.h"

struct check {
    struct kernel *kernel;
    struct report *report;
    uint64_t capability_count; /* different ones */
    uint64_t system_bytes;     /* of buffers and of children, as far as the system pays for them */
};

/* A rule: the function that states it ends with false where it is broken. */
#define RULE(check, condition, ...)                                                                                                                  \
    do {                                                                                                                                             \
        if (UNLIKELY(!(condition))) {                                                                                                                \
            (void)report_fail((check)->report, ERROR_INVALID, REPORT_NO_OFFSET, __VA_ARGS__);                                                        \
            return false;                                                                                                                            \
        }                                                                                                                                            \
    } while (0)

/* No list is longer. */
#define CHECK_LIST_MAX (1u << 24)

/* The length of a list whose links agree with each other, or CHECK_LIST_MAX when they do not. */
uint32_t check_length(const struct list *list);
bool check_is_in(const struct list *list, const struct list *link);
bool check_app_lives(const struct check *check, const struct app *app);
struct request *check_request_at(const struct check *check, uint32_t index);

/* Requests, their lists, shares and blocks. */
bool check_requests(struct check *check);
/* Services, capabilities, grant tables. */
bool check_grants(struct check *check);
/* Buffers, who sees them, and who pays. */
bool check_buffers(struct check *check);
/* Children, their grants, and the budgets of groups. */
bool check_children(struct check *check);
/* Apps, fibers, who is ready, timers. */
bool check_schedule(struct check *check);

#endif
