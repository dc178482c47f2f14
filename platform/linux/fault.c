/* Faults: three signal handlers (an access, a mapping, an invalid instruction), one for interrupts, and for each thread its record and a chain of
   boundaries.

   The disposition of a signal belongs to the whole process, so what was there before is kept in file scope, written by
   fault_install alone, under a lock, and read by the handler. All else is of one thread: its record, the chain of boundaries, the alternate signal
   stack, and where the thread's own stack lies. The handler touches only these, and calls nothing that a handler may not call.

   Compiled code is left by a change of the registers that the handler returns to.
   A boundary is left from the handler by siglongjmp. That is sound because the handlers run with SA_NODEFER and an empty
   mask, so there is no signal mask to restore, and because the kernel decides by the stack pointer whether the alternate
   stack is in use. */
#include "platform/linux/fault.h"
#include "platform/linux/fault_registers.h"

#include "base/assert.h"
#include "base/format.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct fault_boundary {
    struct fault_boundary *outer;
    const struct execution *running;  /* the thread's when the boundary was made: with another one, C runs on top of compiled code */
    volatile struct wasm_fault fault; /* written by the handler, read behind sigsetjmp */
    sigjmp_buf place;
};

struct thread_faults {
    struct wasm_thread thread;
    uintptr_t stack_low; /* an address from here to below stack_high is in this thread's stack or in its guard */
    uintptr_t stack_high;
    bool is_ready;
    bool is_crashing; /* a crash is being passed on */
};

/* Initial-exec, since a block that is allocated on first use could not be allocated in a handler. */
_Thread_local struct fault_boundary *fault_innermost;
static _Thread_local struct thread_faults faults __attribute__((tls_model("initial-exec")));

/* In the upper half of a thread's id, so that none comes again; the lower half is Linux's. */
static uint32_t thread_serial;
static pthread_mutex_t install_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t threads_once = PTHREAD_ONCE_INIT;
static pthread_key_t signal_stack_key; /* its value is the thread's signal stack, when it is ours */
static struct sigaction previous_segv;
static struct sigaction previous_bus;
static struct sigaction previous_ill;

/* With AVX-512 a signal frame takes 3.5 KiB, and a handler that a crash is passed on to (a sanitizer's) wants more. */
#define SIGNAL_STACK_SIZE ((size_t)128 << 10)
/* Linux keeps 256 pages free below a stack that grows, the one of the first thread: an overflow faults in there. */
#define MAIN_STACK_GAP ((size_t)1 << 20)

static void crash_report(int number, uintptr_t address) {
    bool in_stack = address >= faults.stack_low && address < faults.stack_high;
    const char *what = in_stack ? "the stack of a host thread overflowed at" : "code of the host may not access";
    char line[200];
    size_t length = format(line, sizeof line, "argos: crash: %s address 0x%llx (signal %d)\n", what, (unsigned long long)address, number);
    ssize_t written = write(STDERR_FILENO, line, length);
    (void)written; /* There is nobody else to tell. */
}

/* To whoever handled the signal before us. For the default action the signal is left to come again: a fault does so by
   itself when the handler returns to the access, and one that was sent is sent once more. Somebody who hands the crash
   back to us gets the default action: that keeps two handlers from calling each other for ever. */
static void crash_pass_on(int number, siginfo_t *information, void *machine_state) {
    struct sigaction *previous = number == SIGBUS ? &previous_bus : number == SIGILL ? &previous_ill : &previous_segv;
    bool was_sent = information->si_code <= 0;
    bool has_handler = (previous->sa_flags & SA_SIGINFO) != 0 || (previous->sa_handler != SIG_DFL && previous->sa_handler != SIG_IGN);
    if (!was_sent && !faults.is_crashing) {
        crash_report(number, (uintptr_t)information->si_addr);
    }
    if (has_handler && !faults.is_crashing) {
        faults.is_crashing = true;
        if ((previous->sa_flags & SA_SIGINFO) != 0) {
            previous->sa_sigaction(number, information, machine_state);
        } else {
            previous->sa_handler(number);
        }
        faults.is_crashing = false;
        return;
    }
    if (was_sent && previous->sa_handler == SIG_IGN) {
        return;
    }
    struct sigaction normal = {.sa_handler = SIG_DFL};
    sigaction(number, &normal, NULL);
    if (was_sent) {
        raise(number);
    }
}

/* Whether compiled code was left. */
static bool code_leave(struct wasm_fault *fault, void *machine_state) {
    struct wasm_resume resume;
    if (!wasm_thread_leave(&faults.thread, fault, &resume)) {
        return false;
    }
    fault_registers_resume(machine_state, &resume);
    return true;
}

static void fault_handle(int number, siginfo_t *information, void *machine_state) {
    struct fault_boundary *boundary = fault_innermost;
    uintptr_t address = (uintptr_t)information->si_addr;
    bool in_stack = address >= faults.stack_low && address < faults.stack_high;
    if (information->si_code <= 0 || in_stack) {
        crash_pass_on(number, information, machine_state);
        return;
    }
    struct wasm_fault fault = {.address = number == SIGILL ? 0 : address};
    fault_registers(machine_state, &fault.instruction, &fault.stack);
    if (code_leave(&fault, machine_state)) {
        return;
    }
    if (boundary == NULL || boundary->running != faults.thread.running) {
        crash_pass_on(number, information, machine_state);
        return;
    }
    boundary->fault.address = fault.address;
    boundary->fault.instruction = fault.instruction;
    boundary->fault.stack = fault.stack;
    siglongjmp(boundary->place, 1);
}

