/* An app for ArgOS: one function, whose argument is all that it can do. This one counts. It writes a line to the log every tenth of a second, three
   times or as often as its first argument says. It handles the interface of counter.wit for whoever has a grant to it, and when it was given a grant
   to another counter, it asks that one. context.h says what else there is. */
#include "context.h"

#define PERIOD_NS     100000000 /* a tenth of a second */
#define COUNTER_COUNT 1         /* the first function of counter.wit */

/* What is static stays from turn to turn; what is on the stack does not. */
static uint32_t count, count_max;
static uint64_t next_ns;

/* ---- Text: there is no library, and none is needed ---- */

struct line {
    char text[100];
    uint32_t length;
};

static void line_add(struct line *line, const char *text) {
    while (*text != 0 && line->length < sizeof line->text) {
        line->text[line->length++] = *text++;
    }
}

static void line_add_number(struct line *line, uint64_t number) {
    char digits[21];
    char *at = &digits[20];
    *at = 0;
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    line_add(line, at);
}

/* What the app may not do is a function that is NULL. */
static void line_log(struct context *os, const struct line *line) {
    if (os->log != NULL) {
        os->log(line->text, line->length);
    }
}

static int texts_are_equal(const char *left, const char *right) {
    while (*left != 0 && *left == *right) {
        left++;
        right++;
    }
    return *left == *right;
}

static uint32_t number_of(const char *text) {
    uint32_t number = 0;
    while (*text >= '0' && *text <= '9') {
        number = number * 10 + (uint32_t)(*text++ - '0');
    }
    return number;
}

/* ---- Messages ---- */

/* Answers all that came with this turn; 0 when the app is asked to end. */
static int answer_all(struct context *os) {
    for (uint32_t index = 0; index < os->inbox_count; index++) {
        const struct message *in = &os->inbox[index];
        if (in->kind == MESSAGE_REQUEST && in->id != 0) {
            struct message answer = {.words = {count}};
            if (in->operation != COUNTER_COUNT) {
                answer = (struct message){.error = -ARGOS_UNSUPPORTED};
            }
            os->answer(in->id, &answer);
        } else if (in->kind == MESSAGE_NOTICE && in->operation == NOTICE_STOP) {
            return 0;
        }
    }
    return 1;
}

/* Asks another counter how far it is, where the app was given one. */
static void ask(struct context *os) {
    for (uint32_t index = 0; index < os->grant_count; index++) {
        const struct grant *grant = &os->grants[index];
        if ((grant->flags & GRANT_USE) == 0 || !texts_are_equal(grant->label, "counter")) {
            continue;
        }
        struct message question = {.grant = grant->handle, .operation = COUNTER_COUNT}, answer = {0};
        struct line line = {.length = 0};
        int32_t error = os->call(&question, &answer, UNTIL_EVER);
        line_add(&line, error == 0 ? "the other counter is at " : "the other counter does not answer: error ");
        line_add_number(&line, error == 0 ? answer.words[0] : (uint64_t)-error);
        line_log(os, &line);
    }
}

/* ---- The app ---- */

static void count_one(struct context *os) {
    struct line line = {.length = 0};
    count++;
    line_add(&line, "count ");
    line_add_number(&line, count);
    line_add(&line, " of ");
    line_add_number(&line, count_max);
    line_log(os, &line);
    ask(os);
}

static int is_handler(const struct context *os) {
    for (uint32_t index = 0; index < os->grant_count; index++) {
        if ((os->grants[index].flags & GRANT_SERVE) != 0) {
            return 1;
        }
    }
    return 0;
}

int32_t start(struct context *os) {
    if (os->turn == 1) {
        count_max = os->argument_count > 1 ? number_of(os->arguments[1]) : 3;
    }
    if (!answer_all(os)) {
        return TURN_EXIT;
    }
    /* Without a clock every turn counts. */
    uint64_t now_ns = os->clock != NULL ? os->clock->monotonic_ns : next_ns;
    if (count < count_max && now_ns >= next_ns) {
        count_one(os);
        next_ns = now_ns + PERIOD_NS;
    }
    if (count < count_max) {
        os->mine->wake_at_ns = next_ns;
        return TURN_WAIT;
    }
    return is_handler(os) ? TURN_WAIT : TURN_EXIT;
}
