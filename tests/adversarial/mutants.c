/* Mutants are written in batches, and validated by one command each; those that are valid are run too. */
#include "tests/adversarial/mutants.h"

#include "tests/support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH        400
#define SECTIONS_MAX 64
#define FLIPS        1600
#define RUNS_MAX     200

struct section {
    size_t start;  /* of its id */
    size_t length; /* of its size field */
    size_t size;   /* of its content */
};

struct subject {
    struct trials *trials;
    const char *name;
    struct buffer module;
    struct section sections[SECTIONS_MAX];
    size_t section_count;
    size_t batch_count; /* files of the batch that are written */
    bool is_valid[BATCH];
};

static size_t section_end(const struct section *section) {
    return section->start + 1 + section->length + section->size;
}

/* The module is one that a compiler made, so its sizes are right. */
static void sections_find(struct subject *subject) {
    size_t at = 8;
    while (at < subject->module.size && subject->section_count < SECTIONS_MAX) {
        struct section *section = &subject->sections[subject->section_count++];
        *section = (struct section){.start = at};
        uint8_t byte;
        do {
            byte = subject->module.data[at + 1 + section->length];
            section->size |= (size_t)(byte & 0x7F) << (7 * section->length++);
        } while (byte & 0x80);
        at = section_end(section);
    }
}

static void batch_path(const struct subject *subject, size_t index, char *out, size_t size) {
    snprintf(out, size, "%s/%zu.wasm", subject->trials->folder, index);
}

static void batch_add(struct subject *subject, const struct buffer *mutant) {
    char path[512];
    batch_path(subject, subject->batch_count, path, sizeof(path));
    buffer_write(mutant, path);
    subject->is_valid[subject->batch_count++] = false;
}

static void batch_validate(struct subject *subject, const char *what) {
    char name[300];
    snprintf(name, sizeof(name), "%s of %s", what, subject->name);
    if (subject->batch_count) {
        trial_validate_many(subject->trials, name, subject->batch_count, subject->is_valid);
    }
}

static bool is_boundary(const struct subject *subject, size_t size) {
    for (size_t i = 0; i < subject->section_count; i++) {
        if (size == subject->sections[i].start || size == section_end(&subject->sections[i])) {
            return true;
        }
    }
    return false;
}

/* A module that is cut off is refused, unless it is cut between two sections and what is left needs no more. */
static void prefixes_try(struct subject *subject) {
    struct buffer prefix = subject->module;
    for (size_t from = 0; from < subject->module.size; from += BATCH) {
        subject->batch_count = 0;
        for (size_t size = from; size < subject->module.size && size < from + BATCH; size++) {
            prefix.size = size;
            batch_add(subject, &prefix);
        }
        batch_validate(subject, "prefixes");
        for (size_t i = 0; i < subject->batch_count; i++) {
            if (subject->is_valid[i] && !is_boundary(subject, from + i)) {
                struct process process = {0};
                char name[300];
                snprintf(name, sizeof(name), "first %zu bytes of %s", from + i, subject->name);
                trial_end(subject->trials, "validate", name, &process, "it was accepted");
            }
        }
    }
}

static void range_add(struct buffer *out, const struct subject *subject, size_t from, size_t to) {
    buffer_bytes(out, subject->module.data + from, to - from);
}

/* Size fields of sections that lie, by a little and by much. */
static void sizes_try(struct subject *subject) {
    subject->batch_count = 0;
    for (size_t i = 0; i < subject->section_count; i++) {
        const struct section *section = &subject->sections[i];
        const uint32_t sizes[] = {(uint32_t)section->size - 1, (uint32_t)section->size + 1, 0, 0x7FFFFFFF, 0xFFFFFFFF};
        for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
            struct buffer mutant = {0};
            range_add(&mutant, subject, 0, section->start + 1);
            buffer_u32(&mutant, sizes[k]);
            range_add(&mutant, subject, section->start + 1 + section->length, subject->module.size);
            batch_add(subject, &mutant);
            buffer_end(&mutant);
        }
    }
    batch_validate(subject, "section sizes");
}

/* Each section twice, and each exchanged with the next. Only custom sections may do that. */
static void order_try(struct subject *subject) {
    subject->batch_count = 0;
    for (size_t i = 0; i < subject->section_count; i++) {
        const struct section *section = &subject->sections[i], *next = section + 1;
        struct buffer twice = {0}, exchanged = {0};
        range_add(&twice, subject, 0, section_end(section));
        range_add(&twice, subject, section->start, subject->module.size);
        batch_add(subject, &twice);
        buffer_end(&twice);
        if (i + 1 < subject->section_count) {
            range_add(&exchanged, subject, 0, section->start);
            range_add(&exchanged, subject, next->start, section_end(next));
            range_add(&exchanged, subject, section->start, section_end(section));
            range_add(&exchanged, subject, section_end(next), subject->module.size);
            batch_add(subject, &exchanged);
            buffer_end(&exchanged);
        }
    }
    batch_validate(subject, "section order");
}

static void valid_run(struct subject *subject, const char *what, size_t first, size_t *run_count) {
    for (size_t i = 0; i < subject->batch_count && *run_count < RUNS_MAX; i++) {
        if (subject->is_valid[i]) {
            char path[512], name[300];
            batch_path(subject, i, path, sizeof(path));
            snprintf(name, sizeof(name), "%s %zu of %s", what, first + i, subject->name);
            trial_start(subject->trials, name, path);
            (*run_count)++;
        }
    }
}

/* One bit somewhere, or one byte to something else, or a byte less. */
static void flips_try(struct subject *subject, uint64_t *random) {
    size_t run_count = 0;
    for (size_t first = 0; first < FLIPS; first += BATCH) {
        subject->batch_count = 0;
        for (size_t i = 0; i < BATCH; i++) {
            struct buffer mutant = {0};
            range_add(&mutant, subject, 0, subject->module.size);
            size_t place = support_random(random) % subject->module.size;
            switch (support_random(random) % 4) {
            case 0: mutant.data[place] = (uint8_t)support_random(random); break;
            case 1:
                memmove(mutant.data + place, mutant.data + place + 1, mutant.size - place - 1);
                mutant.size--;
                break;
            default: mutant.data[place] ^= (uint8_t)(1u << support_random(random) % 8); break;
            }
            batch_add(subject, &mutant);
            buffer_end(&mutant);
        }
        batch_validate(subject, "flips");
        valid_run(subject, "flip", first, &run_count);
    }
}

void mutants_try(struct trials *trials, const char *path, uint64_t seed) {
    struct subject *subject = calloc(1, sizeof(*subject));
    uint64_t random = seed;
    if (!subject) {
        fprintf(stderr, "adversarial: no memory\n");
        exit(1);
    }
    subject->trials = trials;
    subject->name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    buffer_read(&subject->module, path);
    sections_find(subject);
    trial_validate(trials, path, path, VERDICT_VALID);
    prefixes_try(subject);
    sizes_try(subject);
    order_try(subject);
    flips_try(subject, &random);
    buffer_end(&subject->module);
    free(subject);
}
