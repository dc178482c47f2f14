/* `console`: the process's three streams. Nothing here waits: reads are kept until standard input has something, writes until they are taken
   (outlet.c), and questions about another size of the terminal until the host tells of one. What a terminal was set to ends with the console. */
#include "base/assert.h"
#include "interfaces/console.h"
#include "kernel/native.h"
#include "platform/linux/system/services.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#define PIECE_MAX 65536u
#define WRITE_MAX (1u << 20)
#define KEPT_MAX  (8u << 20) /* of output that nobody takes */
#define LATER_MAX 256u       /* reads, and questions for a size, that wait */

/* A read that wants at most `limit` bytes, or somebody who knows of a size. */
struct later {
    uint64_t id;
    uint32_t limit;
    struct console_size known;
};

struct console_service {
    struct services *services;
    struct later reads[LATER_MAX], sizes[LATER_MAX]; /* oldest first */
    uint32_t read_count, size_count;
    bool input_is_watched, was_set;
    struct termios before; /* as the terminal was, when was_set */
    int size_signal;       /* signalfd; -1 */
    uint8_t piece[PIECE_MAX];
};

static void later_remove(struct later *list, uint32_t *count, uint32_t index) {
    memmove(&list[index], &list[index + 1], (*count - index - 1) * sizeof *list);
    (*count)--;
}

/* Forgets those that nobody waits for any more. */
static void later_clean(const struct console_service *console, struct later *list, uint32_t *count) {
    for (uint32_t index = *count; index > 0; index--) {
        if (!service_is_awaited(console->services->kernel, list[index - 1].id)) {
            later_remove(list, count, index - 1);
        }
    }
}

static int32_t later_add(const struct console_service *console, struct later *list, uint32_t *count, const struct later *one) {
    if (one->id == 0) {
        return -WIRE_ARGUMENT;
    }
    later_clean(console, list, count);
    if (*count == LATER_MAX) {
        return -WIRE_LIMIT;
    }
    list[(*count)++] = *one;
    return WIRE_LATER;
}

/* ---- Reading ---- */

static bool input_is_ready(void) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&input, 1, 0) == 1;
}

/* At most what was asked for and what there is room for in the answer; false: there is nothing to read after all. */
static bool input_read(struct console_service *console, const struct later *read_of, struct console_bytes_or_error *result) {
    uint32_t room = service_answer_room(console->services->kernel, read_of->id);
    uint32_t limit = read_of->limit < room ? read_of->limit : room;
    ssize_t size = read(STDIN_FILENO, console->piece, limit);
    *result = (struct console_bytes_or_error){.is_error = size < 0, .ok = {console->piece, size < 0 ? 0 : (uint32_t)size}};
    if (size < 0) {
        result->error = CONSOLE_ERROR_FAILED;
    }
    return size >= 0 || (errno != EAGAIN && errno != EINTR);
}

static void input_unwatch(struct console_service *console) {
    if (console->input_is_watched) {
        linux_machine_unwatch(console->services->machine, STDIN_FILENO);
        console->input_is_watched = false;
    }
}

/* Answers reads for as long as there is input. */
static void input_ready(void *self) {
    struct console_service *console = self;
    struct kernel *kernel = console->services->kernel;
    later_clean(console, console->reads, &console->read_count);
    while (console->read_count > 0 && input_is_ready()) {
        struct later next = console->reads[0];
        struct console_bytes_or_error result = {0};
        struct native_work work;
        native_begin_later(&work, next.id);
        if (service_answer_room(kernel, next.id) == 0) {
            (void)wire_answer_fail(&work.answer, -WIRE_NO_MEMORY);
        } else if (input_read(console, &next, &result)) {
            console_read_answer(&work.answer, &result);
        } else {
            break;
        }
        later_remove(console->reads, &console->read_count, 0);
        native_end(kernel, &work);
    }
    if (console->read_count == 0) {
        input_unwatch(console);
    }
}

static int32_t console_read(void *self, const struct wire_call *call, const struct console_read_arguments *arguments,
                            struct console_bytes_or_error *result) {
    struct console_service *console = self;
    uint32_t limit = arguments->limit == 0 ? 1 : arguments->limit;
    struct later later = {.id = call->id, .limit = limit < PIECE_MAX ? limit : PIECE_MAX};
    if (call->id == 0) {
        return -WIRE_ARGUMENT;
    }
    if (console->read_count == 0 && service_answer_room(console->services->kernel, call->id) != 0 && input_is_ready() &&
        input_read(console, &later, result)) {
        return 0;
    }
    const struct machine_event event = {.descriptor = STDIN_FILENO, .ready = input_ready, .context = console};
    console->input_is_watched = console->input_is_watched || linux_machine_watch(console->services->machine, &event);
    return console->input_is_watched ? later_add(console, console->reads, &console->read_count, &later) : -WIRE_LIMIT;
}

