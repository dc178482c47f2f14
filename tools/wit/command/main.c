/* The build's side of tools/wit: wit FORM FILE..., where FORM is header, bindings or page, prints what is made of the interface that is named as the
   file is; `wit table FILE...` prints the texts of all as a C header. What a file uses of its own package is looked for beside
   it, and then in the folder interfaces. */
#include "base/assert.h"
#include "tools/wit/wit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES_MAX ((size_t)1 << 20)

_Noreturn void panic(const char *what, const char *file, int line) {
    fprintf(stderr, "wit: %s:%d: %s\n", file, line, what);
    abort();
}

static void *take(void *context, size_t size) {
    (void)context;
    return malloc(size);
}

static void give(void *context, void *block, size_t size) {
    (void)context;
    (void)size;
    free(block);
}

/* A whole file; it stays until the process ends. */
static bool text_read(const char *path, struct wit_file *out) {
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        return false;
    }
    uint8_t *data = malloc(FILE_BYTES_MAX);
    const size_t size = data == NULL ? 0 : fread(data, 1, FILE_BYTES_MAX, stream);
    fclose(stream);
    *out = (struct wit_file){bytes_from_text(strdup(path)), {data, size}};
    return data != NULL;
}

/* context is the folder of the file that was asked for. */
static enum error find(void *context, struct bytes package, struct bytes interface, struct report *report, struct wit_file *out) {
    const char *folders[] = {context, "interfaces"};
    char path[4096];
    (void)report;
    (void)package;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "%s/%.*s.wit", folders[i], (int)interface.size, (const char *)interface.data);
        if (text_read(path, out)) {
            return ERROR_NONE;
        }
    }
    return ERROR_NOT_FOUND;
}

static struct bytes stem_of(const char *path) {
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    return (struct bytes){(const uint8_t *)name, strcspn(name, ".")};
}

static int fail(const char *path, const struct wit_problem *problem) {
    if (problem->line != 0) {
        fprintf(stderr, "%.*s:%u:%u: %s\n", (int)problem->file.size, (const char *)problem->file.data, problem->line, problem->column,
                problem->report.text);
    } else {
        fprintf(stderr, "%s: %s\n", path, problem->report.text);
    }
    return EXIT_FAILURE;
}

static int print_file(const char *path, enum wit_form form) {
    const struct memory_source memory = {NULL, take, give};
    const char *slash = strrchr(path, '/');
    const struct wit_source source = {slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path)), find};
    struct budget budget;
    struct wit *wit = NULL;
    struct wit_file file;
    struct wit_problem problem;
    struct bytes text = {0};
    wit_problem_init(&problem);
    if (!text_read(path, &file)) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return EXIT_FAILURE;
    }
    budget_init_root(&budget, &memory, BUDGET_UNLIMITED);
    enum error error = wit_create(&budget, &source, &wit);
    if (error == ERROR_NONE) {
        error = wit_read(wit, &file, &problem);
    }
    struct wit_interface *interface = error == ERROR_NONE ? wit_interface_find(wit, stem_of(path)) : NULL;
    if (error == ERROR_NONE && interface == NULL) {
        fprintf(stderr, "%s: it holds no interface that is named as the file is\n", path);
        return EXIT_FAILURE;
    }
    if (error == ERROR_NONE) {
        error = wit_print(interface, form, &problem, &text);
    }
    if (error == ERROR_NONE) {
        (void)(text.size != 0 && fwrite(text.data, 1, text.size, stdout) != text.size);
    }
    return error == ERROR_NONE ? EXIT_SUCCESS : fail(path, &problem);
}

/* ---- The table ---- */

static void print_quoted(struct bytes text) {
    fputs("        \"", stdout);
    for (size_t i = 0; i < text.size; i++) {
        const char byte = (char)text.data[i];
        if (byte == '\n') {
            fputs(i + 1 == text.size ? "\\n" : "\\n\"\n        \"", stdout);
        } else if (byte == '"' || byte == '\\' || byte == '?') {
            printf("\\%c", byte);
        } else {
            putchar(byte);
        }
    }
    putchar('"');
}

static int print_table(int count, char **paths) {
    puts("/* The texts of the interfaces that ArgOS comes with, made by tools/wit: not to be edited. */\n#ifndef INTERFACES_BUILT_IN_H\n"
         "#define INTERFACES_BUILT_IN_H\n\nstatic const struct interface_text {\n    const char *name;\n    const char *text;\n} interface_texts[] = "
         "{");
    for (int i = 0; i < count; i++) {
        struct wit_file file;
        if (!text_read(paths[i], &file)) {
            fprintf(stderr, "%s: %s\n", paths[i], strerror(errno));
            return EXIT_FAILURE;
        }
        const struct bytes stem = stem_of(paths[i]);
        printf("    {\"%.*s\",\n", (int)stem.size, (const char *)stem.data);
        print_quoted(file.text);
        puts("},");
    }
    puts("};\n\n#endif");
    return EXIT_SUCCESS;
}

int main(int count, char **words) {
    static const struct {
        const char *word;
        enum wit_form form;
    } forms[] = {
        {"canonical", WIT_CANONICAL}, {"operations", WIT_OPERATIONS}, {"header", WIT_HEADER}, {"bindings", WIT_BINDINGS}, {"page", WIT_PAGE}};
    if (count >= 3 && strcmp(words[1], "table") == 0) {
        return print_table(count - 2, words + 2);
    }
    for (size_t i = 0; count == 3 && i < sizeof forms / sizeof *forms; i++) {
        if (strcmp(words[1], forms[i].word) == 0) {
            return print_file(words[2], forms[i].form);
        }
    }
    fputs("usage: wit canonical|operations|header|bindings|page FILE, or wit table FILE...\n", stderr);
    return 2;
}
