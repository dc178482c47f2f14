/* The pool of requests. Chunks are never given back while the kernel lives, so that a stale id can be looked at safely; there are never more
   than apps have reserved at once. */
#include "kernel/request.h"

#include "kernel/ask.h"
#include "kernel/buffer.h"
#include "kernel/capability.h"
#include "kernel/inbox.h"
#include "kernel/schedule.h"

void request_pool_begin(struct request_pool *pool) {
    list_init(&pool->free);
}

void request_pool_end(struct kernel *kernel) {
    struct request_pool *pool = &kernel->requests;
    for (uint32_t index = 0; index < pool->chunk_count; index++) {
        budget_release(kernel->budget, pool->chunks[index], REQUEST_CHUNK * sizeof(struct request));
    }
    budget_release(kernel->budget, pool->chunks, pool->chunk_capacity * sizeof *pool->chunks);
}

static enum error chunk_add(struct kernel *kernel) {
    struct request_pool *pool = &kernel->requests;
    if (pool->chunk_count == pool->chunk_capacity) {
        uint32_t capacity = pool->chunk_capacity == 0 ? 16 : pool->chunk_capacity * 2;
        size_t size = sizeof *pool->chunks;
        void *chunks = budget_reallocate(kernel->budget, pool->chunks, pool->chunk_capacity * size, capacity * size);
        if (chunks == NULL) {
            return ERROR_NO_MEMORY;
        }
        pool->chunks = chunks;
        pool->chunk_capacity = capacity;
    }
    struct request *chunk = budget_allocate_zeroed(kernel->budget, REQUEST_CHUNK, sizeof *chunk);
    if (chunk == NULL) {
        return ERROR_NO_MEMORY;
    }
    for (uint32_t index = 0; index < REQUEST_CHUNK; index++) {
        chunk[index].id = (uint64_t)pool->chunk_count * REQUEST_CHUNK + index;
        list_push_back(&pool->free, &chunk[index].link);
        list_init(&chunk[index].paid_link);
        list_init(&chunk[index].cancel_link);
        list_init(&chunk[index].lost_link);
    }
    pool->chunks[pool->chunk_count++] = chunk;
    return ERROR_NONE;
}

enum error request_reserve(struct kernel *kernel, uint32_t count) {
    struct request_pool *pool = &kernel->requests;
    while ((uint64_t)pool->reserved_count + count > (uint64_t)pool->chunk_count * REQUEST_CHUNK) {
        if (pool->chunk_count * REQUEST_CHUNK >= REQUEST_INDEX_MASK || chunk_add(kernel) != ERROR_NONE) {
            return ERROR_NO_MEMORY;
        }
    }
    pool->reserved_count += count;
    return ERROR_NONE;
}

void request_unreserve(struct kernel *kernel, uint32_t count) {
    ASSERT(kernel->requests.reserved_count >= count);
    kernel->requests.reserved_count -= count;
}

struct request *request_take(struct app *payer) {
    struct request_pool *pool = &payer->kernel->requests;
    ASSERT(payer->paid_count <= payer->paid_count_max && !list_is_empty(&pool->free));
    struct request *request = LIST_ENTRY(pool->free.next, struct request, link);
    list_remove(&request->link);
    request_renew(request);
    request->state = REQUEST_MADE;
    request->payer = payer;
    payer->paid_count++;
    list_push_back(&payer->paid, &request->paid_link);
    return request;
}

void request_drop_grants(struct kernel *kernel, struct request *request) {
    while (request->grant_count > 0) {
        capability_drop(kernel, request->grants[--request->grant_count]);
    }
}

/* Its log waits for a request that is free. */
static void share_wake(struct app *payer) {
    if (UNLIKELY(payer->waits_for_share)) {
        payer->waits_for_share = false;
        schedule_resume(payer);
    }
}

/* ---- Blocks ---- */

enum contract_error request_block_keep(struct app *payer, struct service *service, struct bytes data, struct block *out) {
    if (data.size > INBOX_BYTES_DEFAULT) {
        return ARGOS_TOO_LARGE;
    }
    if (data.size > INBOX_BYTES_DEFAULT - service->waiting_bytes) {
        return ARGOS_LIMIT;
    }
    *out = (struct block){.data = budget_allocate(&payer->budget, data.size), .size = (uint32_t)data.size};
    if (out->data == NULL) {
        return ARGOS_NO_MEMORY;
    }
    memcpy(out->data, data.data, data.size);
    service->waiting_bytes += out->size;
    return ARGOS_OK;
}

void request_block_release(struct request *request) {
    struct block *block = &request->block;
    if (request->block_app != NULL) {
        inbox_block_release(request->block_app, block);
        return;
    }
    request->capability->service->waiting_bytes -= block->size;
    budget_release(&request->payer->budget, block->data, block->size);
    *block = (struct block){0};
}

bool request_block_place(struct app *receiver, struct request *request) {
    struct block block;
    if (!area_take(&receiver->area, request->block.size, &block)) {
        return false;
    }
    memcpy(block.data, request->block.data, block.size);
    request_block_release(request);
    request->block = block;
    request->block_app = receiver;
    message_set_block(&request->message, area_address(&receiver->area, &block), block.size);
    return true;
}

void request_free(struct kernel *kernel, struct request *request) {
    ASSERT(request->state != REQUEST_FREE);
    ask_fail(request, ARGOS_HANDLER_GONE);
    if (request->block.data != NULL) {
        request_block_release(request);
    }
    if (request->window != NULL) {
        buffer_detach(request, NULL);
    }
    request_drop_grants(kernel, request);
    if (request->payer != NULL) {
        request->payer->paid_count--;
        share_wake(request->payer);
    } else {
        request_unreserve(kernel, 1);
    }
    list_remove(&request->link);
    list_remove(&request->paid_link);
    list_remove(&request->cancel_link);
    list_remove(&request->lost_link);
    request->lost = 0;
    request->state = REQUEST_FREE;
    request->sender = request->receiver = NULL;
    list_push_front(&kernel->requests.free, &request->link);
    struct capability *capability = request->capability;
    request->capability = NULL;
    if (capability != NULL) {
        capability_drop(kernel, capability);
    }
}

void request_drop_spare(struct app *payer) {
    struct request *request = payer->spare;
    if (request != NULL) {
        payer->spare = NULL;
        payer->paid_count++;
        request_free(payer->kernel, request);
    }
}

static struct request *waiting_any(const struct kernel *kernel) {
    LIST_EACH(link, &kernel->services) {
        const struct service *service = LIST_ENTRY(link, struct service, link);
        if (!list_is_empty(&service->waiting)) {
            return LIST_ENTRY(service->waiting.next, struct request, link);
        }
    }
    return NULL;
}

/* From the start after each, since services may go along. */
void request_end_waiting(struct kernel *kernel) {
    for (struct request *request = waiting_any(kernel); request != NULL; request = waiting_any(kernel)) {
        request_free(kernel, request);
    }
}

void request_payer_ends(struct app *app) {
    request_unreserve(app->kernel, app->paid_count_max + REQUESTS_APART - app->paid_count);
    LIST_EACH(link, &app->paid) {
        struct request *request = LIST_ENTRY(link, struct request, paid_link);
        list_remove(&request->paid_link);
        request->payer = NULL;
    }
}
