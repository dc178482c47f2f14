/* Reading LAYERS and checking includes: see layers.h. */
#include "tools/check/layers.h"

#include <string.h>

static struct layer *layers_find(const struct layers *layers, const char *name) {
    for (size_t i = 0; i < layers->count; i++) {
        if (strcmp(layers->items[i].name, name) == 0) {
            return &layers->items[i];
        }
    }
    return NULL;
}

/* The layer that holds a folder; the first that names it. */
static const struct layer *layers_of_folder(const struct layers *layers, const char *folder) {
    for (size_t i = 0; i < layers->count; i++) {
        if (texts_match(&layers->items[i].folders, folder)) {
            return &layers->items[i];
        }
    }
    return NULL;
}

/* The layer that says a header is made when the building is done. */
static const struct layer *layers_of_generated(const struct layers *layers, const char *path) {
    for (size_t i = 0; i < layers->count; i++) {
        if (texts_match(&layers->items[i].generated, path)) {
            return &layers->items[i];
        }
    }
    return NULL;
}

/* ---- Reading ---- */

struct layers_reader {
    struct layers *layers;
    struct findings *findings;
    const char *path;
    struct layer *current; /* NULL before the first block */
};

static void reader_problem(struct layers_reader *reader, size_t line, char *text) {
    findings_add(reader->findings, "layers", reader->path, line, text);
}

static void reader_start_layer(struct layers_reader *reader, char *name) {
    struct layers *layers = reader->layers;
    layers->items = memory_room(layers->items, layers->count, sizeof *layers->items);
    reader->current = &layers->items[layers->count++];
    *reader->current = (struct layer){.name = name};
}

/* The list that a word inside a block fills in; NULL when it is none of ours. */
static struct texts *reader_list(struct layers_reader *reader, const char *word) {
    const struct {
        const char *word;
        struct texts *list;
    } lists[] = {
        {"compiler", &reader->layers->compiler},
        {"roots", &reader->layers->roots},
        {"unit-tests", &reader->layers->unit_tests.folders},
        {"folders", reader->current == NULL ? NULL : &reader->current->folders},
        {"sees", reader->current == NULL ? NULL : &reader->current->sees},
        {"public", reader->current == NULL ? NULL : &reader->current->open},
        {"generated", reader->current == NULL ? NULL : &reader->current->generated},
        {"also", reader->current == NULL ? NULL : &reader->current->also},
        {"system", reader->current == NULL ? NULL : &reader->current->system},
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (strcmp(lists[i].word, word) == 0) {
            return lists[i].list;
        }
    }
    return NULL;
}

static void reader_check_sees(struct layers_reader *reader, const struct texts *words, size_t line) {
    for (size_t i = 1; i < words->count; i++) {
        const struct layer *seen = layers_find(reader->layers, words->items[i]);
        if (seen == NULL || seen == reader->current) {
            reader_problem(reader, line,
                           text_format("\"%s\" is no layer that was named before: a layer sees only lower ones, which come first", words->items[i]));
        }
    }
}

static void reader_line(void *context, const char *line, size_t length, size_t number) {
    struct layers_reader *reader = context;
    const char *comment = memchr(line, '#', length);
    struct texts words = {0};
    texts_add_words(&words, text_copy(line, comment == NULL ? length : (size_t)(comment - line)));
    if (words.count == 0) {
        return;
    }
    if (strcmp(words.items[0], "layer") == 0 && words.count == 2) {
        reader_start_layer(reader, words.items[1]);
        return;
    }
    if (strcmp(words.items[0], "unit-tests") == 0) {
        reader->current = &reader->layers->unit_tests;
    }
    struct texts *list = reader_list(reader, words.items[0]);
    if (list == NULL) {
        reader_problem(reader, number, text_format("\"%s\" is not understood here", words.items[0]));
        return;
    }
    if (reader->current != NULL && list == &reader->current->sees) {
        reader_check_sees(reader, &words, number);
    }
    for (size_t i = 1; i < words.count; i++) {
        texts_add(list, words.items[i]);
    }
}

void layers_read(struct layers *layers, const struct file *file, struct findings *findings) {
    struct layers_reader reader = {.layers = layers, .findings = findings, .path = file->path};
    file_each_line(file, reader_line, &reader);
}

