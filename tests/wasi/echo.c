/* Copies standard input to standard output, a line at a time, and counts on standard error. */
#include <stdio.h>
#include <string.h>

int main(void) {
    char line[100];
    unsigned long lines = 0, bytes = 0;
    while (fgets(line, sizeof(line), stdin) != NULL) {
        size_t size = strlen(line);
        lines += line[size - 1] == '\n';
        bytes += size;
        if (fputs(line, stdout) == EOF) {
            return 2;
        }
    }
    if (ferror(stdin) || fflush(stdout) != 0) {
        return 1;
    }
    fprintf(stderr, "%lu lines, %lu bytes\n", lines, bytes);
    /* The end stays the end. */
    return fgetc(stdin) == EOF ? 0 : 3;
}
