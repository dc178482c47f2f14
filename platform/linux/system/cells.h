/* Small reservations, at once: each app has some, and asking Linux for one and giving it back takes longer than all that the kernel does for it. They
   are cells of one reservation, and of those of up to CELL_KEPT_BYTES what is committed stays so, zeroed, for the next of its size: whoever counts on
   a fault where nothing is committed reserves more than that. Callable from any thread. */
#ifndef PLATFORM_LINUX_CELLS_H
#define PLATFORM_LINUX_CELLS_H

#include "wasm/wasm.h"

#include <pthread.h>

#define CELL_BYTES      ((size_t)256 << 10)
#define CELL_COUNT      4096u
#define CELL_KEPT_BYTES ((size_t)16 << 10) /* zeroing more takes longer than asking Linux */
#define CELL_PAGES      64u                /* of at least 4 KiB */

struct cell;
struct cells {
    const struct wasm_host *host; /* the host's own functions */
    pthread_mutex_t lock;
    uint8_t *base; /* NULL: there are none, and whoever wants one does without */
    struct cell *cells;
    uint32_t fresh;                /* those from here on were never used */
    uint32_t free[CELL_PAGES + 1]; /* by the pages of the reservation: index + 1 of the one that was given back last */
    uint64_t kept_bytes;           /* committed in those that are free */
};

/* The host outlives them. */
void cells_begin(struct cells *cells, const struct wasm_host *host);
void cells_end(struct cells *cells);
/* NULL: none is left, or none is so large. */
void *cells_reserve(struct cells *cells, size_t size);
/* Whether this is a cell's. */
bool cells_have(const struct cells *cells, const void *address);
/* As the host's functions, of what is a cell's. */
void cells_unreserve(struct cells *cells, void *address, size_t size);
enum error cells_commit(struct cells *cells, void *address, size_t size) MUST_CHECK;
/* Something else than committing is done with a cell: nothing of it is kept. */
void cells_change(struct cells *cells, const void *address);

#endif
