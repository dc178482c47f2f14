/* Reports, and the one place where bytes from outside are made printable. */
#include "base/report.h"

#include "base/assert.h"
#include "base/format.h"

#define ESCAPE_LENGTH 4
#define CUT_MARK      "..."

void report_init(struct report *report) {
    *report = (struct report){.error = ERROR_NONE, .offset = REPORT_NO_OFFSET};
}

enum error report_fail(struct report *report, enum error error, uint64_t offset, const char *pattern, ...) {
    ASSERT(error != ERROR_NONE);
    if (report == NULL || report->error != ERROR_NONE) {
        return error;
    }
    /* One character more than the report holds, so that quoting sees, and marks, that the message was too long. */
    char message[REPORT_TEXT_SIZE + 1];
    va_list list;
    va_start(list, pattern);
    (void)format_list(message, sizeof message, pattern, list);
    va_end(list);
    (void)report_quote(bytes_from_text(message), report->text, sizeof report->text);
    report->error = error;
    report->offset = offset;
    return error;
}

static bool is_printable(uint8_t byte) {
    return byte >= 0x20 && byte <= 0x7e;
}

/* The number of bytes from the start whose printable form has at most length_max characters. */
static size_t prefix_that_fits(struct bytes text, size_t length_max) {
    size_t length = 0;
    for (size_t i = 0; i < text.size; i++) {
        length += is_printable(text.data[i]) ? 1 : ESCAPE_LENGTH;
        if (length > length_max) {
            return i;
        }
    }
    return text.size;
}

const char *report_quote(struct bytes text, char *out, size_t size) {
    ASSERT(size >= sizeof CUT_MARK);
    const bool whole = prefix_that_fits(text, size - 1) == text.size;
    const size_t count = whole ? text.size : prefix_that_fits(text, size - sizeof CUT_MARK);
    char *next = out;
    for (size_t i = 0; i < count; i++) {
        const uint8_t byte = text.data[i];
        if (is_printable(byte)) {
            *next++ = (char)byte;
        } else {
            *next++ = '\\';
            *next++ = 'x';
            *next++ = "0123456789abcdef"[byte >> 4];
            *next++ = "0123456789abcdef"[byte & 15];
        }
    }
    memcpy(next, whole ? "" : CUT_MARK, whole ? 1 : sizeof CUT_MARK);
    return out;
}
