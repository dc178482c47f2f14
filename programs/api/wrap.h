/* For programs that are put between an app and who handles an interface for it (argos run --wrap), whatever the interface is. Such a program was
   granted the interface twice: to serve it, and to use it. */
#ifndef PROGRAMS_API_WRAP_H
#define PROGRAMS_API_WRAP_H

#include "programs/api/binding.h"

struct wrap {
    uint32_t serve, use; /* handles; 0: it was not granted both */
    const struct grant *grant;
};

static inline struct wrap wrap_of(const struct context *os) {
    struct wrap wrap = {0, 0, NULL};
    for (uint32_t i = 0; i < os->grant_count && wrap.serve == 0; i++) {
        if ((os->grants[i].flags & GRANT_SERVE) != 0) {
            wrap.serve = os->grants[i].handle;
            wrap.use = binding_find(os, os->grants[i].interface, GRANT_USE);
            wrap.grant = &os->grants[i];
        }
    }
    return wrap;
}

/* What the request holds, to go on through another grant. Its grants go along. */
static inline struct message wrap_copy(const struct message *request, uint32_t use) {
    struct message out = *request;
    out.grant = use;
    out.flags = request->id == 0 ? MESSAGE_NO_ANSWER : MESSAGE_FORWARD;
    for (uint32_t i = 0; i < out.grant_count; i++) {
        out.grants[i].mode = GRANT_MOVE;
    }
    return out;
}

/* Passes a request on, as it came: who handles it answers the client. When that one has no room just now, waits for it. */
static inline int32_t wrap_pass_on(const struct context *os, uint32_t use, const struct message *request) {
    struct message out = wrap_copy(request, use);
    int64_t id = os->send(&out);
    if (id == -ARGOS_FULL) {
        struct message answer;
        __builtin_memset(&answer, 0, sizeof answer);
        out.flags = 0;
        id = os->call(&out, &answer, UNTIL_EVER);
        if (id == 0 && request->id != 0) {
            return os->answer(request->id, &answer);
        }
    }
    if (id < 0 && request->id != 0) {
        return binding_answer_error(os, request->id, (int32_t)id);
    }
    return (int32_t)id;
}

/* Nobody else sees the request: the client is answered with this error. */
static inline void wrap_refuse(const struct context *os, const struct message *request, enum contract_error error) {
    if (request->id != 0) {
        (void)binding_answer_error(os, request->id, -(int32_t)error);
    }
}

/* ---- Text, for what such programs say ---- */

struct wrap_line {
    char text[160];
    uint32_t length;
};

static inline void wrap_line_text(struct wrap_line *line, const char *text) {
    while (*text != 0 && line->length < sizeof line->text) {
        line->text[line->length++] = *text++;
    }
}

static inline void wrap_line_number(struct wrap_line *line, uint64_t number) {
    char digits[21];
    uint32_t at = sizeof digits - 1;
    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    wrap_line_text(line, digits + at);
}

static inline void wrap_line_log(const struct context *os, const struct wrap_line *line) {
    if (os->log != NULL) {
        os->log(line->text, line->length);
    }
}

#endif
