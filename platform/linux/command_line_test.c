/* Reading command lines. What is said about wrong ones is looked at in tests/command. */
#include "platform/linux/command.h"
#include "tests/support/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define WORDS_MAX 16

struct parsed {
    char *words[WORDS_MAX];
    struct budget budget;
    struct command_line line;
    enum command_exit code;
};

static void parse(struct parsed *parsed, const char *command, const char *const *words) {
    int count = 0;
    for (; words[count] != NULL; count++) {
        assert_true(count < WORDS_MAX);
        parsed->words[count] = (char *)(uintptr_t)words[count];
    }
    budget_init_root(&parsed->budget, support_memory(), BUDGET_UNLIMITED);
    parsed->code = command_line_parse(command_find(command), &parsed->budget, count, parsed->words, &parsed->line);
}

static void parsed_end(struct parsed *parsed) {
    command_line_end(&parsed->line);
    budget_end(&parsed->budget);
    assert_int_equal(support_live_blocks(), 0);
}

#define PARSE(parsed, command, ...) parse(parsed, command, (const char *const[]){__VA_ARGS__, NULL})

static void test_all_options_of_run(void **state) {
    (void)state;
    struct parsed parsed;
    PARSE(&parsed, "run", "--memory", "64MiB", "--stack=1MiB", "--env", "A=1", "--env=B=2=3", "--timeout=0.5s", "--executor", "interpret", "--invoke",
          "f", "x.wasm", "--memory", "-h");
    assert_int_equal(parsed.code, COMMAND_DONE);
    const struct command_line *line = &parsed.line;
    assert_int_equal(line->memory_bytes, 64 << 20);
    assert_int_equal(line->stack_bytes, 1 << 20);
    assert_int_equal(line->timeout_ns, 500000000);
    assert_string_equal(line->invoke, "f");
    assert_int_equal(line->environment_count, 2);
    assert_string_equal(line->environment[0], "A=1");
    assert_string_equal(line->environment[1], "B=2=3");
    assert_int_equal(line->operand_count, 3);
    assert_string_equal(line->operands[0], "x.wasm");
    assert_string_equal(line->operands[1], "--memory");
    assert_string_equal(line->operands[2], "-h");
    parsed_end(&parsed);
}

static void test_defaults(void **state) {
    (void)state;
    struct parsed parsed;
    PARSE(&parsed, "run", "-", "", "--");
    assert_int_equal(parsed.code, COMMAND_DONE);
    assert_int_equal(parsed.line.memory_bytes, BUDGET_UNLIMITED);
    assert_int_equal(parsed.line.timeout_ns, UINT64_MAX);
    assert_int_equal(parsed.line.stack_bytes, 0);
    assert_null(parsed.line.invoke);
    assert_int_equal(parsed.line.operand_count, 3);
    assert_string_equal(parsed.line.operands[0], "-");
    assert_string_equal(parsed.line.operands[2], "--");
    parsed_end(&parsed);
}

static void test_dashes_end_options(void **state) {
    (void)state;
    struct parsed parsed;
    PARSE(&parsed, "run", "--env", "A=", "--", "--odd.wasm", "--", "a");
    assert_int_equal(parsed.code, COMMAND_DONE);
    assert_int_equal(parsed.line.operand_count, 3);
    assert_string_equal(parsed.line.operands[0], "--odd.wasm");
    assert_string_equal(parsed.line.operands[1], "--");
    parsed_end(&parsed);
    PARSE(&parsed, "hash", "a", "--", "--help", "-");
    assert_int_equal(parsed.code, COMMAND_DONE);
    assert_false(parsed.line.help);
    assert_int_equal(parsed.line.operand_count, 3);
    assert_string_equal(parsed.line.operands[1], "--help");
    parsed_end(&parsed);
}

static void test_help_needs_nothing_else(void **state) {
    (void)state;
    struct parsed parsed;
    PARSE(&parsed, "run", "--help");
    assert_true(parsed.code == COMMAND_DONE && parsed.line.help);
    parsed_end(&parsed);
    PARSE(&parsed, "validate", "a", "-h", "--unknown");
    assert_true(parsed.code == COMMAND_DONE && parsed.line.help);
    parsed_end(&parsed);
}

static void test_wrong_lines(void **state) {
    (void)state;
    static const struct {
        const char *command;
        const char *words[4];
    } cases[] = {
        {"run", {NULL}},
        {"run", {"--", NULL}},
        {"run", {"--tiemout", "3", "x"}},
        {"run", {"-x", "x"}},
        {"run", {"--memory", NULL}},
        {"run", {"--memory", "much", "x"}},
        {"run", {"--memory=", "x"}},
        {"run", {"--stack=1", "x"}},
        {"run", {"--timeout", "soon", "x"}},
        {"run", {"--env", "A", "x"}},
        {"run", {"--env", "=A", "x"}},
        {"run", {"--executor=guess", "x"}},
        {"run", {"--help=1", "x"}},
        {"inspect", {"a", "b"}},
        {"inspect", {"--memory=1MiB", "b"}},
        {"hash", {NULL}},
        {"help", {"a", "b"}},
    };
    int saved = dup(STDERR_FILENO);
    assert_non_null(freopen("/dev/null", "w", stderr));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed parsed;
        parse(&parsed, cases[i].command, cases[i].words);
        assert_int_equal(parsed.code, COMMAND_USAGE);
        parsed_end(&parsed);
    }
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
}

static void test_table_is_whole(void **state) {
    (void)state;
    for (size_t i = 0; i < command_count; i++) {
        const struct command *command = &commands[i];
        assert_ptr_equal(command_find(command->name), command);
        assert_non_null(command->run);
        bool has_help = false;
        for (size_t j = 0; j < command->option_count; j++) {
            const struct option *option = &command->options[j];
            assert_true(option->name[0] == '-' && option->set != NULL && option->help != NULL);
            assert_true((option->argument == NULL) == (option->expects == NULL));
            has_help = has_help || strcmp(option->name, "--help") == 0;
        }
        assert_true(has_help);
    }
    assert_null(command_find("rum"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_options_of_run),      cmocka_unit_test(test_defaults),    cmocka_unit_test(test_dashes_end_options),
        cmocka_unit_test(test_help_needs_nothing_else), cmocka_unit_test(test_wrong_lines), cmocka_unit_test(test_table_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
