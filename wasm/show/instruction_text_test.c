/* Instructions as text: every opcode, and those of real programs, against wasm2wat (Debian's wabt). */
#include "tests/support/build.h"
#include "tests/support/programs.h"
#include "wasm/show/instruction_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LINE_MAX          4096u
#define PROGRAM_BYTES_MAX (2u << 20) /* larger ones take wasm2wat too long */

/* ---- What wasm2wat says ---- */

/* Without indentation, comments, the end of the line, and the parentheses that end the function. */
static void line_plain(char *line) {
    char *out = line;
    int depth = 0;
    for (const char *at = line; *at != 0 && *at != '\n' && strncmp(at, ";;", 2) != 0; at++) {
        if (strncmp(at, "(;", 2) == 0) {
            at = strstr(at, ";)") + 1;
            continue;
        }
        depth += (*at == '(') - (*at == ')');
        if (depth < 0) {
            break;
        }
        /* A point with nothing behind it is its own way to write denormal numbers. */
        const bool is_bare_point = strncmp(at, ".p", 2) == 0 && (at[2] == '-' || at[2] == '+');
        if (!is_bare_point && (*at != ' ' || (out > line && out[-1] != ' '))) {
            *out++ = *at;
        }
    }
    while (out > line && out[-1] == ' ') {
        out--;
    }
    *out = 0;
}

/* The next line that is an instruction; false behind the last. Instructions are inside of functions, and begin with no parenthesis. */
static bool line_next(FILE *pipe, char *line) {
    while (fgets(line, LINE_MAX, pipe) != NULL) {
        const bool is_inside = strncmp(line, "    ", 4) == 0;
        line_plain(line);
        if (is_inside && line[0] != '(' && line[0] != 0) {
            return true;
        }
    }
    return false;
}

/* ---- What we say ---- */

static uint32_t functions_compare(const struct wasm_module *module, FILE *pipe) {
    uint32_t count = 0;
    for (uint32_t index = module->imported_function_count; index < module->function_count; index++) {
        uint8_t types[1000];
        struct body body;
        struct instruction instruction;
        body_begin(&body, module, index);
        assert_in_range(module->functions[index].local_count, 0, sizeof types);
        body_read_locals(&body, &module->functions[index], types);
        /* The last `end` is not said in the text. */
        for (body_next(&body, &instruction); body.at < body.end; body_next(&body, &instruction)) {
            char line[LINE_MAX];
            struct text text;
            text_begin(&text);
            instruction_text(module, &instruction, &text);
            assert_true(line_next(pipe, line));
            const char *cut = strstr(text.data, " and ");
            if (strncmp(text.data, line, cut != NULL ? (size_t)(cut - text.data) : LINE_MAX) != 0) {
                fail_msg("function %u, 0x%x: '%s', for wasm2wat '%s'", index, instruction.source, text.data, line);
            }
            count++;
        }
    }
    return count;
}

static uint32_t module_compare(const struct wasm_module *module) {
    char path[] = "/tmp/instruction_text_XXXXXX", command[128], line[LINE_MAX];
    const struct bytes bytes = wasm_module_bytes(module);
    FILE *file = fdopen(mkstemp(path), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data, 1, bytes.size, file), bytes.size);
    fclose(file);
    snprintf(command, sizeof command, "wasm2wat --enable-all --no-debug-names %s", path);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    const uint32_t count = functions_compare(module, pipe);
    assert_false(line_next(pipe, line));
    assert_int_equal(pclose(pipe), 0);
    remove(path);
    return count;
}

/* ---- Every opcode ---- */

