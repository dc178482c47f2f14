/* argos build: from a folder with an app to its module, by the tool of its language. */
#include "platform/linux/command.h"
#include "platform/linux/develop/language.h"
#include "platform/linux/develop/tool.h"
#include "platform/linux/message.h"
#include "platform/linux/program.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOURCE_COUNT_MAX 200
#define WORD_COUNT_MAX   (SOURCE_COUNT_MAX + 32) /* the name of the tool, flags and the result come before the sources */

/* What one building needs. Paths begin with what the user wrote, so that what the tool says can be found from where the user is. */
struct build {
    const char *folder;
    const struct language *language;
    char result[PATH_MAX];
    char sources[SOURCE_COUNT_MAX][PATH_MAX];
    size_t source_count;
    const char *words[WORD_COUNT_MAX + 1];
    size_t word_count;
};

/* A file of the folder. A path that looked like an option would be taken for one. False when it is too long. */
static bool path_of(const struct build *build, const char *name, char out[PATH_MAX]) {
    const char *folder = build->folder;
    size_t length = strlen(folder);
    const char *separator = length > 0 && folder[length - 1] == '/' ? "" : "/";
    int size = strcmp(folder, ".") == 0 ? snprintf(out, PATH_MAX, "%s%s", name[0] == '-' ? "./" : "", name)
                                        : snprintf(out, PATH_MAX, "%s%s%s%s", folder[0] == '-' ? "./" : "", folder, separator, name);
    return size > 0 && size < PATH_MAX;
}

/* The language is that of the one main file. */
static bool language_detect(struct build *build) {
    char path[PATH_MAX], names[200] = "";
    for (size_t i = 0; i < language_count; i++) {
        size_t length = strlen(names);
        snprintf(names + length, sizeof names - length, "%s%s", i == 0 ? "" : i + 1 == language_count ? " or " : ", ", languages[i].main_file);
        if (!path_of(build, languages[i].main_file, path) || access(path, F_OK) != 0) {
            continue;
        }
        if (build->language != NULL) {
            message_of_file(build->folder, "it has both %s and %s, so its language is not clear", build->language->main_file, languages[i].main_file);
            return false;
        }
        build->language = &languages[i];
    }
    if (build->language == NULL && access(build->folder, F_OK) != 0) {
        message_of_file(build->folder, "no such folder; argos new makes one");
    } else if (build->language == NULL) {
        message_of_file(build->folder, "it has no %s, so there is nothing to build; argos new makes an app to start from", names);
    }
    return build->language != NULL;
}

/* NAME.wasm in the folder, where NAME is the folder's. */
static bool result_name(struct build *build, const char *output) {
    char real[PATH_MAX], name[NAME_MAX + 1];
    if (output != NULL) {
        return snprintf(build->result, PATH_MAX, "%s%s", output[0] == '-' ? "./" : "", output) < PATH_MAX;
    }
    const char *last = realpath(build->folder, real) == NULL ? NULL : strrchr(real, '/') + 1;
    if (last == NULL || last[0] == 0 || snprintf(name, sizeof name, "%s.wasm", last) >= (int)sizeof name) {
        message_of_file(build->folder, "it has no name that a module could have; say one with -o FILE");
        return false;
    }
    return path_of(build, name, build->result);
}

static bool ends_with(const char *name, const char *ending) {
    size_t length = strlen(name), ending_length = strlen(ending);
    return length > ending_length && strcmp(name + length - ending_length, ending) == 0;
}

static int sources_compare(const void *left, const void *right) {
    return strcmp(left, right);
}