/* ---- Writing ---- */

/* How much of a write went out: all, or what did before the other end went away. */
static struct console_u32_or_error write_result(const struct outlet *outlet, uint32_t count) {
    struct console_u32_or_error result = {.is_error = count == 0 && outlet->failure != 0, .ok = count};
    if (result.is_error) {
        result.error = outlet->failure == EPIPE ? CONSOLE_ERROR_CLOSED : CONSOLE_ERROR_FAILED;
    }
    return result;
}

static void write_answer(const struct console_service *console, const struct outlet *outlet, uint64_t id, uint32_t count) {
    const struct console_u32_or_error result = write_result(outlet, count);
    struct native_work work;
    native_begin_later(&work, id);
    console_write_answer(&work.answer, &result);
    native_end(console->services->kernel, &work);
}

static void output_written(void *self, uint64_t id, uint32_t count) {
    const struct console_service *console = self;
    write_answer(console, &console->services->output, id, count);
}

static void messages_written(void *self, uint64_t id, uint32_t count) {
    const struct console_service *console = self;
    write_answer(console, &console->services->messages, id, count);
}

static int32_t console_write(void *self, const struct wire_call *call, const struct console_write_arguments *arguments,
                             struct console_u32_or_error *result) {
    struct console_service *console = self;
    struct services *services = console->services;
    struct outlet *outlet = arguments->to == CONSOLE_DESTINATION_OUTPUT ? &services->output : &services->messages;
    struct bytes bytes = {arguments->bytes.data, arguments->bytes.size};
    uint32_t count;
    if (bytes.size > WRITE_MAX) {
        return -WIRE_TOO_LARGE;
    }
    if (outlet->kept_bytes > KEPT_MAX) {
        return -WIRE_LIMIT;
    }
    enum outlet_result written = outlet_write(outlet, bytes, call->id, &count);
    if (written == OUTLET_KEPT) {
        return WIRE_LATER;
    }
    if (written == OUTLET_FULL && count == 0) {
        return -WIRE_NO_MEMORY;
    }
    *result = write_result(outlet, count);
    return 0;
}

/* ---- The terminal ---- */

static int32_t console_describe(void *self, const struct wire_call *call, uint8_t *result) {
    (void)self, (void)call;
    *result = (uint8_t)((isatty(STDIN_FILENO) ? CONSOLE_TERMINALS_INPUT : 0) | (isatty(STDOUT_FILENO) ? CONSOLE_TERMINALS_OUTPUT : 0) |
                        (isatty(STDERR_FILENO) ? CONSOLE_TERMINALS_MESSAGES : 0));
    return 0;
}

static struct console_size_or_error size_now(void) {
    static const int descriptors[] = {STDOUT_FILENO, STDERR_FILENO, STDIN_FILENO};
    struct console_size_or_error result = {.is_error = true};
    result.error = CONSOLE_ERROR_NO_TERMINAL;
    for (size_t index = 0; index < sizeof descriptors / sizeof *descriptors; index++) {
        struct winsize size;
        if (ioctl(descriptors[index], TIOCGWINSZ, &size) == 0 && size.ws_col != 0 && size.ws_row != 0) {
            return (struct console_size_or_error){.ok = {size.ws_col, size.ws_row}};
        }
    }
    return result;
}

static int32_t console_size_now(void *self, const struct wire_call *call, struct console_size_or_error *result) {
    (void)self, (void)call;
    *result = size_now();
    return 0;
}

static bool size_differs(const struct console_size_or_error *now, const struct console_size *known) {
    return now->is_error || now->ok.columns != known->columns || now->ok.rows != known->rows;
}

/* Nobody asks any more: the signal is the process's again. */
static void size_unwatch(struct console_service *console) {
    if (console->size_signal >= 0) {
        linux_machine_unwatch(console->services->machine, console->size_signal);
        close(console->size_signal);
        console->size_signal = -1;
    }
}

