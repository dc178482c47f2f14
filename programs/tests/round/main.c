/* What messages and turns cost: arguments ROLE ROUNDS. `answer` answers what comes; `call` calls the handler ROUNDS times in one turn; `exit` ends at
 * once. */
#include "programs/api/context.h"

static uint64_t number_of(const char *text) {
    uint64_t number = 0;
    for (; *text != 0; text++) {
        number = number * 10 + (uint64_t)(*text - '0');
    }
    return number;
}

static int32_t answer_all(struct context *os) {
    static const struct message answer;
    for (uint32_t index = 0; index < os->inbox_count; index++) {
        os->answer(os->inbox[index].id, &answer);
    }
    return TURN_WAIT;
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
    switch (os->arguments[1][0]) {
    case 'a': return answer_all(os);
    case 'c': return call_all(os);
    default: return TURN_EXIT;
    }
}
