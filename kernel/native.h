/* Handlers that are parts of the system, written with the generated headers: between a message as a native service gets it and what NAME_dispatch
   takes. A handler's `receive` is

       struct native_work work;
       native_begin(&work, native);
       if (NAME_dispatch(&handler, self, &work.request, &work.answer) == 0) {
           native_end(kernel, &work);
       }

   and an answer that comes later is native_begin_later, NAME_FUNCTION_answer(&work.answer, &result), native_end. Neither allocates nor blocks. */
#ifndef KERNEL_NATIVE_H
#define KERNEL_NATIVE_H

#include "interfaces/wire.h"
#include "kernel/kernel.h"

/* Of a block that is put together for an answer; one that is a single list is sent from where it is. */
#define NATIVE_ROOM 8192

struct native_work {
    struct wire_request request;
    struct wire_answer answer;
    struct capability *given[WIRE_GRANTS]; /* references for the answer; what is not in it is dropped */
    uint32_t given_count;
    uint64_t room[NATIVE_ROOM / 8];
};

/* Handles of received grants are their places in native_request.grants, plus 1; those of given ones are from here on. */
#define NATIVE_GIVEN 256u

static inline void native_begin_later(struct native_work *work, uint64_t id) {
    work->request.id = id;
    work->answer = (struct wire_answer){.memory = {work->room, sizeof work->room}};
    work->given_count = 0;
}

static inline void native_begin(struct native_work *work, const struct native_request *native) {
    native_begin_later(work, native->id);
    work->request = (struct wire_request){.id = native->id, .badge = native->badge, .operation = native->operation};
    for (uint32_t index = 0; index < WIRE_WORDS; index++) {
        work->request.content.words[index] = native->words[index];
    }
    work->request.content.block = native->block.data;
    work->request.content.block_size = (uint32_t)native->block.size;
    work->request.content.grant_count = native->grant_count;
    for (uint32_t index = 0; index < native->grant_count; index++) {
        work->request.content.grants[index] = wire_grant_moved(index + 1);
    }
}

/* A grant for the answer, whose reference is taken. */
static inline struct wire_grant native_give(struct native_work *work, struct capability *grant) {
    work->given[work->given_count] = grant;
    return wire_grant_moved(NATIVE_GIVEN + work->given_count++);
}

/* Grants with a badge are made of this service. Nobody may want the answer any more. */
static inline void native_end_of(struct kernel *kernel, struct service *service, const struct native_work *work) {
    const struct wire_content *content = &work->answer.content;
    struct native_answer native = {.error = work->answer.error, .block = {content->block, content->block_size}};
    uint32_t given_used = 0;
    for (uint32_t index = 0; index < WIRE_WORDS; index++) {
        native.words[index] = content->words[index];
    }
    for (uint32_t index = 0; index < content->grant_count; index++) {
        const struct wire_grant *grant = &content->grants[index];
        bool is_made = grant->mode == WIRE_GRANT_MAKE;
        struct capability *made = is_made ? service_grant(kernel, service, grant->badge) : work->given[grant->handle - NATIVE_GIVEN];
        given_used += !is_made;
        if (made == NULL) {
            native = (struct native_answer){.error = -WIRE_NO_MEMORY};
            break;
        }
        native.grants[native.grant_count++] = made;
    }
    for (uint32_t index = given_used; index < work->given_count; index++) {
        service_grant_drop(kernel, work->given[index]);
    }
    if (work->request.id != 0) {
        enum error error = service_answer(kernel, work->request.id, &native);
        (void)error;
    } else {
        for (uint32_t index = 0; index < native.grant_count; index++) {
            service_grant_drop(kernel, native.grants[index]);
        }
    }
}

static inline void native_end(struct kernel *kernel, const struct native_work *work) {
    native_end_of(kernel, NULL, work);
}

#endif