/* What may follow an opcode: the same for all of a kind. Indices are of what the module below has. */
static const char *const immediates[][8] = {
    [IMMEDIATE_NONE] = {""},
    [IMMEDIATE_BLOCK] = {"40", "7f", "7b", "00", "01"},
    [IMMEDIATE_LABEL] = {"00"},
    [IMMEDIATE_LABELS] = {"00 00", "03 00 00 00 00"},
    [IMMEDIATE_FUNCTION] = {"00"},
    [IMMEDIATE_INDIRECT] = {"00 00", "02 01"},
    [IMMEDIATE_TYPES] = {"01 7c", "01 70"},
    [IMMEDIATE_LOCAL] = {"00"},
    [IMMEDIATE_GLOBAL] = {"00"},
    [IMMEDIATE_TABLE] = {"00", "01"},
    [IMMEDIATE_TABLE_TABLE] = {"00 00", "00 01", "01 00"},
    [IMMEDIATE_ELEMENT_TABLE] = {"00 00", "01 00", "00 01"},
    [IMMEDIATE_ELEMENT] = {"01"},
    [IMMEDIATE_DATA] = {"01"},
    [IMMEDIATE_DATA_MEMORY] = {"00 00", "01 00"}, /* wasm2wat says a memory in the wrong place */
    [IMMEDIATE_MEMORY] = {"00", "01"},
    [IMMEDIATE_MEMORY_MEMORY] = {"00 00", "00 01", "01 00"},
    [IMMEDIATE_I32] = {"00", "7f", "c0 bb 78", "ff ff ff ff 07", "80 80 80 80 78"},
    [IMMEDIATE_I64] = {"00", "7f", "ff ff ff ff ff ff ff ff ff 00", "80 80 80 80 80 80 80 80 80 7f"},
    [IMMEDIATE_F32] = {"00000000", "00000080", "0000c0bf", "01000000", "ffff7f00", "000080ff", "0000c07f", "0100807f"},
    [IMMEDIATE_F64] = {"0000000000000000", "9a9999999999b93f", "0100000000000080", "ffffffffffffef7f", "000000000000f0ff", "000000000000f8ff",
                       "010000000000f07f", "0000000000001000"},
    [IMMEDIATE_V128] = {"000102030405060708090a0b0c0d0eff"},
    [IMMEDIATE_SHUFFLE] = {"001f1e1d0405060708090a0b0c0d0e0f"},
    [IMMEDIATE_LANE] = {"00", "01"},
    [IMMEDIATE_REFERENCE] = {"70", "6f"},
    [IMMEDIATE_FENCE] = {"00"},
};

static void access_build(struct build *build, const struct opcode_info *info, uint32_t variant) {
    const bool is_atomic_or_byte = info->alignment == 0;
    const uint8_t flags = variant == 1 || is_atomic_or_byte ? info->alignment : (uint8_t)(info->alignment - 1);
    if (variant == 0) {
        build_byte(build, info->alignment);
        build_byte(build, 0);
    } else if (variant == 1) {
        build_byte(build, flags);
        build_u32(build, UINT32_MAX);
    } else {
        build_byte(build, flags | 0x40);
        build_byte(build, 1);
        build_u32(build, 300);
    }
    if (info->immediate == IMMEDIATE_ACCESS_LANE) {
        build_byte(build, 1);
    }
}

static void opcode_build(struct build *build, uint32_t opcode) {
    if (opcode >= OPCODE_PAGE_FC) {
        build_byte(build, (uint8_t)(opcode >= OPCODE_PAGE_FE ? 0xFE : opcode >= OPCODE_PAGE_FD ? 0xFD : 0xFC));
        build_u32(build, opcode % 0x100);
    } else {
        build_byte(build, (uint8_t)opcode);
    }
}

/* In code that nothing reaches, operands are what they need to be. */
static void instruction_build(struct build *build, uint32_t opcode, const char *digits, uint32_t variant) {
    const struct opcode_info *info = &opcode_table[opcode];
    if (opcode == OP_ELSE) {
        build_hex(build, "00 04 40");
    }
    build_byte(build, 0);
    opcode_build(build, opcode);
    if (digits != NULL) {
        build_hex(build, digits);
    } else {
        access_build(build, info, variant);
    }
    build_byte(build, 0);
    if (info->immediate == IMMEDIATE_BLOCK || opcode == OP_ELSE) {
        if (opcode == OP_IF) {
            build_hex(build, "05 00");
        }
        build_hex(build, "0b 00");
    }
}

