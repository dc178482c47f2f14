/* What messages and turns cost: arguments ROLE ROUNDS [BYTES MODE]. `answer` answers what comes, looks at each page of a block, and gives back what
   was moved to it; `call` calls the handler ROUNDS times in one turn; `pass` does so with a buffer, in a mode of enum block_mode; `exit` ends at
   once. */
#include "programs/api/context.h"

static uint64_t number_of(const char *text) {
    uint64_t number = 0;
    for (; *text != 0; text++) {
        number = number * 10 + (uint64_t)(*text - '0');
    }
    return number;
}

/* What has a block; apart, so that what has none needs no stack in memory. */
__attribute__((noinline)) static void answer_block(struct context *os, const struct message *in) {
    for (uint32_t at = 0; at < in->block_size; at += 4096) {
        (void)((const volatile char *)in->block)[at];
    }
    struct message answer = {.block = in->block, .block_size = in->block_size, .block_mode = in->block_mode == BLOCK_MOVE ? BLOCK_MOVE : BLOCK_NONE};
    struct buffer_request release = {.operation = BUFFER_RELEASE, .address = in->block};
    if (in->block_mode == BLOCK_SHARE) {
        os->buffer(&release);
    }
    os->answer(in->id, &answer);
}

static int32_t answer_all(struct context *os) {
    static const struct message empty;
    for (uint32_t index = 0; index < os->inbox_count; index++) {
        const struct message *in = &os->inbox[index];
        if (in->block_size == 0) {
            os->answer(in->id, &empty);
        } else {
            answer_block(os, in);
        }
    }
    return TURN_WAIT;
}

__attribute__((noinline)) static int32_t pass_all(struct context *os) {
    struct buffer_request make = {.operation = BUFFER_MAKE, .size = (uint32_t)number_of(os->arguments[3])};
    int32_t error = os->buffer(&make);
    struct buffer_request share = {.operation = BUFFER_SHARE, .address = make.address, .access = BUFFER_READ};
    error = error == 0 ? os->buffer(&share) : error;
    struct message out = {.grant = os->grants[0].handle, .block = make.address, .block_mode = (uint32_t)number_of(os->arguments[4])};
    out.block_size = (uint32_t)number_of(os->arguments[3]);
    for (uint32_t at = 0; error == 0 && at < out.block_size; at += 4096) {
        ((volatile char *)make.address)[at] = 1;
    }
    for (uint64_t rounds = number_of(os->arguments[2]); rounds > 0 && error == 0; rounds--) {
        struct message answer = {0};
        error = os->call(&out, &answer, UNTIL_EVER);
        out.block = out.block_mode == BLOCK_MOVE ? answer.block : out.block;
    }
    os->mine->exit_code = error;
    return TURN_EXIT;
}

static int32_t call_all(struct context *os) {
    static struct message out, answer;
    out.grant = os->grants[0].handle;
    for (uint64_t rounds = number_of(os->arguments[2]); rounds > 0; rounds--) {
        if (os->call(&out, &answer, UNTIL_EVER) != 0) {
            os->mine->exit_code = 1;
            break;
        }
    }
    return TURN_EXIT;
}

int32_t start(struct context *os) {
    if (os->inbox_count != 0) {
        return answer_all(os);
    }
    switch (os->arguments[1][0]) {
    case 'a': return TURN_WAIT;
    case 'c': return call_all(os);
    case 'p': return pass_all(os);
    default: return TURN_EXIT;
    }
}