/* ---- Includes ---- */

struct include_checker {
    const struct layers *layers;
    const struct tree *tree;
    struct findings *findings;
    struct texts *included;
    const struct file *file;
    const struct layer *layer;
    bool is_unit_test;
};

static bool layer_allows_system(const struct layers *layers, const struct layer *layer, const char *name) {
    if (texts_have(&layer->system, "any") || texts_have(&layer->system, name)) {
        return true;
    }
    return texts_have(&layer->system, "compiler") && texts_have(&layers->compiler, name);
}

static void check_system(const struct include_checker *checker, const char *name, size_t line) {
    if (checker->is_unit_test && layer_allows_system(checker->layers, &checker->layers->unit_tests, name)) {
        return;
    }
    if (!layer_allows_system(checker->layers, checker->layer, name)) {
        findings_add(checker->findings, "include", checker->file->path, line,
                     text_format("<%s> is not for the layer %s: LAYERS says which system headers are", name, checker->layer->name));
    }
}

/* NULL when the include is allowed, else what is wrong with it. */
static char *own_problem(const struct include_checker *checker, const char *name) {
    const struct file *target = tree_find(checker->tree, name);
    const struct layer *layer = target == NULL ? layers_of_generated(checker->layers, name) : layers_of_folder(checker->layers, target->folder);
    if (target == NULL && layer == NULL) {
        return text_format("there is no \"%s\": an include is a path from the root", name);
    }
    if (layer == checker->layer || texts_match(&checker->layer->also, name)) {
        return NULL;
    }
    if (checker->is_unit_test && texts_match(&checker->layers->unit_tests.also, name)) {
        return NULL;
    }
    if (layer == NULL) {
        return text_format("\"%s\" is in no layer", name);
    }
    if (!texts_have(&checker->layer->sees, layer->name)) {
        return text_format("\"%s\" points up or across: the layer %s does not see the layer %s", name, checker->layer->name, layer->name);
    }
    if (!texts_match(&layer->open, name)) {
        return text_format("\"%s\" is private to the layer %s", name, layer->name);
    }
    return NULL;
}

static void check_own(const struct include_checker *checker, char *name, size_t line) {
    texts_add(checker->included, name);
    char *problem = own_problem(checker, name);
    if (problem != NULL) {
        findings_add(checker->findings, "include", checker->file->path, line, problem);
    }
}

static void include_line(void *context, const char *line, size_t length, size_t number) {
    const struct include_checker *checker = context;
    char *text = text_copy(line, length);
    char *at = text + strspn(text, " \t");
    if (*at != '#') {
        return;
    }
    at += 1 + strspn(at + 1, " \t");
    if (strncmp(at, "include", 7) != 0) {
        return;
    }
    at += 7 + strspn(at + 7, " \t");
    char close = *at == '<' ? '>' : '"';
    char *end = *at == '\0' ? NULL : strchr(at + 1, close);
    if (end == NULL) {
        findings_add(checker->findings, "include", checker->file->path, number, text_format("an include names its file plainly"));
        return;
    }
    char *name = text_copy(at + 1, (size_t)(end - at - 1));
    if (close == '>') {
        check_system(checker, name, number);
    } else {
        check_own(checker, name, number);
    }
}

void layers_check(const struct layers *layers, const struct tree *tree, struct findings *findings, struct texts *included) {
    struct include_checker checker = {.layers = layers, .tree = tree, .findings = findings, .included = included};
    for (size_t i = 0; i < tree->count; i++) {
        const struct file *file = &tree->files[i];
        if (file->kind != FILE_C && file->kind != FILE_HEADER && file->kind != FILE_DEFINITIONS) {
            continue;
        }
        checker.file = file;
        checker.layer = layers_of_folder(layers, file->folder);
        checker.is_unit_test = texts_match(&layers->unit_tests.folders, file->name);
        if (checker.layer == NULL) {
            findings_add(findings, "include", file->path, 1, text_format("the folder %s is in no layer: name it in LAYERS", file->folder));
            continue;
        }
        file_each_line(file, include_line, &checker);
    }
}
