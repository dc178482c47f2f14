/* What leaves the kernel of its trace. */
#include "platform/linux/system/trace.h"

#include "kernel/trace.h"
#include "platform/linux/message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOLD_MAX 8u
#define LINE_MAX 200

void trace_tell(const struct kernel *kernel, uint32_t app) {
    struct trace_event events[TOLD_MAX];
    uint32_t count = kernel_trace(kernel, app, events, TOLD_MAX);
    for (uint32_t index = 0; index < count; index++) {
        char line[LINE_MAX];
        trace_describe(&events[index], line, sizeof line);
        fprintf(stderr, "  %s\n", line);
    }
}

static bool events_write(FILE *file, const struct trace_event *events, uint32_t count) {
    struct trace_file head = {.event_bytes = sizeof *events, .event_count = count};
    memcpy(head.magic, TRACE_FILE_MAGIC, sizeof head.magic);
    return fwrite(&head, sizeof head, 1, file) == 1 && fwrite(events, sizeof *events, count, file) == count;
}

bool trace_write(const struct kernel *kernel, const char *path) {
    struct trace_event *events = calloc(TRACE_EVENTS, sizeof *events);
    FILE *file = events != NULL ? fopen(path, "wb") : NULL;
    bool is_written = file != NULL && events_write(file, events, kernel_trace(kernel, 0, events, TRACE_EVENTS));
    is_written &= file == NULL || fclose(file) == 0;
    if (!is_written) {
        message_of_file(path, "the trace cannot be written: %s", strerror(errno));
    }
    free(events);
    return is_written;
}
