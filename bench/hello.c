/* The smallest program that says something: what it costs to start and to end. */
#include <stdio.h>

int main(void) {
    puts("hello, world");
    return 0;
}
