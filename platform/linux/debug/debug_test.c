/* What gdb and perf are told of compiled code: functions that are there, that come, and that go. That gdb understands it is tried in
   tests/command/run.sh. */
#include "platform/linux/debug/debug.h"

#include "platform/linux/debug/perf_map.h"
#include "platform/linux/host.h"
#include "tests/support/support.h"
#include "tests/support/wat.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* gdb's view. */
struct jit_code_entry {
    struct jit_code_entry *next_entry, *prev_entry;
    const char *symfile_addr;
    uint64_t symfile_size;
};
extern struct {
    uint32_t version, action_flag;
    struct jit_code_entry *relevant_entry, *first_entry;
} __jit_debug_descriptor;

/* A module whose three functions are compiled when "two words" is called: none of them is inlined. */
struct fixture {
    struct budget budget;
    struct program program;
    struct command_line line;
    struct bytes bytes;
    char path[64];
};

static void fixture_begin(struct fixture *fixture) {
    *fixture = (struct fixture){0};
    fixture->bytes = support_wat("(module (func $b (export \"a\") (param i32) (result i32) (loop (br_if 0 (local.get 0))) (i32.const 7))"
                                 "(func (param i32) (result i32) (i32.add (call $b (local.get 0)) (i32.const 1)))"
                                 "(func (export \"two words\") (param i32) (result i32) (i32.add (call 1 (local.get 0)) (i32.const 1))))");
    budget_init_root(&fixture->budget, support_memory(), BUDGET_UNLIMITED);
    fixture->line.budget = &fixture->budget;
    fixture->program = (struct program){.path = "test.wasm", .budget = &fixture->budget};
    assert_int_equal(program_start_engine(&fixture->program, NULL), ERROR_NONE);
    assert_int_equal(wasm_module_create(fixture->program.engine, &fixture->budget, fixture->bytes, NULL, &fixture->program.module), ERROR_NONE);
    snprintf(fixture->path, sizeof fixture->path, "/tmp/perf-%d.map", (int)getpid());
    remove(fixture->path);
}

static void fixture_compile(struct fixture *fixture) {
    const struct wasm_store_options options = {.compile = true};
    struct wasm_store *store;
    struct wasm_instance *instance;
    struct wasm_extern found;
    union wasm_value argument = {.i32 = 0}, result;
    struct wasm_code code;
    assert_int_equal(wasm_store_create(fixture->program.engine, &fixture->budget, &options, &store), ERROR_NONE);
    assert_int_equal(wasm_instance_create(store, fixture->program.module, NULL, NULL, NULL, &instance), ERROR_NONE);
    assert_true(wasm_instance_find_export(instance, bytes_from_text("two words"), &found));
    assert_int_equal(wasm_call(found.function, &argument, &result), ERROR_NONE);
    assert_int_equal(result.i32, 9);
    wasm_store_destroy(store);
    assert_true(wasm_module_code(fixture->program.module, 2, &code));
    assert_false(wasm_module_code(fixture->program.module, 3, &code));
}

static void fixture_end(struct fixture *fixture, struct debug *debug) {
    program_end(&fixture->program);
    assert_null(__jit_debug_descriptor.first_entry);
    debug_end(debug);
    support_wat_release(fixture->bytes);
    assert_int_equal(fixture->budget.used_bytes, 0);
    budget_end(&fixture->budget);
}

static struct wasm_code code_at(const struct fixture *fixture, uint32_t number) {
    struct wasm_code code;
    assert_true(wasm_module_code(fixture->program.module, number, &code));
    return code;
}

/* ---- gdb ---- */

/* The function of a name in gdb's files, of which each has so many. */
static const char *symbol_find(const char *name, uint32_t count, Elf64_Sym *out) {
    for (const struct jit_code_entry *entry = __jit_debug_descriptor.first_entry; entry != NULL; entry = entry->next_entry) {
        const Elf64_Ehdr *header = (const Elf64_Ehdr *)(const void *)entry->symfile_addr;
        const Elf64_Shdr *sections = (const Elf64_Shdr *)(const void *)(entry->symfile_addr + header->e_shoff);
        assert_memory_equal(header->e_ident, ELFMAG, SELFMAG);
        for (uint32_t i = 0; i < header->e_shnum; i++) {
            assert_true(sections[i].sh_type == SHT_NOBITS || sections[i].sh_offset + sections[i].sh_size <= entry->symfile_size);
            if (sections[i].sh_type != SHT_SYMTAB) {
                continue;
            }
            assert_int_equal(sections[i].sh_size / sizeof(Elf64_Sym), count + 1);
            for (uint32_t symbol = 1; symbol <= count; symbol++) {
                const char *names = entry->symfile_addr + sections[sections[i].sh_link].sh_offset;
                memcpy(out, entry->symfile_addr + sections[i].sh_offset + symbol * sizeof *out, sizeof *out);
                if (strcmp(names + out->st_name, name) == 0) {
                    return name;
                }
            }
        }
    }
    return NULL;
}

