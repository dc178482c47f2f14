/* What argos says on standard error: always one line that starts with "argos: ". Texts that came from outside are made
   harmless for a terminal: a control character is written as \xNN. */
#ifndef PLATFORM_LINUX_MESSAGE_H
#define PLATFORM_LINUX_MESSAGE_H

#include "base/report.h"

/* `argos: text` */
void message(const char *pattern, ...) __attribute__((format(printf, 1, 2)));
/* `argos: FILE: text`; "-" is called (standard input). */
void message_of_file(const char *file, const char *pattern, ...) __attribute__((format(printf, 2, 3)));
/* `argos: FILE: text`, or `argos: FILE:0xOFFSET: text` for a report with a place. */
void message_report(const char *file, const struct report *report);
/* How a file is called in messages: its path, and "(standard input)" for "-". */
const char *message_file_name(const char *file);

#endif
