/* Prints what the program was started with, in order, in quotes. */
#include <stdio.h>
#include <stdlib.h>

extern char **environ;

int main(int argument_count, char **arguments) {
    printf("%d arguments\n", argument_count - 1);
    for (int i = 1; i < argument_count; i++) {
        printf("'%s'\n", arguments[i]);
    }
    for (char **at = environ; *at != NULL; at++) {
        printf("environment '%s'\n", *at);
    }
    const char *value = getenv("GREETING");
    printf("GREETING %s\n", value == NULL ? "is not set" : value);
    return arguments[argument_count] == NULL ? 0 : 1;
}
