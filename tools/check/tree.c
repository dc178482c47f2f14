/* Walking and reading the tree: see tree.h. */
#include "tools/check/tree.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void tree_fail(const char *path) {
    fprintf(stderr, "check: %s: %s\n", path, strerror(errno));
    exit(2);
}

char *file_read(const char *path, size_t *size) {
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        return NULL;
    }
    struct stat status;
    if (fstat(fileno(stream), &status) != 0) {
        tree_fail(path);
    }
    *size = (size_t)status.st_size;
    char *text = calloc(1, *size + 1);
    if (text == NULL || fread(text, 1, *size, stream) != *size) {
        tree_fail(path);
    }
    fclose(stream);
    return text;
}

static bool is_source_name(const char *name) {
    return text_ends(name, ".S") || text_ends(name, ".wat") || text_ends(name, ".rs") || text_ends(name, ".wit") || strcmp(name, "LAYERS") == 0;
}

static bool is_script(const struct file *file) {
    return strncmp(file->text, "#!", 2) == 0 || text_ends(file->name, ".sh") || text_ends(file->name, ".mjs") || text_ends(file->name, ".py") ||
           strcmp(file->name, "Makefile") == 0;
}

static enum file_kind file_kind_of(const struct file *file) {
    if (text_ends(file->name, ".c") || text_ends(file->name, ".cpp")) {
        return FILE_C;
    }
    if (text_ends(file->name, ".h")) {
        return FILE_HEADER;
    }
    if (text_ends(file->name, ".def")) {
        return FILE_DEFINITIONS;
    }
    if (text_ends(file->name, ".md")) {
        return FILE_DOCUMENT;
    }
    if (memchr(file->text, 0, file->size) != NULL) {
        return FILE_BINARY;
    }
    if (is_script(file)) {
        return FILE_SCRIPT;
    }
    return is_source_name(file->name) ? FILE_SOURCE : FILE_TEXT;
}

static void tree_add(struct tree *tree, char *path) {
    tree->files = memory_room(tree->files, tree->count, sizeof *tree->files);
    struct file *file = &tree->files[tree->count++];
    char *slash = strrchr(path, '/');
    file->path = path;
    file->folder = slash == NULL ? "." : text_copy(path, (size_t)(slash - path));
    file->name = slash == NULL ? path : slash + 1;
    file->text = file_read(path, &file->size);
    if (file->text == NULL) {
        tree_fail(path);
    }
    file->kind = file_kind_of(file);
}

static bool is_outside(const char *path) {
    return strcmp(path, ".git") == 0 || strcmp(path, "build") == 0;
}

/* Adds the files of one folder, and its folders to the list of those still to be read. */
static void tree_read_folder(struct tree *tree, struct texts *folders, const char *folder) {
    DIR *directory = opendir(folder);
    if (directory == NULL) {
        tree_fail(folder);
    }
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        char *path = strcmp(folder, ".") == 0 ? text_format("%s", entry->d_name) : text_format("%s/%s", folder, entry->d_name);
        struct stat status;
        if (is_outside(path) || lstat(path, &status) != 0) {
            continue;
        }
        if (S_ISDIR(status.st_mode)) {
            texts_add(folders, path);
        } else if (S_ISREG(status.st_mode)) {
            tree_add(tree, path);
        }
    }
    closedir(directory);
}

static int compare_files(const void *left, const void *right) {
    return strcmp(((const struct file *)left)->path, ((const struct file *)right)->path);
}

void tree_read(struct tree *tree) {
    struct texts folders = {0};
    texts_add(&folders, ".");
    for (size_t i = 0; i < folders.count; i++) {
        tree_read_folder(tree, &folders, folders.items[i]);
    }
    if (tree->count > 0) {
        qsort(tree->files, tree->count, sizeof *tree->files, compare_files);
    }
}

static int compare_path(const void *path, const void *file) {
    return strcmp(path, ((const struct file *)file)->path);
}

const struct file *tree_find(const struct tree *tree, const char *path) {
    return tree->count == 0 ? NULL : bsearch(path, tree->files, tree->count, sizeof *tree->files, compare_path);
}

void file_each_line(const struct file *file, void (*visit)(void *context, const char *line, size_t length, size_t number), void *context) {
    const char *end = file->text + file->size;
    size_t number = 1;
    for (const char *line = file->text; line < end; number++) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t length = (size_t)((newline == NULL ? end : newline) - line);
        visit(context, line, length, number);
        line += length + 1;
    }
}
