/* argos hash: the names of programs, in the format of sha256sum. */
#include "base/sha256.h"
#include "platform/linux/command.h"
#include "platform/linux/file.h"
#include "platform/linux/message.h"

#include <string.h>

/* Any file may be hashed, not only what is small enough for a module. */
#define HASHED_SIZE_MAX ((size_t)1 << 40)

/* As sha256sum has it: a name with a backslash or newline is written with escapes, and a backslash before the hash says so. */
static void hash_print(const uint8_t digest[SHA256_SIZE], const char *name) {
    if (strpbrk(name, "\\\n\r") != NULL) {
        putchar('\\');
    }
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        printf("%02x", digest[i]);
    }
    fputs("  ", stdout);
    for (; *name != 0; name++) {
        switch (*name) {
        case '\\': fputs("\\\\", stdout); break;
        case '\n': fputs("\\n", stdout); break;
        case '\r': fputs("\\r", stdout); break;
        default: putchar(*name); break;
        }
    }
    putchar('\n');
}

int command_hash(const struct command_line *line) {
    int code = COMMAND_DONE;
    for (size_t i = 0; i < line->operand_count; i++) {
        struct file file;
        struct report report;
        report_init(&report);
        if (file_read(line->operands[i], HASHED_SIZE_MAX, line->budget, &report, &file) != ERROR_NONE) {
            message_report(line->operands[i], &report);
            code = COMMAND_FAILED;
            continue;
        }
        uint8_t digest[SHA256_SIZE];
        sha256(file.bytes, digest);
        file_release(&file);
        hash_print(digest, line->operands[i]);
    }
    return code;
}
