/* The contract as the kernel sees it: the structs of programs/api/context.h with pointers that are addresses in a linear memory. What
   they mean is said there; interfaces/context.def holds both to one layout. Private to the kernel. */
#ifndef KERNEL_CONTRACT_H
#define KERNEL_CONTRACT_H

#include <stddef.h>
#include <stdint.h>

/* An address in the linear memory of an app. */
typedef uint32_t guest_address;

enum turn { TURN_WAIT, TURN_AGAIN, TURN_EXIT };

enum contract_error {
    ARGOS_OK = 0,
#define CONTRACT_ERROR(number, name, text) ARGOS_##name = (number),
#include "interfaces/errors.def"
#undef CONTRACT_ERROR
};

enum grant_flag { GRANT_USE = 1, GRANT_SERVE = 2, GRANT_REVOKED = 4 };

struct grant {
    uint8_t interface[32];
    uint32_t handle;
    uint32_t flags;
    guest_address label;
    uint32_t reserved;
};

enum message_kind { MESSAGE_REQUEST = 1, MESSAGE_ANSWER = 2, MESSAGE_NOTICE = 3 };
enum notice {
    NOTICE_CLIENT_GONE = 1,
    NOTICE_CANCELLED = 2,
    NOTICE_ROOM = 3,
    NOTICE_GRANTS = 4,
    NOTICE_STOP = 5,
    NOTICE_BUFFER_BACK = 6,
    NOTICE_BUFFER_GONE = 7
};
enum message_flag {
    MESSAGE_NO_ANSWER = 1,
    MESSAGE_AWAIT_HANDLER = 2,
    MESSAGE_FORWARD = 4,
    MESSAGE_CANCEL = 8,
    MESSAGE_DROP = 16,
    MESSAGE_FLAGS_ALL = 31
};
enum block_mode { BLOCK_NONE, BLOCK_COPY, BLOCK_MOVE, BLOCK_LEND, BLOCK_LEND_MUTABLE, BLOCK_SHARE };
enum message_grant_mode { GRANT_COPY = 1, GRANT_MOVE = 2, GRANT_MAKE = 3 };

struct message_grant {
    uint32_t handle;
    uint32_t mode;
    uint64_t badge;
};

#define MESSAGE_WORDS  4
#define MESSAGE_GRANTS 4
#define UNTIL_EVER     UINT64_MAX

struct message {
    uint64_t id;
    uint64_t badge;
    uint64_t words[MESSAGE_WORDS];
    uint32_t grant;
    uint32_t operation;
    uint16_t kind;
    uint16_t flags;
    int32_t error;
    guest_address block;
    uint32_t block_size;
    uint32_t block_mode;
    uint32_t grant_count;
    struct message_grant grants[MESSAGE_GRANTS];
};

/* What every message has; of the grants behind it, those that there are. */
#define MESSAGE_HEAD_BYTES offsetof(struct message, grants)

enum buffer_operation { BUFFER_MAKE = 1, BUFFER_RELEASE = 2, BUFFER_MAP = 3, BUFFER_UNMAP = 4, BUFFER_SHARE = 5 };
enum buffer_access { BUFFER_READ = 1, BUFFER_WRITE = 2 };

struct buffer_request {
    uint32_t operation;
    uint32_t access;
    guest_address address;
    uint32_t size;
};

struct app_state {
    uint32_t size;
    int32_t exit_code;
    guest_address store;
    uint64_t wake_at_ns;
};

struct clock {
    uint32_t size;
    uint32_t reserved;
    uint64_t monotonic_ns;
    uint64_t wall_ns;
};

/* The functions are indices of table 0. */
struct context {
    uint32_t size;
    uint32_t app;
    uint64_t turn;
    guest_address mine;
    guest_address clock;
    uint32_t log;
    uint32_t allocate;
    uint32_t release;
    uint32_t send;
    uint32_t answer;
    uint32_t wait;
    uint32_t call;
    uint32_t buffer;
    guest_address grants;
    uint32_t grant_count;
    guest_address inbox;
    uint32_t inbox_count;
    guest_address arguments;
    uint32_t argument_count;
    guest_address framebuffer;
    guest_address input;
};

#define CONTEXT_OFFSET(type, field, offset) _Static_assert(offsetof(struct type, field) == (offset), #type "." #field);
#define CONTEXT_SIZE(type, bytes)           _Static_assert(sizeof(struct type) == (bytes), #type);
#include "interfaces/context.def"
#undef CONTEXT_OFFSET
#undef CONTEXT_SIZE

#endif