static void expect_symbols(const struct fixture *fixture, uint32_t count) {
    static const char *const names[] = {"b", "wasm-function[1]", "two words"};
    for (uint32_t i = 0; i < 3; i++) {
        Elf64_Sym symbol;
        const struct wasm_code code = code_at(fixture, i);
        assert_non_null(symbol_find(names[code.function_index], count, &symbol));
        assert_true(symbol.st_value == (uintptr_t)code.start && symbol.st_size == code.size);
    }
}

/* What was compiled before is one file, what comes is one by one. */
static void test_gdb(void **state) {
    (void)state;
    for (uint32_t round = 0; round < 2; round++) {
        struct fixture fixture;
        struct debug debug = {0};
        fixture_begin(&fixture);
        fixture.line.debug = true;
        if (round == 0) {
            fixture_compile(&fixture);
        }
        assert_int_equal(debug_begin(&debug, &fixture.line, &fixture.program), COMMAND_DONE);
        assert_true((__jit_debug_descriptor.first_entry != NULL) == (round == 0));
        if (round == 1) {
            fixture_compile(&fixture);
        }
        expect_symbols(&fixture, round == 0 ? 3 : 1);
        assert_int_equal(__jit_debug_descriptor.action_flag, 0);
        fixture_end(&fixture, &debug);
    }
}

/* Without memory there is nothing to see, and nothing else happens. */
static void test_gdb_without_memory(void **state) {
    (void)state;
    struct fixture fixture;
    struct debug debug = {0};
    fixture_begin(&fixture);
    fixture.line.debug = true;
    fixture_compile(&fixture);
    support_fail_after(1);
    assert_int_equal(debug_begin(&debug, &fixture.line, &fixture.program), COMMAND_DONE);
    support_fail_after(-1);
    assert_null(__jit_debug_descriptor.first_entry);
    fixture_end(&fixture, &debug);
}

static void test_nothing(void **state) {
    (void)state;
    struct fixture fixture;
    struct debug debug = {0};
    fixture_begin(&fixture);
    assert_int_equal(debug_begin(&debug, &fixture.line, &fixture.program), COMMAND_DONE);
    fixture_compile(&fixture);
    assert_null(__jit_debug_descriptor.first_entry);
    assert_int_equal(access(fixture.path, F_OK), -1);
    fixture_end(&fixture, &debug);
}

/* ---- perf ---- */

static void test_perf_map(void **state) {
    (void)state;
    struct fixture fixture;
    struct debug debug = {0};
    struct stat status;
    char line[256], wanted[256];
    fixture_begin(&fixture);
    fixture.line.perf_map = true;
    /* A process of the same number may have left one. */
    FILE *old = fopen(fixture.path, "w");
    assert_non_null(old);
    fputs("old\n", old);
    fclose(old);
    assert_int_equal(debug_begin(&debug, &fixture.line, &fixture.program), COMMAND_DONE);
    fixture_compile(&fixture);
    /* All of it is there before the functions run. */
    assert_int_equal(stat(fixture.path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    FILE *map = fopen(fixture.path, "r");
    assert_non_null(map);
    static const char *const names[] = {"b", "wasm-function[1]", "two words"};
    for (uint32_t i = 0; i < 3; i++) {
        const struct wasm_code code = code_at(&fixture, i);
        snprintf(wanted, sizeof wanted, "%lx %x %s\n", (unsigned long)(uintptr_t)code.start, code.size, names[code.function_index]);
        assert_non_null(fgets(line, sizeof line, map));
        assert_string_equal(line, wanted);
    }
    assert_null(fgets(line, sizeof line, map));
    fclose(map);
    fixture_end(&fixture, &debug);
    remove(fixture.path);
}

/* Where others have put something, nothing is written. */
static void test_perf_map_in_the_way(void **state) {
    (void)state;
    struct fixture fixture;
    struct debug debug = {0};
    char target[] = "/tmp/perf_map_target_XXXXXX";
    struct stat status;
    fixture_begin(&fixture);
    fixture.line.perf_map = true;
    close(mkstemp(target));
    assert_int_equal(symlink(target, fixture.path), 0);
    assert_int_equal(debug_begin(&debug, &fixture.line, &fixture.program), COMMAND_HOST);
    fixture_compile(&fixture);
    assert_int_equal(stat(target, &status), 0);
    assert_int_equal(status.st_size, 0);
    assert_int_equal(lstat(fixture.path, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    remove(fixture.path);
    assert_int_equal(mkdir(fixture.path, 0700), 0);
    debug_end(&debug);
    assert_int_equal(debug_begin(&debug, &fixture.line, &fixture.program), COMMAND_HOST);
    assert_int_equal(rmdir(fixture.path), 0);
    remove(target);
    fixture_end(&fixture, &debug);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gdb),      cmocka_unit_test(test_gdb_without_memory),  cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_perf_map), cmocka_unit_test(test_perf_map_in_the_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
