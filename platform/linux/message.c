/* Messages: made whole first, so that a line is written at once even when several processes share standard error. */
#include "platform/linux/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_SIZE 4096

/* Control characters of one byte. Other bytes may be part of UTF-8 and are left alone. */
static bool is_control(char character) {
    return (unsigned char)character < 0x20 || character == 0x7F;
}

static void line_write(const char *text) {
    char line[LINE_SIZE];
    size_t length = (size_t)snprintf(line, sizeof line, "argos: ");
    /* Room for one escape, the newline and the zero is kept. */
    for (; *text != 0 && length < sizeof line - 6; text++) {
        if (is_control(*text)) {
            length += (size_t)snprintf(line + length, sizeof line - length, "\\x%02x", (unsigned char)*text);
        } else {
            line[length++] = *text;
        }
    }
    line[length++] = '\n';
    fwrite(line, 1, length, stderr);
}

void message(const char *pattern, ...) {
    char text[LINE_SIZE];
    va_list list;
    va_start(list, pattern);
    vsnprintf(text, sizeof text, pattern, list);
    va_end(list);
    line_write(text);
}

void message_of_file(const char *file, const char *pattern, ...) {
    char text[LINE_SIZE];
    va_list list;
    va_start(list, pattern);
    vsnprintf(text, sizeof text, pattern, list);
    va_end(list);
    message("%s: %s", message_file_name(file), text);
}

void message_report(const char *file, const struct report *report) {
    if (report->offset == REPORT_NO_OFFSET) {
        message("%s: %s", message_file_name(file), report->text);
    } else {
        message("%s:0x%llx: %s", message_file_name(file), (unsigned long long)report->offset, report->text);
    }
}

const char *message_file_name(const char *file) {
    return strcmp(file, "-") == 0 ? "(standard input)" : file;
}
