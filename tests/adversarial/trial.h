/* Trials: one command on one module, what must hold of it, and the counts of what did. */
#ifndef TESTS_ADVERSARIAL_TRIAL_H
#define TESTS_ADVERSARIAL_TRIAL_H

#include "tests/adversarial/cases.h"
#include "tests/adversarial/process.h"

struct trials {
    const char *argos;  /* the command under test */
    const char *folder; /* for modules and outputs */
    bool verbose;       /* print each trial */
    uint32_t passed;
    uint32_t failed;
};

/* `argos validate`, `argos inspect` and `argos run` on a module that is called name. The file stays when one fails. */
void trial_validate(struct trials *trials, const char *name, const char *path, enum verdict verdict);
void trial_inspect(struct trials *trials, const char *name, const char *path);
void trial_run(struct trials *trials, const char *name, const char *path, enum outcome outcome);
/* The same for its `_start`, in a short time. */
void trial_start(struct trials *trials, const char *name, const char *path);

/* `argos validate` on count files of a folder, called 0.wasm and so on. is_valid[i] is set to whether file i is. */
void trial_validate_many(struct trials *trials, const char *name, size_t count, bool *is_valid);

/* How a trial ends: the sentence is NULL when it passed. The process is printed, where that is wanted, and freed. */
void trial_end(struct trials *trials, const char *what, const char *name, struct process *process, const char *sentence);

#endif
