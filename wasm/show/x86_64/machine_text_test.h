/* For tests: our text of machine code against that of objdump (Debian's binutils), which shares nothing with it. Include it once in a
   program that has cmocka. */
#ifndef WASM_SHOW_X86_64_MACHINE_TEXT_TEST_H
#define WASM_SHOW_X86_64_MACHINE_TEXT_TEST_H

#include "wasm/show/dump.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLAIN_MAX 512u

/* objdump's names for comparisons with a number, in the order of these. */
static inline void machine_plain_compare(char *text) {
    static const char *const names[] = {"eq", "lt", "le", "unord", "neq", "nlt", "nle", "ord"};
    for (uint32_t number = 0; number < 8; number++) {
        const size_t length = strlen(names[number]);
        const size_t is_vex = text[0] == 'v', start = 3 + is_vex;
        if (strncmp(text + is_vex, "cmp", 3) == 0 && strncmp(text + start, names[number], length) == 0 && text[start + length] == 'p') {
            char made[PLAIN_MAX];
            snprintf(made, sizeof made, "%scmp%s,0x%x", is_vex ? "v" : "", text + start + length, number);
            memcpy(text, made, sizeof made);
        }
    }
}

static inline const char *machine_plain_number(const char *from, char **out) {
    char *end;
    const bool is_negative = *from == '-';
    uint64_t value = strtoull(from + is_negative, &end, 0);
    value = is_negative ? 0 - value : value;
    if ((int64_t)value == (int32_t)value) {
        value = (uint32_t)value;
    }
    *out += sprintf(*out, "0x%llx", (unsigned long long)value);
    return end;
}

/* One form for both notations: no blanks, no sizes of memory, numbers in hexadecimal modulo 2^32 where they fit a signed word. */
static inline void machine_plain(const char *from, char *out) {
    static const char *const dropped[] = {"byte ptr ", "word ptr ", "dword ptr ", "qword ptr ", "xmmword ptr ", "*1"};
    char lower[PLAIN_MAX], *start = out;
    snprintf(lower, sizeof lower, "%.*s", (int)strcspn(from, "#<\n"), from);
    for (char *at = lower; *at != 0; at++) {
        *at = (char)tolower(*at);
    }
    for (const char *at = lower; *at != 0;) {
        const bool is_begin = at == lower || !isalnum((unsigned char)at[-1]);
        size_t skip = *at == ' ' || *at == '\t';
        for (uint32_t i = 0; i < sizeof dropped / sizeof *dropped && skip == 0; i++) {
            const size_t length = strlen(dropped[i]);
            skip = (is_begin || i == 5) && strncmp(at, dropped[i], length) == 0 ? length : 0;
        }
        if (skip != 0) {
            at += skip;
        } else if (is_begin && (isdigit((unsigned char)*at) || (*at == '-' && isdigit((unsigned char)at[1]) && (out == start || out[-1] == ',')))) {
            at = machine_plain_number(at, &out);
        } else {
            *out++ = *at++;
        }
    }
    *out = 0;
    if (strncmp(start, "movabs", 6) == 0) {
        memmove(start + 3, start + 6, strlen(start + 6) + 1);
    }
    char *zero = strstr(start, "+0x0]");
    if (zero != NULL) {
        memmove(zero, zero + 4, strlen(zero + 4) + 1);
    }
    machine_plain_compare(start);
}

/* The instruction at the offset of some code, beside objdump's line for it; the offset behind it. */
static inline uint32_t machine_text_expect(struct bytes code, uint32_t offset, const char *line) {
    struct text ours;
    char plain_ours[2 * PLAIN_MAX], plain_theirs[2 * PLAIN_MAX];
    text_begin(&ours);
    assert_true(offset < code.size);
    const uint32_t size = machine_text((struct bytes){code.data + offset, code.size - offset}, offset, &ours);
    if (size == 0) {
        fail_msg("at 0x%x is no instruction; objdump has: %s", offset, line);
    }
    machine_plain(ours.data, plain_ours);
    machine_plain(line, plain_theirs);
    if (strcmp(plain_ours, plain_theirs) != 0) {
        fail_msg("at 0x%x is '%s', for objdump: %s", offset, ours.data, line);
    }
    return offset + size;
}

/* All of it, which is instructions and nothing else. The number of instructions; 0 where there is no objdump. */
static inline uint32_t machine_text_compare(struct bytes code) {
    char path[] = "/tmp/machine_text_XXXXXX", command[128], line[PLAIN_MAX];
    uint32_t count = 0, offset = 0;
    FILE *file = fdopen(mkstemp(path), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(code.data, 1, code.size, file), code.size);
    fclose(file);
    snprintf(command, sizeof command, "objdump -D -w -b binary -m i386:x86-64 -M intel --no-show-raw-insn %s", path);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    while (fgets(line, sizeof line, pipe) != NULL) {
        const char *text = strstr(line, ":\t");
        if (text != NULL) {
            assert_int_equal(strtoul(line, NULL, 16), offset);
            offset = machine_text_expect(code, offset, text + 2);
            count++;
        }
    }
    pclose(pipe);
    remove(path);
    assert_true(count == 0 || offset == code.size);
    return count;
}

#endif
