/* names: handles `names`. A name is registered under what the client may do, which its grant says: grants are badged with the number of a policy, 0
   for whoever was granted it first, who may do everything. A policy narrows the one of the client who made it, and is kept while there is a grant or
   a policy that needs it. */
#include "programs/api/names.h"

#define NAMES_MAX    128 /* grants that are kept: the app's table has 256 */
#define NAME_MAX     255
#define POLICIES_MAX 64
#define PATTERNS_MAX 64
#define WAITING_MAX  64

struct name {
    char text[NAME_MAX];
    uint32_t size; /* 0: free */
    uint32_t grant;
};

struct patterns {
    uint32_t count;
    struct wire_text at[PATTERNS_MAX];
};

struct policy {
    uint32_t uses; /* a grant, and policies that narrow it; 0: free */
    uint32_t parent;
    struct patterns find, register_;
    char *texts;
};

struct waiting {
    uint64_t id; /* 0: free */
    uint32_t size;
    char text[NAME_MAX];
};

static struct name names[NAMES_MAX];
static struct policy policies[POLICIES_MAX];
static struct waiting waiting[WAITING_MAX];
static uint32_t serve;

/* ---- Names ---- */

static int order(struct wire_text left, struct wire_text right) {
    for (uint32_t i = 0; i < left.size && i < right.size; i++) {
        if (left.data[i] != right.data[i]) {
            return (uint8_t)left.data[i] < (uint8_t)right.data[i] ? -1 : 1;
        }
    }
    return left.size == right.size ? 0 : left.size < right.size ? -1 : 1;
}

static bool is_name(struct wire_text text) {
    bool is_good = text.size > 0 && text.size <= NAME_MAX;
    for (uint32_t i = 0; i < text.size && is_good; i++) {
        is_good = (uint8_t)text.data[i] >= 0x20 && text.data[i] != 0x7F;
    }
    return is_good;
}

static struct wire_text text_of(const struct name *name) {
    return (struct wire_text){name->text, name->size};
}

static struct name *name_find(struct wire_text text) {
    for (uint32_t i = 0; i < NAMES_MAX; i++) {
        if (names[i].size != 0 && order(text_of(&names[i]), text) == 0) {
            return &names[i];
        }
    }
    return NULL;
}

/* ---- Policies ---- */

static bool pattern_fits(struct wire_text pattern, struct wire_text name) {
    const bool is_start = pattern.size > 0 && pattern.data[pattern.size - 1] == '*';
    const uint32_t size = is_start ? pattern.size - 1 : pattern.size;
    return name.size >= size && (is_start || name.size == size) &&
           order((struct wire_text){pattern.data, size}, (struct wire_text){name.data, size}) == 0;
}

static bool patterns_fit(const struct patterns *patterns, struct wire_text name) {
    for (uint32_t i = 0; i < patterns->count; i++) {
        if (pattern_fits(patterns->at[i], name)) {
            return true;
        }
    }
    return false;
}

/* Whether a client of this policy, and all that it narrows, may find or register the name. */
static bool may(uint64_t policy, struct wire_text name, bool registers) {
    for (uint32_t at = (uint32_t)policy; at != 0; at = policies[at].parent) {
        if (!patterns_fit(registers ? &policies[at].register_ : &policies[at].find, name)) {
            return false;
        }
    }
    return true;
}

static void policy_drop(const struct context *os, uint32_t policy) {
    while (policy != 0 && --policies[policy].uses == 0) {
        const uint32_t parent = policies[policy].parent;
        os->release(policies[policy].texts);
        policy = parent;
    }
}

static uint32_t patterns_bytes(const struct wire_text_list *list) {
    uint32_t bytes = 0;
    struct wire_text text;
    for (uint32_t i = 0; i < list->count; i++) {
        bytes += wire_text_list_get(list, i, &text) ? text.size : 0;
    }
    return bytes;
}

static char *patterns_take(const struct wire_text_list *list, struct patterns *out, char *room) {
    out->count = list->count;
    for (uint32_t i = 0; i < list->count; i++) {
        struct wire_text text = {NULL, 0};
        (void)wire_text_list_get(list, i, &text);
        __builtin_memcpy(room, text.data, text.size);
        out->at[i] = (struct wire_text){room, text.size};
        room += text.size;
    }
    return room;
}

/* ---- The interface ---- */

static int32_t narrow(void *self, const struct wire_call *call, const struct names_narrow_arguments *arguments, struct names_grant_or_error *result) {
    const struct context *os = self;
    const struct names_policy *wanted = &arguments->policy;
    uint32_t free = 1;
    result->is_error = true;
    result->error = NAMES_ERROR_FULL;
    while (free < POLICIES_MAX && policies[free].uses != 0) {
        free++;
    }
    if (free == POLICIES_MAX || wanted->find.count > PATTERNS_MAX || wanted->register_.count > PATTERNS_MAX) {
        return 0;
    }
    struct policy *policy = &policies[free];
    policy->texts = os->allocate(patterns_bytes(&wanted->find) + patterns_bytes(&wanted->register_), 1);
    if (policy->texts == NULL) {
        return 0;
    }
    patterns_take(&wanted->register_, &policy->register_, patterns_take(&wanted->find, &policy->find, policy->texts));
    policy->parent = (uint32_t)call->object;
    policy->uses = 1;
    policies[policy->parent].uses++;
    result->is_error = false;
    result->ok = wire_grant_of(serve, WIRE_GRANT_MAKE, free);
    return 0;
}