static void body_build(struct build *build) {
    const size_t mark = build_open(build);
    build_hex(build, "01 01 7f");
    for (uint32_t opcode = 0; opcode < OPCODE_COUNT; opcode++) {
        const struct opcode_info *info = &opcode_table[opcode];
        const bool is_access = info->immediate == IMMEDIATE_ACCESS || info->immediate == IMMEDIATE_ACCESS_LANE;
        /* wasm2wat 1.0.32 says no table of a return_call_indirect, and no memory of accesses on vectors. */
        const uint32_t variants = opcode == OP_RETURN_CALL_INDIRECT ? 1 : !is_access ? 8 : opcode >= OPCODE_PAGE_FD ? 2 : 3;
        if (info->immediate == IMMEDIATE_INVALID || opcode == OP_END) {
            continue;
        }
        for (uint32_t variant = 0; variant < variants && (is_access || immediates[info->immediate][variant] != NULL); variant++) {
            instruction_build(build, opcode, is_access ? NULL : immediates[info->immediate][variant], variant);
        }
    }
    build_hex(build, "00 0b");
    build_close(build, mark);
}

/* Two memories, tables and segments, a global, three types. */
static void everything_build(struct build *build) {
    build_preamble(build);
    build_section(build, 1, "03 60 00 00 60 01 7f 01 7f 60 01 7f 00");
    build_section(build, 3, "01 00");
    build_section(build, 4, "02 70 00 01 70 00 02");
    build_section(build, 5, "02 00 01 00 01");
    build_section(build, 6, "01 7f 01 41 00 0b");
    build_section(build, 9, "02 01 00 01 00 01 00 01 00");
    build_section(build, 12, "02");
    const size_t mark = build_section_open(build, 10);
    build_byte(build, 1);
    body_build(build);
    build_close(build, mark);
    build_section(build, 11, "02 01 01 61 01 01 62");
}

static void test_every_opcode(void **state) {
    (void)state;
    struct build build = {0};
    struct attempt attempt;
    everything_build(&build);
    attempt_begin(&attempt, build_bytes(&build), BUDGET_UNLIMITED);
    if (attempt.error != ERROR_NONE) {
        fail_msg("0x%llx: %s", (unsigned long long)attempt.report.offset, attempt.report.text);
    }
    assert_in_range(module_compare(attempt.module), 1000, 10000);
    attempt_end(&attempt);
    build_end(&build);
}

static void program_compare(void *context, const struct program_visited *program) {
    (void)context;
    if (wasm_module_bytes(program->module).size < PROGRAM_BYTES_MAX) {
        print_message("%s: %u instructions\n", program->name, module_compare(program->module));
    }
}

static void test_programs(void **state) {
    (void)state;
    if (programs_visit(program_compare, NULL) == 0) {
        skip();
    }
}

/* What is too long for a line says so. */
static void test_long(void **state) {
    (void)state;
    struct build build = {0};
    struct attempt attempt;
    struct text text;
    struct body body;
    struct instruction instruction;
    build_preamble(&build);
    build_section(&build, 1, "01 60 00 00");
    build_section(&build, 3, "01 00");
    const size_t section = build_section_open(&build, 10);
    build_byte(&build, 1);
    const size_t mark = build_open(&build);
    build_hex(&build, "00 41 00 0e e8 07");
    build_repeat(&build, "00", 1001);
    build_byte(&build, 0x0B);
    build_close(&build, mark);
    build_close(&build, section);
    attempt_begin(&attempt, build_bytes(&build), BUDGET_UNLIMITED);
    assert_int_equal(attempt.error, ERROR_NONE);
    body_begin(&body, attempt.module, 0);
    body.at++;
    body_next(&body, &instruction);
    body_next(&body, &instruction);
    text_begin(&text);
    instruction_text(attempt.module, &instruction, &text);
    assert_non_null(strstr(text.data, "br_table 0 0 0 "));
    assert_non_null(strstr(text.data, " 0 and 937 more"));
    attempt_end(&attempt);
    build_end(&build);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_opcode), cmocka_unit_test(test_programs), cmocka_unit_test(test_long)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