/* All files with the main file's ending, in the order of their names, so that equal folders give equal modules. */
static bool sources_list(struct build *build) {
    const char *ending = strchr(build->language->main_file, '.');
    DIR *folder = opendir(build->folder);
    const struct dirent *entry;
    bool is_whole = folder != NULL;
    while (is_whole && (entry = readdir(folder)) != NULL) {
        if (ends_with(entry->d_name, ending) && entry->d_name[0] != '.') {
            is_whole = build->source_count < SOURCE_COUNT_MAX && path_of(build, entry->d_name, build->sources[build->source_count]);
            build->source_count += is_whole;
        }
    }
    if (folder == NULL) {
        message_of_file(build->folder, "it cannot be read: %s", strerror(errno));
    } else {
        closedir(folder);
    }
    if (folder != NULL && !is_whole) {
        message_of_file(build->folder, "it has more than %d source files", SOURCE_COUNT_MAX);
    }
    qsort(build->sources, build->source_count, sizeof *build->sources, sources_compare);
    return is_whole;
}

static bool sources_find(struct build *build) {
    if (build->language->takes_all) {
        return sources_list(build);
    }
    build->source_count = 1;
    return path_of(build, build->language->main_file, build->sources[0]);
}

static void words_add(struct build *build, const char *word) {
    build->words[build->word_count++] = word;
}

static void words_make(struct build *build) {
    words_add(build, build->language->tool);
    for (const char *const *flag = build->language->flags; *flag != NULL; flag++) {
        words_add(build, *flag);
    }
    words_add(build, "-o");
    words_add(build, build->result);
    for (size_t i = 0; i < build->source_count; i++) {
        words_add(build, build->sources[i]);
    }
    build->words[build->word_count] = NULL;
}

static bool sources_compile(const struct build *build) {
    const struct language *language = build->language;
    struct tool tool;
    if (!tool_find(language, build->folder, &tool)) {
        message_of_file(build->folder, "%s is built with %s, which is not here; %s brings it", language->main_file, language->tool,
                        language->brought_by);
        return false;
    }
    bool is_done = tool_run(&tool, build->words);
    if (!is_done && !tool.has_needs) {
        message_of_file(build->folder, "%s was not found beside %s; %s brings it", language->needs_name, tool.path, language->brought_by);
    }
    return is_done;
}

/* A compiler may be content with what is no app. */
static bool result_check(const char *path, struct budget *budget) {
    struct program program;
    struct report report;
    struct wasm_export start;
    report_init(&report);
    enum error error = program_read(&program, path, budget, &report);
    if (error == ERROR_NONE) {
        error = program_decode(&program, &report);
    }
    if (error == ERROR_NONE &&
        (!wasm_module_find_export(program.module, bytes_from_text("start"), &start) || start.type.kind != WASM_KIND_FUNCTION)) {
        error = report_fail(&report, ERROR_UNLINKABLE, REPORT_NO_OFFSET, "it exports no function start, so it is no app");
    }
    if (error == ERROR_NONE) {
        printf("%s: %zu bytes\n", path, program.file.bytes.size);
    } else {
        message_report(path, &report);
    }
    program_end(&program);
    return error == ERROR_NONE;
}

/* Then every path of this building is shorter than PATH_MAX, but for those of names that no file has. */
static bool paths_check(const char *folder, const char *output) {
    if (folder[0] == 0) {
        message("build: the folder has no name; leave it out for the current one");
    } else if (strlen(folder) + NAME_MAX + sizeof ".//" > PATH_MAX || (output != NULL && strlen(output) + sizeof "./" > PATH_MAX)) {
        message("build: a path is too long");
    } else {
        return true;
    }
    return false;
}

int command_build(const struct command_line *line) {
    struct build *build = budget_allocate_zeroed(line->budget, 1, sizeof *build);
    if (build == NULL) {
        message("there is no memory to build with");
        return COMMAND_FAILED;
    }
    build->folder = line->operand_count == 0 ? "." : line->operands[0];
    bool is_done = paths_check(build->folder, line->output) && language_detect(build) && result_name(build, line->output) && sources_find(build);
    if (is_done) {
        words_make(build);
        is_done = sources_compile(build) && result_check(build->result, line->budget);
    }
    budget_release(line->budget, build, sizeof *build);
    return is_done ? COMMAND_DONE : COMMAND_FAILED;
}
