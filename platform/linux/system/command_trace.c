/* argos trace: what argos run --trace wrote, as lines or in the format of Chrome's trace viewer (the trace event format: an array of objects with ph,
   ts in microseconds, pid and tid). Nothing in the file is believed. */
#include "kernel/trace.h"
#include "platform/linux/command.h"
#include "platform/linux/file.h"
#include "platform/linux/message.h"

#include <string.h>

#define TRACE_BYTES_MAX ((size_t)1 << 24)
#define APPS_OPEN_MAX   4096u /* apps whose beginnings are matched with their ends */

/* ---- Lines ---- */

static void lines_print(const struct trace_event *events, uint32_t count) {
    for (uint32_t index = 0; index < count; index++) {
        char line[200];
        trace_describe(&events[index], line, sizeof line);
        puts(line);
    }
}

/* ---- Chrome's ---- */

struct chrome_row {
    const char *name, *a, *b;
    char phase;
};

static const struct chrome_row rows[TRACE_KIND_COUNT] = {
#define TRACE_EVENT(name_, text, a_, b_, phase_) [TRACE_##name_] = {text, a_, b_, phase_},
#include "kernel/trace.def"
#undef TRACE_EVENT
};

/* Ends whose beginnings the ring has lost are left out: viewers need each to have one. */
static bool is_whole(uint16_t *depths, const struct trace_event *event) {
    uint16_t *depth = &depths[event->app % APPS_OPEN_MAX];
    if (rows[event->kind].phase == 'B') {
        (*depth)++;
    } else if (rows[event->kind].phase == 'E') {
        if (*depth == 0) {
            return false;
        }
        (*depth)--;
    }
    return true;
}

/* Numbers above 2^53 are no numbers of JSON's: they are strings. */
static void chrome_print(const struct trace_event *event, const char *before) {
    const struct chrome_row *row = &rows[event->kind];
    printf("%s{\"name\":\"%s\",\"ph\":\"%c\",\"ts\":%llu.%03u,\"pid\":1,\"tid\":%u%s,\"args\":{\"%s\":\"0x%llx\",\"%s\":\"0x%llx\"}}", before,
           row->name, row->phase, (unsigned long long)(event->at_ns / 1000), (unsigned)(event->at_ns % 1000), event->app,
           row->phase == 'i' ? ",\"s\":\"t\"" : "", row->a, (unsigned long long)event->a, row->b, (unsigned long long)event->b);
}

static void chrome_print_all(const struct trace_event *events, uint32_t count) {
    static uint16_t depths[APPS_OPEN_MAX];
    const char *before = "\n";
    fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", stdout);
    for (uint32_t index = 0; index < count; index++) {
        const struct trace_event *event = &events[index];
        if (event->kind != TRACE_NOTHING && event->kind < TRACE_KIND_COUNT && is_whole(depths, event)) {
            chrome_print(event, before);
            before = ",\n";
        }
    }
    puts("\n]}");
}

/* ---- The command ---- */

static bool trace_is_whole(struct bytes bytes, uint32_t *count) {
    struct trace_file head;
    if (bytes.size < sizeof head) {
        return false;
    }
    memcpy(&head, bytes.data, sizeof head);
    *count = head.event_count;
    return memcmp(head.magic, TRACE_FILE_MAGIC, sizeof head.magic) == 0 && head.event_bytes == sizeof(struct trace_event) &&
           bytes.size - sizeof head == (uint64_t)head.event_count * sizeof(struct trace_event);
}

int command_trace(const struct command_line *line) {
    struct file file;
    struct report report;
    uint32_t count;
    report_init(&report);
    if (line->operand_count == 0) {
        message("argos trace needs the file that argos run --trace wrote");
        return COMMAND_USAGE;
    }
    if (file_read(line->operands[0], TRACE_BYTES_MAX, line->budget, &report, &file) != ERROR_NONE) {
        message_report(line->operands[0], &report);
        return COMMAND_FAILED;
    }
    bool is_whole = trace_is_whole(file.bytes, &count);
    struct trace_event *events = is_whole ? budget_allocate_zeroed(line->budget, count, sizeof *events) : NULL;
    if (events != NULL) {
        memcpy(events, file.bytes.data + sizeof(struct trace_file), count * sizeof *events);
        if (line->chrome) {
            chrome_print_all(events, count);
        } else {
            lines_print(events, count);
        }
        budget_release(line->budget, events, count * sizeof *events);
    } else {
        message_of_file(line->operands[0], is_whole ? "there is no memory for it" : "it is no trace, or not a whole one");
    }
    file_release(&file);
    return events != NULL ? COMMAND_DONE : COMMAND_FAILED;
}
