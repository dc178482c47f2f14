/* Findings and their ratchet: see findings.h. */
#include "tools/check/findings.h"
#include "tools/check/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void findings_add(struct findings *findings, const char *rule, const char *path, size_t line, char *text) {
    struct finding finding = {.subject = path, .path = path, .line = line, .text = text};
    findings_add_measured(findings, rule, &finding);
}

void findings_add_measured(struct findings *findings, const char *rule, const struct finding *measured) {
    findings->items = memory_room(findings->items, findings->count, sizeof *findings->items);
    findings->items[findings->count] = *measured;
    findings->items[findings->count++].rule = rule;
}

static bool finding_is(const struct finding *finding, const char *rule, const char *subject) {
    return strcmp(finding->rule, rule) == 0 && strcmp(finding->subject, subject) == 0;
}

/* The number that an excuse would have to have today: the largest measure, or the count of occurrences. */
static size_t findings_number(const struct findings *findings, const char *rule, const char *subject) {
    size_t occurrences = 0;
    size_t largest = 0;
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        if (finding_is(finding, rule, subject)) {
            occurrences++;
            largest = finding->number > largest ? finding->number : largest;
        }
    }
    return largest > 0 ? largest : occurrences;
}

static void findings_remove(struct findings *findings, const char *rule, const char *subject) {
    size_t kept = 0;
    for (size_t i = 0; i < findings->count; i++) {
        if (!finding_is(&findings->items[i], rule, subject)) {
            findings->items[kept++] = findings->items[i];
        }
    }
    findings->count = kept;
}

struct excuses {
    struct findings *findings;
    const char *path;
};

static void excuse_apply(struct excuses *excuses, const struct texts *words, size_t line) {
    struct findings *findings = excuses->findings;
    const char *rule = words->items[0];
    const char *subject = words->items[1];
    char *end = NULL;
    size_t allowed = strtoul(words->items[2], &end, 10);
    if (*end != '\0') {
        findings_add(findings, "exceptions", excuses->path, line, text_format("\"%s\" is no number", words->items[2]));
        return;
    }
    size_t number = findings_number(findings, rule, subject);
    if (number == 0) {
        findings_add(findings, "exceptions", excuses->path, line, text_format("the exception \"%s %s\" is not needed: remove it", rule, subject));
    } else if (number < allowed) {
        findings_remove(findings, rule, subject);
        findings_add(findings, "exceptions", excuses->path, line,
                     text_format("the exception \"%s %s\" is larger than needed: lower it to %zu", rule, subject, number));
    } else if (number == allowed) {
        findings_remove(findings, rule, subject);
    } else {
        findings_add(findings, "exceptions", excuses->path, line,
                     text_format("%s %s grew from %zu to %zu: exceptions may only shrink", rule, subject, allowed, number));
    }
}

static void excuse_line(void *context, const char *line, size_t length, size_t number) {
    struct excuses *excuses = context;
    struct texts words = {0};
    texts_add_words(&words, text_copy(line, length));
    if (words.count == 0 || words.items[0][0] == '#') {
        return;
    }
    if (words.count != 3) {
        findings_add(excuses->findings, "exceptions", excuses->path, number, text_format("an exception is three words: RULE SUBJECT NUMBER"));
        return;
    }
    excuse_apply(excuses, &words, number);
}

void findings_excuse(struct findings *findings, const char *path) {
    struct file file = {0};
    file.text = file_read(path, &file.size);
    if (file.text != NULL) {
        struct excuses excuses = {.findings = findings, .path = path};
        file_each_line(&file, excuse_line, &excuses);
    }
}

void findings_print(const struct findings *findings) {
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        printf("%s:%zu: %s [%s]\n", finding->path, finding->line, finding->text, finding->rule);
    }
}
