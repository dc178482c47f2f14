/* The rules that one file, or one folder, can break by itself: see style.h. */
#include "tools/check/style.h"
#include "tools/check/functions.h"

#include <ctype.h>
#include <string.h>

struct style_checker {
    const struct file *file;
    struct findings *findings;
    size_t line_count;
    char *guard; /* the name that the first #ifndef of a header tests */
};

static bool is_c(const struct file *file) {
    return file->kind == FILE_C || file->kind == FILE_HEADER || file->kind == FILE_DEFINITIONS;
}

static bool is_source(const struct file *file) {
    return is_c(file) || file->kind == FILE_SCRIPT || file->kind == FILE_SOURCE;
}

/* ---- Lines ---- */

/* Marks of unfinished work. Each is written in two parts, so that this file holds none of them. */
static const char *const unfinished_words[] = {"TO"
                                               "DO",
                                               "FIX"
                                               "ME",
                                               "XX"
                                               "X",
                                               "HA"
                                               "CK"};

static bool is_word_character(char character) {
    return isalnum((unsigned char)character) || character == '_';
}

static bool line_has_word(const char *line, const char *word) {
    size_t length = strlen(word);
    for (const char *at = line; (at = strstr(at, word)) != NULL; at += length) {
        bool starts = at == line || !is_word_character(at[-1]);
        if (starts && !is_word_character(at[length])) {
            return true;
        }
    }
    return false;
}

static void check_words(const struct style_checker *checker, const char *line, size_t number) {
    for (size_t i = 0; i < sizeof unfinished_words / sizeof *unfinished_words; i++) {
        if (line_has_word(line, unfinished_words[i])) {
            findings_add(checker->findings, "words", checker->file->path, number,
                         text_format("\"%s\": finish it, or say it in CAVEATS.md", unfinished_words[i]));
        }
    }
}

/* The word behind '#', "" when the line is no preprocessor line. The rest of the line goes to *rest. */
static char *directive_of(const char *line, const char **rest) {
    const char *at = line + strspn(line, " \t");
    if (*at != '#') {
        return text_copy("", 0);
    }
    at += 1 + strspn(at + 1, " \t");
    size_t length = 0;
    while (is_word_character(at[length])) {
        length++;
    }
    *rest = at + length + strspn(at + length, " \t");
    return text_copy(at, length);
}

/* A header has one condition, its guard; a .c file has none; a .def file may have what lets it be included with less. */
static void check_condition(struct style_checker *checker, const char *line, size_t number) {
    const char *rest = "";
    char *directive = directive_of(line, &rest);
    if (strncmp(directive, "if", 2) != 0 && strncmp(directive, "el", 2) != 0) {
        return;
    }
    if (checker->file->kind == FILE_HEADER && checker->guard == NULL && strcmp(directive, "ifndef") == 0) {
        checker->guard = text_copy(rest, strcspn(rest, " \t/"));
        return;
    }
    findings_add(checker->findings, "condition", checker->file->path, number,
                 text_format("#%s: variants are files that the Makefile picks; a header has only its guard", directive));
}

static void check_line(void *context, const char *start, size_t length, size_t number) {
    struct style_checker *checker = context;
    char *line = text_copy(start, length);
    checker->line_count = number;
    if (length > 0 && isspace((unsigned char)line[length - 1])) {
        findings_add(checker->findings, "space", checker->file->path, number, text_format("white space at the end of the line"));
    }
    check_words(checker, line, number);
    if (checker->file->kind == FILE_C || checker->file->kind == FILE_HEADER) {
        check_condition(checker, line, number);
    }
}

/* ---- Files ---- */

static const char *opening_comment(const struct file *file) {
    const char *at = file->text;
    if (strncmp(at, "#!", 2) == 0) {
        at += strcspn(at, "\n");
    }
    return at + strspn(at, "\n");
}

static void check_opening(const struct file *file, struct findings *findings) {
    const char *at = opening_comment(file);
    static const char *const starts[] = {"/*", "//", ";;", "(;", "# ", "#\n"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        if (strncmp(at, starts[i], 2) == 0 && !(is_c(file) && *at == '#')) {
            return;
        }
    }
    findings_add(findings, "opening", file->path, 1, text_format("a file starts with a comment that says what it owns"));
}

static void check_guard(const struct style_checker *checker) {
    const struct file *file = checker->file;
    char *define = checker->guard == NULL ? NULL : text_format("#define %s", checker->guard);
    if (define == NULL || strstr(file->text, define) == NULL) {
        findings_add(checker->findings, "guard", file->path, 1, text_format("a header has an include guard"));
    }
}

static void check_function(void *context, const struct function *function) {
    struct style_checker *checker = context;
    size_t lines = function->last_line - function->first_line + 1;
    if (lines > STYLE_FUNCTION_LINES_MAX) {
        struct finding finding = {
            .subject = text_format("%s:%s", checker->file->path, function->name),
            .path = checker->file->path,
            .line = function->first_line,
            .number = lines,
            .text = text_format("%s has %zu lines, over %d", function->name, lines, STYLE_FUNCTION_LINES_MAX),
        };
        findings_add_measured(checker->findings, "function", &finding);
    }
}

static void check_file(const struct file *file, struct findings *findings) {
    struct style_checker checker = {.file = file, .findings = findings};
    file_each_line(file, check_line, &checker);
    if (!is_source(file)) {
        return;
    }
    check_opening(file, findings);
    if (checker.line_count > STYLE_FILE_LINES_MAX) {
        struct finding finding = {
            .subject = file->path,
            .path = file->path,
            .line = checker.line_count,
            .number = checker.line_count,
            .text = text_format("%zu lines, over %d: which noun in it wants a file of its own?", checker.line_count, STYLE_FILE_LINES_MAX),
        };
        findings_add_measured(findings, "lines", &finding);
    }
    if (file->kind == FILE_HEADER) {
        check_guard(&checker);
    }
    if (is_c(file)) {
        functions_each(file, check_function, &checker);
    }
}

/* What a file is about: x for x.c, x.h and x_test.c. */
static char *noun_of(const struct file *file) {
    char *noun = text_copy(file->name, strcspn(file->name, "."));
    if (text_ends(noun, "_test")) {
        noun[strlen(noun) - strlen("_test")] = '\0';
    }
    return noun;
}

/* Files of one folder stand together only when no folder is inside it, so each folder is counted over the whole tree. */
static void check_folder(const struct tree *tree, const char *folder, struct findings *findings) {
    struct texts nouns = {0};
    for (size_t i = 0; i < tree->count; i++) {
        const struct file *file = &tree->files[i];
        if (strcmp(file->folder, folder) == 0 && is_source(file) && !texts_have(&nouns, noun_of(file))) {
            texts_add(&nouns, noun_of(file));
        }
    }
    if (nouns.count > STYLE_FOLDER_NOUNS_MAX) {
        struct finding finding = {
            .subject = folder,
            .path = folder,
            .number = nouns.count,
            .text = text_format("%zu nouns in one folder, over %d", nouns.count, STYLE_FOLDER_NOUNS_MAX),
        };
        findings_add_measured(findings, "folder", &finding);
    }
}

void style_check(const struct tree *tree, struct findings *findings) {
    struct texts folders = {0};
    for (size_t i = 0; i < tree->count; i++) {
        const struct file *file = &tree->files[i];
        if (!texts_have(&folders, file->folder)) {
            texts_add(&folders, file->folder);
            check_folder(tree, file->folder, findings);
        }
        if (is_source(file) || file->kind == FILE_DOCUMENT) {
            check_file(file, findings);
        }
    }
}
