/* What a process does about itself: end, yield, ask for random bytes (witx: proc_exit, proc_raise, sched_yield,
   random_get). Handlers; how it ended is kept in the struct wasi. */
#include "wasi/process.h"

static enum wasi_errno process_end(struct wasi *wasi, uint32_t exit_code) {
    wasi->has_exited = true;
    wasi->exit_code = exit_code;
    return WASI_SUCCESS;
}

enum wasi_errno process_exit(struct wasi *wasi, uint32_t exit_code) {
    return process_end(wasi, exit_code);
}

/* Signals of preview 1 (witx: signal) whose default is something other than the end of the process. */
enum {
    SIGNAL_NONE = 0,
    SIGNAL_CHLD = 16,
    SIGNAL_CONT = 17,
    SIGNAL_STOP = 18,
    SIGNAL_TSTP = 19,
    SIGNAL_TTIN = 20,
    SIGNAL_TTOU = 21,
    SIGNAL_URG = 22,
    SIGNAL_WINCH = 27,
    SIGNAL_LAST = 30,
};

/* The default action of the signal: a program cannot set another one. An end by signal n is the exit code 128 + n, as a
   shell shows it, with n as preview 1 numbers it. */
enum wasi_errno process_raise(struct wasi *wasi, uint32_t number) {
    switch (number) {
    case SIGNAL_NONE:
    case SIGNAL_CHLD:
    case SIGNAL_CONT:
    case SIGNAL_URG:
    case SIGNAL_WINCH: return WASI_SUCCESS;
    case SIGNAL_STOP:
    case SIGNAL_TSTP:
    case SIGNAL_TTIN:
    case SIGNAL_TTOU: return WASI_NOTSUP; /* Nothing could continue a stopped process. */
    default: break;
    }
    return number > SIGNAL_LAST ? WASI_INVAL : process_end(wasi, 128 + number);
}

enum wasi_errno process_yield(struct wasi *wasi) {
    wasi->outside->yield(wasi->outside->context);
    return WASI_SUCCESS;
}

enum wasi_errno random_get(struct wasi *wasi, uint32_t address, uint32_t size) {
    uint8_t *out;
    enum wasi_errno code = guest_writable(wasi, address, size, &out);
    if (code != WASI_SUCCESS || size == 0) {
        return code;
    }
    return wasi->outside->random(wasi->outside->context, out, size);
}
