/* The texts of the errors, made from errors.def. */
#include "base/error.h"

const char *error_text(enum error error) {
    switch (error) {
    case ERROR_NONE: return "success";
#define ERROR(name, text)                                                                                                                            \
    case ERROR_##name:                                                                                                                               \
        return text;
#include "base/errors.def"
#undef ERROR
    case ERROR_COUNT: break;
    }
    return "unknown error";
}
