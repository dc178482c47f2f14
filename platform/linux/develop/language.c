/* The table of languages. The files of a new app are those of programs/examples, which the build turns into C (tools/embed): what is tested there is
   what users get. */
#include "platform/linux/develop/language.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The stack lies below the data, so that whoever needs too much of it traps instead of writing over them. */
#define LINK_FLAGS  "-nostdlib", "-Wl,--no-entry", "-Wl,--export=start", "-Wl,--stack-first", "-Wl,-z,stack-size=65536"
#define CLANG_FLAGS "--target=wasm32", "-O2", "-mbulk-memory", "-msign-ext", "-mnontrapping-fptoint", "-Wall", "-Wextra", LINK_FLAGS

static const char *const c_flags[] = {"-std=c17", CLANG_FLAGS, NULL};

/* Nobody would call the constructors of globals. */
static const char *const cpp_flags[] = {"-std=c++20", "-fno-exceptions", "-fno-rtti", "-Werror=global-constructors", CLANG_FLAGS, NULL};

static const char *const rust_flags[] = {
    "--edition=2021", "--crate-name=app",  "--crate-type=cdylib",      "--target=wasm32-unknown-unknown", "-Copt-level=2",
    "-Cpanic=abort",  "-Cstrip=debuginfo", "-Clink-arg=--stack-first", "-Clink-arg=-zstack-size=65536",   NULL};

/* Names of functions, for backtraces, are what --debug adds. */
static const char *const assemblyscript_flags[] = {"-O2", "--debug", "--runtime", "stub", "--use", "abort=", NULL};

static const char *const wat_flags[] = {"--debug-names", NULL};

const struct language languages[] = {
    {
        .name = "c",
        .main_file = "main.c",
        .takes_all = true,
        .tool = "clang",
        .needs = "wasm-ld",
        .needs_name = "wasm-ld",
        .brought_by = "apt install clang lld",
        .flags = c_flags,
    },
    {
        .name = "cpp",
        .main_file = "main.cpp",
        .takes_all = true,
        .tool = "clang++",
        .needs = "wasm-ld",
        .needs_name = "wasm-ld",
        .brought_by = "apt install clang lld",
        .flags = cpp_flags,
    },
    {
        .name = "rust",
        .main_file = "main.rs",
        .tool = "rustc",
        .needs = "../lib/rustlib/wasm32-unknown-unknown",
        .needs_name = "library for wasm32-unknown-unknown",
        .brought_by = "apt install rustc libstd-rust-dev-wasm32 lld",
        .flags = rust_flags,
    },
    {
        .name = "assemblyscript",
        .main_file = "main.ts",
        .tool = "asc",
        .needs = "node",
        .needs_name = "node",
        .brought_by = "npm install assemblyscript, with Node 20 or later,",
        .flags = assemblyscript_flags,
    },
    {
        .name = "wat",
        .main_file = "main.wat",
        .tool = "wat2wasm",
        .brought_by = "apt install wabt",
        .flags = wat_flags,
    },
};

const size_t language_count = COUNT(languages);

const struct template_file template_files[] = {
#define TEMPLATE(language_, name_, text_) {.language = language_, .name = name_, .text = text_},
#include "platform/linux/develop/template_texts.def"
#undef TEMPLATE
};

const size_t template_file_count = COUNT(template_files);

const struct language *language_find(const char *name) {
    for (size_t i = 0; i < language_count; i++) {
        if (strcmp(languages[i].name, name) == 0) {
            return &languages[i];
        }
    }
    return NULL;
}

bool language_has_file(const struct language *language, const struct template_file *file) {
    return file->language == NULL || strcmp(file->language, language->name) == 0;
}
