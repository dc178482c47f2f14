/* Clocks and sleeping, seen from the inside. Prints only what is the same each time. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <wasi/api.h>

static int failures;

static void expect(int condition, const char *what) {
    printf("%s: %s\n", what, condition ? "yes" : "no");
    failures += !condition;
}

static int64_t now_ns(clockid_t clock) {
    struct timespec time;
    if (clock_gettime(clock, &time) != 0) {
        return -1;
    }
    return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static void expect_sleep(int64_t wanted_ns) {
    struct timespec duration = {wanted_ns / 1000000000, wanted_ns % 1000000000};
    int64_t before_ns = now_ns(CLOCK_MONOTONIC);
    int code = nanosleep(&duration, NULL);
    int64_t slept_ns = now_ns(CLOCK_MONOTONIC) - before_ns;
    expect(code == 0 && slept_ns >= wanted_ns && slept_ns < wanted_ns + 5000000000ll, "slept as long as asked");
}

int main(void) {
    struct timespec resolution = {0};
    __wasi_timestamp_t time = 0;

    expect(now_ns(CLOCK_REALTIME) > 1577836800ll * 1000000000, "this is after the year 2020");
    int64_t first_ns = now_ns(CLOCK_MONOTONIC), second_ns = now_ns(CLOCK_MONOTONIC);
    expect(first_ns > 0 && second_ns >= first_ns, "monotonic time does not go back");
    expect(clock_getres(CLOCK_MONOTONIC, &resolution) == 0 && resolution.tv_sec == 0 && resolution.tv_nsec > 0, "its resolution is below a second");
    expect(clock_getres(CLOCK_REALTIME, &resolution) == 0 && resolution.tv_sec == 0 && resolution.tv_nsec > 0, "so is that of real time");
    expect(__wasi_clock_time_get(99, 0, &time) == __WASI_ERRNO_INVAL, "clock 99 is invalid");
    expect(__wasi_clock_res_get(4, &time) == __WASI_ERRNO_INVAL, "clock 4 has no resolution");
    expect_sleep(0);
    expect_sleep(20000000);

    struct timespec moment;
    clock_gettime(CLOCK_REALTIME, &moment);
    moment.tv_nsec += 10000000;
    if (moment.tv_nsec >= 1000000000) {
        moment.tv_sec++;
        moment.tv_nsec -= 1000000000;
    }
    int code = clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &moment, NULL);
    int64_t moment_ns = moment.tv_sec * 1000000000ll + moment.tv_nsec;
    expect(code == 0 && now_ns(CLOCK_REALTIME) >= moment_ns - 1000000, "slept until a time of day");
    return failures;
}
