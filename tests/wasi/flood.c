/* Writes until nobody reads, and says why it stopped. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    for (long line = 0; line < 100000000; line++) {
        if (printf("line %ld\n", line) < 0) {
            fprintf(stderr, "stopped: %s\n", strerror(errno));
            return 4;
        }
    }
    return 0;
}
