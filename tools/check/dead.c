/* Looking for files that nothing reaches: see dead.h.

   A file that is neither included nor compiled is alive when another file mentions it: by its name (`hello.wat`), by the
   module that is made of it (`hello.wasm`), by a pattern over its folder (the folder, a slash and a star), or when a
   script computes its name: `FOLDER/$name`, `ABOVE/$folder/...`, or `*.wat` in a script of the same folder or of one above
   it. The Makefile's own patterns do not count: it says what it compiles. */
#include "tools/check/dead.h"

#include <ctype.h>
#include <string.h>

static bool is_name_character(char character) {
    return isalnum((unsigned char)character) || character == '_' || character == '-';
}

/* True when the text holds the words with no name character on either side. */
static bool text_mentions(const char *text, const char *words) {
    size_t length = strlen(words);
    for (const char *at = text; (at = strstr(at, words)) != NULL; at++) {
        bool starts = at == text || !is_name_character(at[-1]);
        if (starts && !is_name_character(at[length])) {
            return true;
        }
    }
    return false;
}

/* True when folder is at or below above. */
static bool is_below(const char *folder, const char *above) {
    size_t length = strlen(above);
    return strcmp(above, ".") == 0 || (strncmp(folder, above, length) == 0 && (folder[length] == '\0' || folder[length] == '/'));
}

struct mention {
    char *name;           /* hello.wat */
    char *module;         /* hello.wasm */
    char *all;            /* its folder, a slash and a star */
    char *each;           /* its folder, a slash and a dollar: a name that a script computes */
    char *each_folder;    /* the same of the folder above, NULL without one: a folder whose name a script computes */
    char *ending_pattern; /* a star followed by .wat; NULL without an ending */
};

/* The last name of a path. */
static const char *last_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static struct mention mention_of(const struct file *file) {
    const char *dot = strrchr(file->name, '.');
    const char *slash = strrchr(file->folder, '/');
    char *above = slash == NULL ? NULL : text_copy(file->folder, (size_t)(slash - file->folder));
    return (struct mention){
        .name = file->name,
        .module = text_format("%.*s.wasm", (int)strcspn(file->name, "."), file->name),
        .all = text_format("%s/*", last_name(file->folder)),
        .each = text_format("%s/$", last_name(file->folder)),
        .each_folder = above == NULL ? NULL : text_format("%s/$", last_name(above)),
        .ending_pattern = dot == NULL ? NULL : text_format("*%s", dot),
    };
}

static bool file_mentions(const struct file *other, const struct file *file, const struct mention *mention) {
    if (text_mentions(other->text, mention->name) || text_mentions(other->text, mention->module) || strstr(other->text, mention->all) != NULL) {
        return true;
    }
    if (other->kind != FILE_SCRIPT) {
        return false;
    }
    if (strstr(other->text, mention->each) != NULL || (mention->each_folder != NULL && strstr(other->text, mention->each_folder) != NULL)) {
        return true;
    }
    bool is_near = is_below(file->folder, other->folder) && strcmp(other->path, "Makefile") != 0;
    return is_near && mention->ending_pattern != NULL && strstr(other->text, mention->ending_pattern) != NULL;
}

/* Files whose subject is files: to be named there does not make a file alive. */
static bool is_about_files(const struct file *file) {
    return strcmp(file->path, "LAYERS") == 0 || strcmp(file->path, "tools/exceptions") == 0;
}

static bool is_mentioned(const struct tree *tree, const struct file *file) {
    struct mention mention = mention_of(file);
    for (size_t i = 0; i < tree->count; i++) {
        const struct file *other = &tree->files[i];
        bool may_speak = other != file && other->kind != FILE_BINARY && !is_about_files(other);
        if (may_speak && file_mentions(other, file, &mention)) {
            return true;
        }
    }
    return false;
}

/* NULL for a file that is reached, else why it is dead. */
static const char *death_of(const struct tree *tree, const struct reached *reached, const struct file *file) {
    if (texts_have(&reached->roots, file->path)) {
        return NULL;
    }
    if (file->kind == FILE_HEADER || file->kind == FILE_DEFINITIONS) {
        return texts_have(&reached->included, file->path) ? NULL : "no file includes it";
    }
    if (file->kind == FILE_C && (texts_have(&reached->compiled, file->path) || texts_have(&reached->included, file->path))) {
        return NULL;
    }
    if (is_mentioned(tree, file)) {
        return NULL;
    }
    return file->kind == FILE_C ? "the Makefile does not compile it, and no script names it" : "no other file names it";
}

void dead_check(const struct tree *tree, const struct reached *reached, struct findings *findings) {
    for (size_t i = 0; i < tree->count; i++) {
        const struct file *file = &tree->files[i];
        const char *death = death_of(tree, reached, file);
        if (death != NULL) {
            findings_add(findings, "dead", file->path, 1, text_format("a dead file: %s", death));
        }
    }
}