/* Somebody wants this thread to leave what it runs. Where it may not be left, whoever asked has noted it elsewhere. */
static void interrupt_handle(int number, siginfo_t *information, void *machine_state) {
    (void)number;
    (void)information;
    struct wasm_fault fault = {.is_interrupt = true};
    fault_registers(machine_state, &fault.instruction, &fault.stack);
    code_leave(&fault, machine_state);
}

static void signal_stack_release(void *memory) {
    stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
    munmap(memory, SIGNAL_STACK_SIZE);
}

static void thread_name(void) {
    uint64_t serial = __atomic_add_fetch(&thread_serial, 1, __ATOMIC_RELAXED);
    faults.thread.id = serial << 32 | (uint32_t)syscall(SYS_gettid);
}

/* The one thread of a process that was forked has another number than the one that it was made from. */
static void thread_forked(void) {
    if (faults.is_ready) {
        thread_name();
    }
}

static void threads_prepare(void) {
    ASSERT(pthread_key_create(&signal_stack_key, signal_stack_release) == 0);
    ASSERT(pthread_atfork(NULL, NULL, thread_forked) == 0);
}

static void handler_install(int number, struct sigaction *previous) {
    struct sigaction present;
    ASSERT(sigaction(number, NULL, &present) == 0);
    if ((present.sa_flags & SA_SIGINFO) != 0 && present.sa_sigaction == fault_handle) {
        return;
    }
    *previous = present;
    struct sigaction own = {.sa_sigaction = fault_handle, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigemptyset(&own.sa_mask);
    ASSERT(sigaction(number, &own, NULL) == 0);
}

void fault_install(void) {
    ASSERT(pthread_mutex_lock(&install_lock) == 0);
    handler_install(SIGSEGV, &previous_segv);
    handler_install(SIGBUS, &previous_bus);
    handler_install(SIGILL, &previous_ill);
    struct sigaction interrupt = {.sa_sigaction = interrupt_handle, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART};
    sigemptyset(&interrupt.sa_mask);
    ASSERT(sigaction(SIGURG, &interrupt, NULL) == 0);
    ASSERT(pthread_mutex_unlock(&install_lock) == 0);
}

/* Without memory for it there is none: faults in WASM still arrive, but an overflow of the thread's stack then ends the
   process without our line. A stack that somebody else set up (a sanitizer, a Rust host) is kept. */
static void signal_stack_prepare(void) {
    stack_t present;
    if (sigaltstack(NULL, &present) != 0 || (present.ss_flags & SS_DISABLE) == 0) {
        return;
    }
    void *memory = mmap(NULL, SIGNAL_STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return;
    }
    stack_t own = {.ss_sp = memory, .ss_size = SIGNAL_STACK_SIZE};
    if (pthread_setspecific(signal_stack_key, memory) != 0 || sigaltstack(&own, NULL) != 0) {
        pthread_setspecific(signal_stack_key, NULL);
        munmap(memory, SIGNAL_STACK_SIZE);
    }
}

static void stack_bounds_find(void) {
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) {
        return;
    }
    void *low = NULL;
    size_t size = 0, guard = 0;
    pthread_attr_getstack(&attributes, &low, &size); /* glibc leaves the guard out of it */
    pthread_attr_getguardsize(&attributes, &guard);
    pthread_attr_destroy(&attributes);
    bool is_first_thread = syscall(SYS_gettid) == getpid();
    faults.stack_low = (uintptr_t)low - (is_first_thread ? MAIN_STACK_GAP : guard);
    faults.stack_high = (uintptr_t)low + size;
}

__attribute__((noinline)) static void thread_prepare(void) {
    ASSERT(pthread_once(&threads_once, threads_prepare) == 0);
    signal_stack_prepare();
    stack_bounds_find();
    thread_name();
    faults.is_ready = true;
}

struct wasm_thread *fault_thread(void) {
    if (UNLIKELY(!faults.is_ready)) {
        thread_prepare();
    }
    return &faults.thread;
}

void fault_interrupt(uint64_t thread_id) {
    int before = errno;
    syscall(SYS_tgkill, getpid(), (pid_t)(uint32_t)thread_id, SIGURG);
    errno = before;
}

bool fault_guard(void (*run)(void *argument), void *argument, struct wasm_fault *fault) {
    struct fault_boundary boundary;
    boundary.running = fault_thread()->running;
    boundary.outer = fault_innermost;
    if (sigsetjmp(boundary.place, 0) != 0) {
        fault_innermost = boundary.outer;
        *fault = (struct wasm_fault){
            .address = boundary.fault.address,
            .instruction = boundary.fault.instruction,
            .stack = boundary.fault.stack,
        };
        return false;
    }
    fault_innermost = &boundary;
    run(argument);
    ASSERT(fault_innermost == &boundary);
    fault_innermost = boundary.outer;
    return true;
}
