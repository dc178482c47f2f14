/* Random bytes: enough of them, and not the same ones twice. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

static uint8_t first[1 << 20], second[1 << 20];

int main(void) {
    unsigned counts[256] = {0};
    if (getentropy(first, 256) != 0 || getentropy(second, 256) != 0 || memcmp(first, second, 256) == 0) {
        return 1;
    }
    if (__wasi_random_get(first, sizeof(first)) != 0 || __wasi_random_get(second, sizeof(second)) != 0) {
        return 2;
    }
    if (memcmp(first, second, sizeof(first)) == 0) {
        return 3;
    }
    for (size_t i = 0; i < sizeof(first); i++) {
        counts[first[i]]++;
    }
    /* 4,096 expected of each; the deviation is 64. */
    for (int i = 0; i < 256; i++) {
        if (counts[i] < 4096 - 640 || counts[i] > 4096 + 640) {
            return 4;
        }
    }
    printf("random\n");
    return 0;
}
