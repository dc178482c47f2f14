/* The contract between a program and ArgOS: the one argument of a program's one function,

       int32_t start(struct context *os);

   A program needs nothing but this header, and nothing of this header is needed but the layout: it has no library behind it. All
   integers are little-endian. Pointers are addresses in the app's linear memory, 4 bytes wide; pointers to functions are indices of its
   table 0. `start` is called once a turn and returns an enum turn. What the app keeps in memory stays from turn to turn; its
   stack does not.

   Ownership. What the kernel shows (the context, grants, arguments, the inbox and the blocks of messages in it) can be read and not
   written, and belongs to the kernel; until when a thing stands is said beside it. A pointer that a program hands to a function of the
   context is read or written before that function returns, and never afterwards. A pointer to memory that the app may not so
   access ends the app, as if it had made the access itself.

   Growth. struct context, app_state and clock start with their size and grow at the end only. The elements of arrays, and struct message,
   never change. */
#ifndef PROGRAMS_API_CONTEXT_H
#define PROGRAMS_API_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

/* What `start` returns. */
enum turn {
    TURN_WAIT = 0,  /* call me when a message comes, or when mine->wake_at_ns is past */
    TURN_AGAIN = 1, /* call me again as soon as the others had their turn */
    TURN_EXIT = 2,  /* end me: mine->exit_code says how it went */
};

/* Functions return 0 or more, or the negative of one of these. */
enum contract_error {
#define CONTRACT_ERROR(number, name, text) ARGOS_##name = (number),
#include "interfaces/errors.def"
#undef CONTRACT_ERROR
};

/* ---- Grants ---- */

/* Bits of grant.flags. */
enum grant_flag {
    GRANT_USE = 1,     /* messages can be sent through it */
    GRANT_SERVE = 2,   /* the app handles the interface: messages come in through it, and grants with badges are made of it */
    GRANT_REVOKED = 4, /* every message through it is answered with ARGOS_REVOKED */
};

/* A grant that the app was started with, or was given afterwards by who started it; those that come in messages are not listed. The array
   stands until the end of the turn and may be another one in the next. */
struct grant {
    uint8_t interface[32]; /* SHA-256 of the interface's canonical text */
    uint32_t handle;       /* never 0; means nothing to other apps */
    uint32_t flags;        /* enum grant_flag */
    const char *label;     /* zero-terminated: the interface's name, or what the system file calls it */
    uint32_t reserved;
};

/* ---- Messages ---- */

enum message_kind {
    MESSAGE_REQUEST = 1, /* somebody asks; an answer is owed when id is not 0 */
    MESSAGE_ANSWER = 2,  /* to the message that this app sent and `send` called id */
    MESSAGE_NOTICE = 3,  /* from the kernel; operation is an enum notice */
};

enum notice {
    NOTICE_CLIENT_GONE = 1, /* the last copy of the grant with this badge is gone: nobody can send through it any more */
    NOTICE_CANCELLED = 2,   /* nobody waits for the answer to request id any more; it may still be answered, to no effect */
    NOTICE_ROOM = 3,        /* a queue that was full when this app sent to it may have room again */
    NOTICE_GRANTS = 4,      /* os->grants has changed */
    NOTICE_STOP = 5,        /* whoever started this app asks it to end */
    NOTICE_BUFFER_BACK = 6, /* the buffer at `block`, which this app lent, is back, otherwise than with an answer */
    NOTICE_BUFFER_GONE = 7, /* the buffer at `block`, which was shared with this app, was taken back: whoever touches it ends. Release it */
};

