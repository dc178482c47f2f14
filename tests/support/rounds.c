/* The table of contents of all interfaces: see rounds.h. */
#include "tests/support/rounds.h"
#include "interfaces/apps.h"
#include "interfaces/clock.h"
#include "interfaces/console.h"
#include "interfaces/every.h"
#include "interfaces/loader.h"
#include "interfaces/log.h"
#include "interfaces/metrics.h"
#include "interfaces/names.h"
#include "interfaces/random.h"

#define EACH_CONTENT(CONTENT)                                                                                                                        \
    APPS_CONTENTS(CONTENT)                                                                                                                           \
    CLOCK_CONTENTS(CONTENT)                                                                                                                          \
    CONSOLE_CONTENTS(CONTENT)                                                                                                                        \
    EVERY_CONTENTS(CONTENT)                                                                                                                          \
    LOADER_CONTENTS(CONTENT)                                                                                                                         \
    LOG_CONTENTS(CONTENT)                                                                                                                            \
    METRICS_CONTENTS(CONTENT)                                                                                                                        \
    NAMES_CONTENTS(CONTENT)                                                                                                                          \
    RANDOM_CONTENTS(CONTENT)

#define CONTENT(interface, number, is_result, content, type)                                                                                         \
    static bool content##_round(const struct wire_content *in, struct wire_memory memory, struct wire_content *out, int32_t *error) {                \
        type value;                                                                                                                                  \
        if (!content##_decode(in, &value)) {                                                                                                         \
            return false;                                                                                                                            \
        }                                                                                                                                            \
        *error = content##_encode(&value, memory, out);                                                                                              \
        return true;                                                                                                                                 \
    }
EACH_CONTENT(CONTENT)
#undef CONTENT

const struct round rounds[] = {
#define CONTENT(interface, number, is_result, content, type) {#interface, number, is_result, #content, content##_round},
    EACH_CONTENT(CONTENT)
#undef CONTENT
};

const size_t round_count = sizeof rounds / sizeof *rounds;
