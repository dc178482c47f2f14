/* Cells. One that is in use is its owner's alone, and the lock is for the lists. Free ones of a size are a list through struct cell; of what was ever
   committed of a cell the beginning is known up to one address. */
#include "platform/linux/system/cells.h"

#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

#define KEPT_BYTES_TOTAL ((uint64_t)4 << 20)

struct cell {
    uint32_t next; /* of a free one: index + 1 */
    uint32_t committed_bytes;
    bool is_changed;
};

void cells_begin(struct cells *cells, const struct wasm_host *host) {
    void *base;
    *cells = (struct cells){.host = host};
    ASSERT(pthread_mutex_init(&cells->lock, NULL) == 0);
    cells->cells = calloc(CELL_COUNT, sizeof *cells->cells);
    if (cells->cells != NULL && host->reserve(host->context, CELL_COUNT * CELL_BYTES, &base) == ERROR_NONE) {
        cells->base = base;
    }
}

void cells_end(struct cells *cells) {
    if (cells->base != NULL) {
        cells->host->unreserve(cells->host->context, cells->base, CELL_COUNT * CELL_BYTES);
    }
    free(cells->cells);
    pthread_mutex_destroy(&cells->lock);
}

bool cells_have(const struct cells *cells, const void *address) {
    return cells->base != NULL && (size_t)((const uint8_t *)address - cells->base) < CELL_COUNT * CELL_BYTES;
}

static uint32_t index_of(const struct cells *cells, const void *address) {
    return (uint32_t)((size_t)((const uint8_t *)address - cells->base) / CELL_BYTES);
}

static size_t pages_of(const struct cells *cells, size_t size) {
    return size / cells->host->page_size;
}

void *cells_reserve(struct cells *cells, size_t size) {
    if (cells->base == NULL || size > CELL_BYTES || size == 0) {
        return NULL;
    }
    uint32_t *list = &cells->free[pages_of(cells, size)];
    void *address = NULL;
    ASSERT(pthread_mutex_lock(&cells->lock) == 0);
    if (*list != 0) {
        struct cell *cell = &cells->cells[*list - 1];
        address = cells->base + (*list - 1) * CELL_BYTES;
        *list = cell->next;
        cells->kept_bytes -= cell->committed_bytes;
    } else if (cells->fresh < CELL_COUNT) {
        address = cells->base + cells->fresh++ * CELL_BYTES;
    }
    ASSERT(pthread_mutex_unlock(&cells->lock) == 0);
    return address;
}

static void cell_clean(struct cells *cells, struct cell *cell, void *address, size_t size) {
    bool is_kept = !cell->is_changed && (size <= CELL_KEPT_BYTES || cell->committed_bytes == 0);
    if (is_kept && cells->kept_bytes + cell->committed_bytes <= KEPT_BYTES_TOTAL) {
        memset(address, 0, cell->committed_bytes);
        return;
    }
    cells->host->decommit(cells->host->context, address, size);
    *cell = (struct cell){0};
}

void cells_unreserve(struct cells *cells, void *address, size_t size) {
    uint32_t index = index_of(cells, address), *list = &cells->free[pages_of(cells, size)];
    struct cell *cell = &cells->cells[index];
    ASSERT(pthread_mutex_lock(&cells->lock) == 0);
    cell_clean(cells, cell, address, size);
    cells->kept_bytes += cell->committed_bytes;
    cell->next = *list;
    *list = index + 1;
    ASSERT(pthread_mutex_unlock(&cells->lock) == 0);
}

enum error cells_commit(struct cells *cells, void *address, size_t size) {
    uint32_t index = index_of(cells, address);
    struct cell *cell = &cells->cells[index];
    size_t end = (size_t)((uint8_t *)address - (cells->base + index * CELL_BYTES)) + size;
    if (!cell->is_changed && end <= cell->committed_bytes) {
        return ERROR_NONE;
    }
    enum error error = cells->host->commit(cells->host->context, address, size);
    if (error == ERROR_NONE && end > cell->committed_bytes) {
        /* With a hole before it, all of that would be zeroed. */
        cell->is_changed |= (size_t)(end - size) > cell->committed_bytes;
        cell->committed_bytes = (uint32_t)end;
    }
    return error;
}

void cells_change(struct cells *cells, const void *address) {
    cells->cells[index_of(cells, address)].is_changed = true;
}
