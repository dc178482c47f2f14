/* Comparisons and swaps: quicksort with a median of three, insertion sort for short runs, over random numbers. */
#include "bench/kernel.h"

enum { NUMBER_COUNT = 200000, SHORT_RUN = 12, DEPTH_MAX = 64 };

static uint32_t numbers[NUMBER_COUNT];

static void swap(uint32_t *one, uint32_t *other) {
    uint32_t value = *one;
    *one = *other;
    *other = value;
}

static void insertion_sort(uint32_t *first, size_t count) {
    for (size_t i = 1; i < count; i++) {
        uint32_t value = first[i];
        size_t place = i;
        while (place > 0 && first[place - 1] > value) {
            first[place] = first[place - 1];
            place--;
        }
        first[place] = value;
    }
}

/* Splits a run of at least three; what is left of the returned index is not above, what is right not below. */
static size_t partition(uint32_t *first, size_t count) {
    size_t middle = count / 2;
    if (first[middle] < first[0]) {
        swap(&first[middle], &first[0]);
    }
    if (first[count - 1] < first[0]) {
        swap(&first[count - 1], &first[0]);
    }
    if (first[count - 1] < first[middle]) {
        swap(&first[count - 1], &first[middle]);
    }
    uint32_t pivot = first[middle];
    size_t low = 0;
    size_t high = count - 1;
    for (;;) {
        while (first[low] < pivot) {
            low++;
        }
        while (first[high] > pivot) {
            high--;
        }
        if (low >= high) {
            return high + 1;
        }
        swap(&first[low++], &first[high--]);
    }
}

/* The longer part waits on the list, so the list never holds more than the logarithm of the count. */
static void quicksort(uint32_t *first, size_t count) {
    struct {
        uint32_t *first;
        size_t count;
    } waiting[DEPTH_MAX];
    size_t waiting_count = 0;
    for (;;) {
        while (count > SHORT_RUN) {
            size_t split = partition(first, count);
            size_t rest = count - split;
            if (split < rest) {
                waiting[waiting_count].first = first + split;
                waiting[waiting_count++].count = rest;
                count = split;
            } else {
                waiting[waiting_count].first = first;
                waiting[waiting_count++].count = split;
                first += split;
                count = rest;
            }
        }
        insertion_sort(first, count);
        if (waiting_count == 0) {
            return;
        }
        first = waiting[--waiting_count].first;
        count = waiting[waiting_count].count;
    }
}

int main(int argc, char **argv) {
    uint32_t rounds = kernel_work(argc, argv, 18);
    uint64_t seed = 31;
    uint64_t checksum = 0;
    for (uint32_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < NUMBER_COUNT; i++) {
            numbers[i] = kernel_random(&seed);
        }
        quicksort(numbers, NUMBER_COUNT);
        for (size_t i = 1; i < NUMBER_COUNT; i++) {
            if (numbers[i - 1] > numbers[i]) {
                return 1;
            }
        }
        checksum = kernel_mix(checksum, numbers[round * 997 % NUMBER_COUNT]);
    }
    return kernel_finish("sort", checksum);
}
