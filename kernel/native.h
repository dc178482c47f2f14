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
    uint64_t room[NATIVE_ROOM / 8];
};

static inline void native_begin_later(struct native_work *work, uint64_t id) {
    work->request.id = id;
    work->answer = (struct wire_answer){.memory = {work->room, sizeof work->room}};
}

static inline void native_begin(struct native_work *work, const struct native_request *native) {
    native_begin_later(work, native->id);
    work->request = (struct wire_request){.id = native->id, .badge = native->badge, .operation = native->operation};
    for (uint32_t index = 0; index < WIRE_WORDS; index++) {
        work->request.content.words[index] = native->words[index];
    }
    work->request.content.block = native->block.data;
    work->request.content.block_size = (uint32_t)native->block.size;
}

/* Nobody may want it any more. */
static inline void native_end(struct kernel *kernel, const struct native_work *work) {
    const struct wire_content *content = &work->answer.content;
    struct native_answer native = {.error = work->answer.error, .block = {content->block, content->block_size}};
    for (uint32_t index = 0; index < WIRE_WORDS; index++) {
        native.words[index] = content->words[index];
    }
    if (work->request.id != 0) {
        enum error error = service_answer(kernel, work->request.id, &native);
        (void)error;
    }
}

#endif