static int32_t find(void *self, const struct wire_call *call, const struct names_find_arguments *arguments, struct names_grant_or_error *result) {
    const struct name *name = name_find(arguments->name);
    (void)self;
    result->is_error = name == NULL || !may(call->object, arguments->name, false);
    if (result->is_error) {
        result->error = NAMES_ERROR_UNKNOWN;
    } else {
        result->ok = wire_grant_copied(name->grant);
    }
    return 0;
}

static int32_t wait_for(void *self, const struct wire_call *call, const struct names_wait_for_arguments *arguments,
                        struct names_grant_or_error *result) {
    const struct names_find_arguments wanted = {arguments->name};
    result->is_error = true;
    result->error = !is_name(arguments->name) ? NAMES_ERROR_INVALID : NAMES_ERROR_REFUSED;
    if (!is_name(arguments->name) || !may(call->object, arguments->name, false)) {
        return 0;
    }
    if (name_find(arguments->name) != NULL) {
        return find(self, call, &wanted, result);
    }
    for (uint32_t i = 0; i < WAITING_MAX && call->id != 0; i++) {
        if (waiting[i].id == 0) {
            waiting[i].id = call->id;
            waiting[i].size = arguments->name.size;
            __builtin_memcpy(waiting[i].text, arguments->name.data, arguments->name.size);
            return WIRE_LATER;
        }
    }
    result->error = NAMES_ERROR_FULL;
    return 0;
}

static void waiting_answer(const struct context *os, const struct name *name) {
    const struct names_grant_or_error result = {.ok = wire_grant_copied(name->grant)};
    for (uint32_t i = 0; i < WAITING_MAX; i++) {
        if (waiting[i].id != 0 && order((struct wire_text){waiting[i].text, waiting[i].size}, text_of(name)) == 0) {
            names_wait_for_answer_later(os, waiting[i].id, &result);
            waiting[i].id = 0;
        }
    }
}

static int32_t register_name(void *self, const struct wire_call *call, const struct names_register_arguments *arguments,
                             struct names_registration_or_error *result) {
    const struct context *os = self;
    struct name *free = NULL;
    for (uint32_t i = 0; i < NAMES_MAX && free == NULL; i++) {
        free = names[i].size == 0 ? &names[i] : NULL;
    }
    result->is_error = true;
    if (!is_name(arguments->name)) {
        result->error = NAMES_ERROR_INVALID;
    } else if (!may(call->object, arguments->name, true)) {
        result->error = NAMES_ERROR_REFUSED;
    } else if (name_find(arguments->name) != NULL) {
        result->error = NAMES_ERROR_TAKEN;
    } else if (free == NULL || arguments->grant.handle == 0) {
        result->error = NAMES_ERROR_FULL;
    } else {
        __builtin_memcpy(free->text, arguments->name.data, arguments->name.size);
        free->size = arguments->name.size;
        free->grant = arguments->grant.handle;
        *result = (struct names_registration_or_error){.ok = names_registration_make(serve, (uint64_t)(free - names))};
        waiting_answer(os, free);
        return 0;
    }
    binding_drop(os, arguments->grant.handle);
    return 0;
}

static void registration_gone(void *self, uint64_t object) {
    binding_drop(self, names[object].grant);
    names[object].size = 0;
}

static int32_t list_after(void *self, const struct wire_call *call, const struct names_list_after_arguments *arguments,
                          struct wire_text_list *result) {
    static struct wire_text found[NAMES_MAX];
    uint32_t count = 0;
    (void)self;
    for (uint32_t i = 0; i < NAMES_MAX; i++) {
        const struct wire_text text = text_of(&names[i]);
        if (text.size == 0 || order(text, arguments->after) <= 0 || !may(call->object, text, false)) {
            continue;
        }
        uint32_t place = count++;
        for (; place > 0 && order(found[place - 1], text) > 0; place--) {
            found[place] = found[place - 1];
        }
        found[place] = text;
    }
    *result = wire_text_list_of(found, count);
    return 0;
}

static const struct names_handler handler = {.registration_gone = registration_gone,
                                             .find = find,
                                             .wait_for = wait_for,
                                             .register_ = register_name,
                                             .list_after = list_after,
                                             .narrow = narrow};

static void notice_take(const struct context *os, const struct message *notice) {
    if (notice->operation == NOTICE_CLIENT_GONE) {
        policy_drop(os, (uint32_t)notice->badge);
    }
    for (uint32_t i = 0; i < WAITING_MAX && notice->operation == NOTICE_CANCELLED; i++) {
        waiting[i].id = waiting[i].id == notice->id ? 0 : waiting[i].id;
    }
}

int32_t start(struct context *os) {
    serve = names_grant_to_serve(os);
    for (uint32_t i = 0; i < os->inbox_count; i++) {
        const struct message *message = &os->inbox[i];
        if (!names_serve(os, serve, &handler, os, message) && message->kind == MESSAGE_NOTICE) {
            notice_take(os, message);
        }
    }
    return TURN_WAIT;
}
