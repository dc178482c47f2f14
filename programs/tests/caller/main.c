/* A program for tests of the interface `names`: it registers, finds, narrows and lets go. It exits with 0 when all was as it should be, else with the
   line at which it was not. */
#include "programs/api/log.h"
#include "programs/api/names.h"
#include "programs/tests/check/check.h"

static uint8_t place[8192];

/* The handle, or the negative of the interface's error less 1; 0 for one of the message's. */
static int64_t name_register(const struct context *os, uint32_t grant, const char *name) {
    struct names_registration_or_error result;
    if (names_register(os, grant, wire_text_of(name), wire_grant_copied(log_grant(os)), &result) != 0) {
        return 0;
    }
    return result.is_error ? -1 - (int64_t)result.error : (int64_t)result.ok.handle;
}

static int64_t name_find(const struct context *os, uint32_t grant, const char *name) {
    struct names_grant_or_error result;
    if (names_find(os, grant, wire_text_of(name), &result) != 0) {
        return 0;
    }
    return result.is_error ? -1 - (int64_t)result.error : (int64_t)result.ok.handle;
}

static uint32_t names_count(const struct context *os, uint32_t grant, const char *after) {
    struct wire_text_list list;
    const int32_t error = names_list_after(os, grant, wire_text_of(after), wire_memory_of(place, sizeof place), &list);
    return error != 0 ? 1000 : list.count;
}

static int32_t narrowed(struct context *os, uint32_t names) {
    const struct wire_text find[] = {wire_text_of("a*"), wire_text_of("log")}, register_[] = {wire_text_of("a.*")}, all[] = {wire_text_of("*")};
    const struct names_policy policy = {wire_text_list_of(find, 2), wire_text_list_of(register_, 1)};
    const struct names_policy wider = {wire_text_list_of(all, 1), wire_text_list_of(all, 1)};
    struct names_grant_or_error narrow, wide;
    CHECK(names_narrow(os, names, &policy, &narrow) == 0 && !narrow.is_error);
    CHECK(names_narrow(os, narrow.ok.handle, &wider, &wide) == 0 && !wide.is_error);
    CHECK(name_register(os, wide.ok.handle, "b") == -1 - NAMES_ERROR_REFUSED && name_register(os, wide.ok.handle, "ab") == -1 - NAMES_ERROR_REFUSED);
    const int64_t mine = name_register(os, wide.ok.handle, "a.one");
    CHECK(mine > 0 && name_find(os, wide.ok.handle, "printer") == -1 - NAMES_ERROR_UNKNOWN && name_find(os, wide.ok.handle, "log") > 0);
    CHECK(names_count(os, wide.ok.handle, "") == 2 && names_count(os, names, "") == 3 && names_count(os, names, "log") == 1);
    binding_drop(os, (uint32_t)mine);
    CHECK(names_count(os, names, "") == 2);
    binding_drop(os, wide.ok.handle);
    binding_drop(os, narrow.ok.handle);
    return 0;
}

int32_t start(struct context *os) {
    const uint32_t names = names_grant(os);
    struct message message;
    struct names_grant_or_error waited;
    const int64_t id = names_wait_for_send(os, names, 0, wire_text_of("log"));
    CHECK(id > 0 && name_find(os, names, "log") == -1 - NAMES_ERROR_UNKNOWN);
    const int64_t log = name_register(os, names, "log"), printer = name_register(os, names, "printer");
    CHECK(log > 0 && printer > 0 && name_register(os, names, "log") == -1 - NAMES_ERROR_TAKEN);
    CHECK(name_register(os, names, "") == -1 - NAMES_ERROR_INVALID && name_register(os, names, "a\nb") == -1 - NAMES_ERROR_INVALID);
    CHECK(os->wait(&message, 1, UNTIL_EVER) == 1 && message.id == (uint64_t)id);
    CHECK(names_wait_for_receive(&message, &waited) == 0 && !waited.is_error);
    CHECK(log_write(os, waited.ok.handle, LOG_LEVEL_INFORMATION, wire_text_of("found")) == 0);
    CHECK(narrowed(os, names) == 0);
    /* More often than there is room for at once: what is let go is free again, on both sides. */
    for (uint32_t round = 0; round < 1000; round++) {
        const int64_t one = name_register(os, names, "one"), found = name_find(os, names, "one");
        CHECK(one > 0 && found > 0);
        CHECK(binding_drop(os, (uint32_t)one) == 0 && binding_drop(os, (uint32_t)found) == 0 && binding_drop(os, (uint32_t)found) == -ARGOS_NO_GRANT);
    }
    CHECK(names_count(os, names, "") == 2);
    return finish(os, 0);
}
