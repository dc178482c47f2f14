/* The table of exceptions. Read only. */
#include "tests/spec/exception.h"

#include <string.h>

static const struct exception exceptions[] = {
#define EXCEPTION(file, line, check, reason) {file, line, CHECK_##check, reason},
#include "tests/spec/exceptions.def"
#undef EXCEPTION
};

const struct exception *exception_at(size_t index) {
    return index < sizeof(exceptions) / sizeof(exceptions[0]) ? &exceptions[index] : NULL;
}

const struct exception *exception_find(const char *file, uint32_t line) {
    const struct exception *exception;
    for (size_t i = 0; (exception = exception_at(i)); i++) {
        if (exception->line == line && strcmp(exception->file, file) == 0) {
            return exception;
        }
    }
    return NULL;
}

const char *exception_check_text(enum exception_check check) {
    switch (check) {
    case CHECK_VALID: return "the module is valid";
    case CHECK_UNKNOWN_MEMORY: return "the module is invalid, by an unknown memory";
    case CHECK_MALFORMED: return "the module is refused as malformed";
    case CHECK_SHARED_REFUSED: return "the module is refused, by the name of shared memories";
    case CHECK_SHARED_TRAP: return "the call traps: expected shared memory";
    case CHECK_UNKNOWN_IMPORT: return "the module is unlinkable, by an unknown import";
    }
    return "";
}