static void size_ready(void *self) {
    struct console_service *console = self;
    struct signalfd_siginfo signal_of;
    ssize_t got = read(console->size_signal, &signal_of, sizeof signal_of);
    (void)got; /* It says no more than that it came. */
    const struct console_size_or_error now = size_now();
    later_clean(console, console->sizes, &console->size_count);
    for (uint32_t index = console->size_count; index > 0; index--) {
        struct later later = console->sizes[index - 1];
        if (size_differs(&now, &later.known)) {
            struct native_work work;
            later_remove(console->sizes, &console->size_count, index - 1);
            native_begin_later(&work, later.id);
            console_size_changed_answer(&work.answer, &now);
            native_end(console->services->kernel, &work);
        }
    }
    if (console->size_count == 0) {
        size_unwatch(console);
    }
}

static bool size_watch(struct console_service *console) {
    sigset_t signals;
    if (console->size_signal >= 0) {
        return true;
    }
    sigemptyset(&signals);
    sigaddset(&signals, SIGWINCH);
    /* The signal is ignored by default, and is only kept for the descriptor where it is blocked. */
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    console->size_signal = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    const struct machine_event event = {.descriptor = console->size_signal, .ready = size_ready, .context = console};
    if (console->size_signal >= 0 && !linux_machine_watch(console->services->machine, &event)) {
        close(console->size_signal);
        console->size_signal = -1;
    }
    return console->size_signal >= 0;
}

static int32_t console_size_changed(void *self, const struct wire_call *call, const struct console_size_changed_arguments *arguments,
                                    struct console_size_or_error *result) {
    struct console_service *console = self;
    const struct later later = {.id = call->id, .known = arguments->known};
    bool is_watched = size_watch(console);
    *result = size_now();
    if (size_differs(result, &arguments->known)) {
        return 0;
    }
    return is_watched ? later_add(console, console->sizes, &console->size_count, &later) : -WIRE_LIMIT;
}

static int32_t console_set_mode(void *self, const struct wire_call *call, const struct console_set_mode_arguments *arguments,
                                struct console_nothing_or_error *result) {
    struct console_service *console = self;
    struct termios mode;
    (void)call;
    *result = (struct console_nothing_or_error){.is_error = true};
    result->error = CONSOLE_ERROR_NO_TERMINAL;
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &mode) != 0) {
        return 0;
    }
    if (!console->was_set) {
        console->before = mode;
        console->was_set = true;
    }
    const tcflag_t flags = ICANON | ECHO | ISIG | IEXTEN;
    mode = console->before;
    mode.c_lflag = arguments->mode == CONSOLE_MODE_KEYS ? mode.c_lflag & ~flags : mode.c_lflag | flags;
    mode.c_iflag = arguments->mode == CONSOLE_MODE_KEYS ? mode.c_iflag & ~(tcflag_t)(ICRNL | IXON) : mode.c_iflag;
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
    result->is_error = tcsetattr(STDIN_FILENO, TCSANOW, &mode) != 0;
    result->error = result->is_error ? CONSOLE_ERROR_FAILED : result->error;
    return 0;
}

/* ---- The whole ---- */

static const struct console_handler handler = {.read = console_read,
                                               .write = console_write,
                                               .describe = console_describe,
                                               .size_now = console_size_now,
                                               .size_changed = console_size_changed,
                                               .set_mode = console_set_mode};

static void console_receive(void *self, const struct native_request *native) {
    const struct console_service *console = self;
    struct native_work work;
    native_begin(&work, native);
    if (console_dispatch(&handler, self, &work.request, &work.answer) == 0) {
        native_end(console->services->kernel, &work);
    }
}

enum error console_service_create(struct services *services, struct service **out, void **self) {
    static const uint8_t hash[] = CONSOLE_HASH;
    struct console_service *console = budget_allocate_zeroed(services->budget, 1, sizeof *console);
    if (console == NULL) {
        return ERROR_NO_MEMORY;
    }
    console->services = services;
    console->size_signal = -1;
    services->output.written = output_written;
    services->messages.written = messages_written;
    services->output.context = services->messages.context = console;
    *self = console;
    return service_create(services->kernel, hash, console_receive, console, out);
}

void console_service_destroy(void *self) {
    struct console_service *console = self;
    struct services *services = console->services;
    input_unwatch(console);
    size_unwatch(console);
    if (console->was_set) {
        tcsetattr(STDIN_FILENO, TCSADRAIN, &console->before);
    }
    services->output.written = services->messages.written = NULL;
    budget_release(services->budget, console, sizeof *console);
}