/* Bits of message.flags, set by who sends. */
enum message_flag {
    MESSAGE_NO_ANSWER = 1,     /* none is wanted: send returns 0, and the request comes with id 0 */
    MESSAGE_AWAIT_HANDLER = 2, /* while nobody handles the interface, wait for one instead of failing with ARGOS_NO_HANDLER, unless a buffer
                                  goes along. Blocks of at most 16 KiB in all wait for one: ARGOS_LIMIT. One that the handler's inbox has no room
                                  for is answered with ARGOS_TOO_LARGE; one that wants no answer goes when its sender ends */
    MESSAGE_FORWARD = 4,       /* pass on request `id`, which this app owes an answer: the receiver owes it instead. ARGOS_DEADLOCK when the receiver
                                waits for who sent it, ARGOS_CANCELLED when nobody waits for it any more */
    MESSAGE_CANCEL = 8,        /* take back message `id` that this app sent: it is answered with ARGOS_CANCELLED. Nothing else is looked at */
    MESSAGE_DROP = 16, /* give up `grant`, which the app can then use no more; who handles it is told when nobody has it. Nothing else is looked at */
};

/* How the block of a message reaches the receiver. All but BLOCK_COPY pass on a buffer: `block` is its address, and block_size how much of it is the
   message's, at least a byte; the receiver has an address of its own for it. The sender keeps everything when the message is refused. */
enum block_mode {
    BLOCK_NONE = 0,
    BLOCK_COPY = 1,         /* any memory of the app; the receiver gets a copy */
    BLOCK_MOVE = 2,         /* the receiver's from now on, and the receiver's budget pays; it ends with a message that nobody sees */
    BLOCK_LEND = 3,         /* not in an answer, nor where none is wanted. The receiver reads it until it answers; the lender may not access it */
    BLOCK_LEND_MUTABLE = 4, /* ... and may write it */
    BLOCK_SHARE = 5,        /* both can access it, as BUFFER_SHARE says, until the receiver releases it or it is taken back */
};

enum message_grant_mode {
    GRANT_COPY = 1, /* both have it */
    GRANT_MOVE = 2, /* the receiver has it instead */
    GRANT_MAKE = 3, /* handle is a GRANT_SERVE of the sender: a new grant to the sender, with this badge. In a received message: never */
};

struct message_grant {
    uint32_t handle;
    uint32_t mode;  /* enum message_grant_mode; in a received message GRANT_MOVE */
    uint64_t badge; /* GRANT_MAKE */
};

#define MESSAGE_WORDS  4
#define MESSAGE_GRANTS 4

struct message {
    uint64_t id; /* received: names the request that wants an answer, or the message that this answers. Sent: see MESSAGE_FORWARD, MESSAGE_CANCEL */
    uint64_t badge; /* received request: of the grant it came through, as this app chose it; 0 for one that it did not make */
    uint64_t words[MESSAGE_WORDS];
    uint32_t grant;     /* sent: what it goes through. Received request: the GRANT_SERVE that it came through */
    uint32_t operation; /* a number of the interface's */
    uint16_t kind;      /* received: enum message_kind */
    uint16_t flags;     /* sent: enum message_flag */
    int32_t error;      /* in an answer: 0 or the negative of an enum contract_error */
    void *block; /* received: a copy, or what was lent, stands until the request is answered; in an answer or a request that wants none, until the
                    turn ends, or until the next wait or call when that is how it came */
    uint32_t block_size;  /* in bytes */
    uint32_t block_mode;  /* enum block_mode */
    uint32_t grant_count; /* of the array below */
    struct message_grant grants[MESSAGE_GRANTS];
};

/* ---- Buffers: memory of whole pages that can be moved, lent and shared ----

   An app calls a buffer by its address, which stays as long as the app has the buffer, mapped or not, and is in quarantine afterwards. At one time
   exactly one app has access to what is not shared: what is lent is back with the answer. Only when the borrower did not answer itself
   (ARGOS_TIMED_OUT, ARGOS_CANCELLED, ARGOS_REVOKED; or it lent it on and ended) it may stay away until whoever has it answers, ends, or ends the turn
   in which it was told NOTICE_CANCELLED; then NOTICE_BUFFER_BACK says so. Who has something on loan may lend it on, and answers when it is back:
   ARGOS_TAKEN before. What was lent by an app that ended is freed when the borrower is done. */

