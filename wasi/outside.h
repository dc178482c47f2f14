/* The outside of a process that is a guest: messages of console, clock and random. Private to wasi/. */
#ifndef WASI_OUTSIDE_H
#define WASI_OUTSIDE_H

#include "base/list.h"
#include "interfaces/wire.h"
#include "kernel/guest.h"
#include "wasi/wasi.h"

/* A request whose answer is taken in one piece: its words, and as much of its block as there is room for. */
struct outside_call {
    struct guest_request request;
    enum wasi_errno code; /* when it is over */
    struct wire_content content;
    uint8_t *to; /* where the block goes; NULL: it has none */
    uint32_t room;
};

/* A read of the console, whose bytes go to memory as they come. */
struct outside_read {
    struct guest_request request;
    enum wasi_errno code; /* when it is over */
    uint8_t *to;
    uint32_t room, size; /* size 0: the end */
};

struct outside {
    struct wasi_outside functions;
    struct app *app;
    uint64_t started_ns; /* the processor's clocks count from here; 0: nobody has looked yet */
    struct {
        bool append, nonblocking; /* as the program set them */
    } streams[3];
    uint8_t terminals; /* enum console_terminals, when they are known */
    bool has_terminals;
    uint32_t piece_max; /* of a write; smaller when somebody takes no more */
    /* A look at the input: a read of one byte that a poll, or a read that must not wait, has sent. What it gave is kept for the next read, so
       that no more than a byte is ever taken that the program does not come to see. */
    struct outside_read look;
    bool is_looking; /* the look is under way, or has something */
    uint8_t look_byte;
};

void outside_begin(struct outside *outside, struct app *app);
/* Takes back what is under way. */
void outside_end(struct outside *outside);

/* WASI's name for an error of the contract, which is negative or 0. */
enum wasi_errno outside_errno(int32_t error);
/* Sends a message and waits for its answer. The content is the request's at first, and the answer's then. */
enum wasi_errno outside_call(struct outside *outside, const uint8_t *interface, uint32_t operation, struct outside_call *call) MUST_CHECK;
/* The same in two steps; the call is over at once when it was not sent. */
void outside_send(struct outside *outside, const uint8_t *interface, uint32_t operation, struct outside_call *call);

/* ---- outside_console.c ---- */

enum wasi_errno outside_read(void *context, uint32_t stream, uint8_t *out, size_t size, size_t *done) MUST_CHECK;
enum wasi_errno outside_write(void *context, uint32_t stream, const uint8_t *data, size_t size, size_t *done) MUST_CHECK;
enum wasi_errno outside_status(void *context, uint32_t stream, struct wasi_stream_status *out) MUST_CHECK;
enum wasi_errno outside_seek(void *context, uint32_t stream, int64_t offset, enum wasi_whence whence, uint64_t *position) MUST_CHECK;
enum wasi_errno outside_set_flags(void *context, uint32_t stream, bool append, bool nonblocking) MUST_CHECK;
enum wasi_errno outside_sync(void *context, uint32_t stream, bool metadata) MUST_CHECK;
/* Begins a look, if none is there. */
void outside_look(struct outside *outside);

/* ---- outside_poll.c ---- */

enum wasi_errno outside_poll(void *context, struct wasi_poll *entries, size_t count, uint64_t deadline_ns) MUST_CHECK;

#endif
