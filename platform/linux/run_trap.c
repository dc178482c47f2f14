/* A trap, for a person: the cause and its place on one line, then the calls that led there, innermost first. */
#include "platform/linux/message.h"
#include "platform/linux/run.h"

#define FRAMES_SHOWN_MAX 20
#define LINE_SIZE        512

/* What can be done about it, where argos has a say in it. */
static const char *advice_for(enum wasm_trap_kind kind) {
    switch (kind) {
    case WASM_TRAP_STACK_EXHAUSTED: return "; if its recursion has an end, raise --stack";
    case WASM_TRAP_NO_MEMORY: return "; raise --memory";
    default: return "";
    }
}

void run_report_trap(const struct run *run) {
    const struct wasm_trap *trap = wasm_store_trap(run->store);
    char line[LINE_SIZE];
    wasm_trap_describe(trap, line, sizeof line);
    message_of_file(run->path, "%s%s", line, advice_for(trap->kind));
    run_report_frames(trap);
}

void run_report_frames(const struct wasm_trap *trap) {
    char line[LINE_SIZE];
    for (uint32_t i = 0; i < trap->frame_count && i < FRAMES_SHOWN_MAX; i++) {
        wasm_frame_describe(&trap->frames[i], i, line, sizeof line);
        fprintf(stderr, "    %s\n", line);
    }
    if (trap->frame_count > FRAMES_SHOWN_MAX) {
        fprintf(stderr, "    ... and %u more\n", trap->frame_count - FRAMES_SHOWN_MAX);
    }
}