enum buffer_operation {
    BUFFER_MAKE = 1,    /* size in, address and size (rounded up) out; zeroed, mapped, and charged to the app */
    BUFFER_RELEASE = 2, /* address in: the app has done with it. Those that it is shared with keep it, and the app goes on paying for it */
    BUFFER_MAP = 3,     /* address in, size out: into the address space again. ARGOS_TAKEN: it is lent */
    BUFFER_UNMAP = 4,   /* address in: out of the address space, and still the app's */
    BUFFER_SHARE = 5, /* address in; access says what those who get it by BLOCK_SHARE may do, which before is ARGOS_REFUSED. 0: it is taken back from
                         all who have it */
};

enum buffer_access { BUFFER_READ = 1, BUFFER_WRITE = 2 /* only with BUFFER_READ */ };

struct buffer_request {
    uint32_t operation; /* enum buffer_operation */
    uint32_t access;    /* enum buffer_access bits */
    void *address;
    uint32_t size;
};

/* ---- The context ---- */

/* The page that the app may write. The kernel reads it once, after the turn. */
struct app_state {
    uint32_t size;       /* bytes that this kernel reads */
    int32_t exit_code;   /* TURN_EXIT */
    void *store;         /* the app's own; NULL at first */
    uint64_t wake_at_ns; /* of the monotonic clock; TURN_WAIT; 0 = only for a message. Set to 0 before each turn */
};

/* Shared with all apps, and changing while the app runs: as old as the turn began, less some microseconds. */
struct clock {
    uint32_t size;
    uint32_t reserved;
    uint64_t monotonic_ns; /* since an unknown moment; never goes back */
    uint64_t wall_ns;      /* since 1970-01-01 00:00 UTC */
};

struct framebuffer;
struct input;

#define UNTIL_POLL ((uint64_t)0)
#define UNTIL_EVER UINT64_MAX

struct context {
    uint32_t size; /* bytes that this kernel filled in */
    uint32_t app;  /* a number for logs; confers nothing */
    uint64_t turn; /* turns so far, this one included */
    struct app_state *mine;
    const struct clock *clock; /* NULL without a grant of the clock */
    /* To whoever handles `log` for this app; NULL without a grant of it. Cut into pieces when it is long, never refused. */
    void (*log)(const char *text, uint32_t length);
    /* From the app's own memory, uninitialised; the alignment is a power of two up to 65536, or 0 for 16. NULL when there is no room. */
    void *(*allocate)(uint32_t size, uint32_t alignment);
    /* NULL is nothing. What allocate did not give, or was released before, ends the app. */
    void (*release)(void *memory);
    /* The message's id, 0 for one that wants no answer, or a negative error; never blocks. */
    int64_t (*send)(const struct message *message);
    /* ARGOS_NOT_FOUND when this app owes no answer to a request of that id. NULL answers with all zero. */
    int32_t (*answer)(uint64_t id, const struct message *answer);
    /* Up to count messages that came since; blocks until there is one or the monotonic clock reaches until_ns. Their number, 0 when none came in
       time; ARGOS_NO_MEMORY when none is there yet and the app's budget has no room for the stack that it would wait on. */
    int32_t (*wait)(struct message *out, uint32_t count, uint64_t until_ns);
    /* Send and wait for the answer: 0 with *answer filled in, or a negative error. When answer->block is not NULL, the answer's block is copied there
       as far as answer->block_size allows; what is larger stands like that of any answer. ARGOS_NO_MEMORY, and nothing was sent, when the app's
       budget has no room for the stack that it waits on, which it pays for from its first call or wait of a turn until that ends. */
    int32_t (*call)(const struct message *message, struct message *answer, uint64_t until_ns);
    /* 0 or a negative error: ARGOS_NOT_FOUND when the app has no buffer at that address, ARGOS_TAKEN for what it has lent or was lent,
       ARGOS_REVOKED for what was taken back from it, ARGOS_FULL when it has as many buffers as it may. */
    int32_t (*buffer)(struct buffer_request *request);
    const struct grant *grants;
    uint32_t grant_count;
    const struct message *inbox; /* what came with this turn, oldest first; stands until it ends */
    uint32_t inbox_count;
    const char *const *arguments; /* zero-terminated each; the first is the program's name */
    uint32_t argument_count;
    const struct framebuffer *framebuffer; /* NULL without a window grant */
    const struct input *input;             /* NULL without one */
};

#endif
