// An app for ArgOS: one function, whose argument is all that it can do. This one counts. It writes a line to the log every tenth of a second, three
// times or as often as its first argument says. It handles the interface of counter.wit for whoever has a grant to it, and when it was given a grant to
// another counter, it asks that one. context.h says what else there is.
#include "context.h"

namespace {

constexpr uint64_t period_ns = 100'000'000; // a tenth of a second
constexpr uint32_t counter_count = 1;        // the first function of counter.wit

// Text: there is no library, and none is needed.
class Line {
  public:
    Line &operator<<(const char *words) {
        while (*words != 0 && length < sizeof text) {
            text[length++] = *words++;
        }
        return *this;
    }

    Line &operator<<(uint64_t number) {
        char digits[21];
        char *at = &digits[20];
        *at = 0;
        do {
            *--at = static_cast<char>('0' + number % 10);
            number /= 10;
        } while (number != 0);
        return *this << at;
    }

    // What the app may not do is a function that is null.
    void log(const context *os) const {
        if (os->log != nullptr) {
            os->log(text, length);
        }
    }

  private:
    char text[100];
    uint32_t length = 0;
};

bool are_equal(const char *left, const char *right) {
    while (*left != 0 && *left == *right) {
        left++;
        right++;
    }
    return *left == *right;
}

uint32_t number_of(const char *text) {
    uint32_t number = 0;
    while (*text >= '0' && *text <= '9') {
        number = number * 10 + static_cast<uint32_t>(*text++ - '0');
    }
    return number;
}

class Counter {
  public:
    int32_t turn(context *os) {
        if (os->turn == 1) {
            count_max = os->argument_count > 1 ? number_of(os->arguments[1]) : 3;
        }
        if (!answer_all(os)) {
            return TURN_EXIT;
        }
        // Without a clock every turn counts.
        uint64_t now_ns = os->clock != nullptr ? os->clock->monotonic_ns : next_ns;
        if (count < count_max && now_ns >= next_ns) {
            count_one(os);
            next_ns = now_ns + period_ns;
        }
        if (count < count_max) {
            os->mine->wake_at_ns = next_ns;
            return TURN_WAIT;
        }
        return is_handler(os) ? TURN_WAIT : TURN_EXIT;
    }

  private:
    uint32_t count = 0, count_max = 0;
    uint64_t next_ns = 0;

    // Answers all that came with this turn; false when the app is asked to end.
    bool answer_all(context *os) const {
        for (uint32_t index = 0; index < os->inbox_count; index++) {
            const message &in = os->inbox[index];
            if (in.kind == MESSAGE_REQUEST && in.id != 0) {
                message answer = {};
                if (in.operation == counter_count) {
                    answer.words[0] = count;
                } else {
                    answer.error = -ARGOS_UNSUPPORTED;
                }
                os->answer(in.id, &answer);
            } else if (in.kind == MESSAGE_NOTICE && in.operation == NOTICE_STOP) {
                return false;
            }
        }
        return true;
    }

    // Asks another counter how far it is, where the app was given one.
    static void ask(context *os) {
        for (uint32_t index = 0; index < os->grant_count; index++) {
            const grant &grant = os->grants[index];
            if ((grant.flags & GRANT_USE) == 0 || !are_equal(grant.label, "counter")) {
                continue;
            }
            message question = {}, answer = {};
            question.grant = grant.handle;
            question.operation = counter_count;
            int32_t error = os->call(&question, &answer, UNTIL_EVER);
            Line line;
            line << (error == 0 ? "the other counter is at " : "the other counter does not answer: error ");
            line << (error == 0 ? answer.words[0] : static_cast<uint64_t>(-error));
            line.log(os);
        }
    }

    void count_one(context *os) {
        count++;
        Line line;
        line << "count " << count << " of " << count_max;
        line.log(os);
        ask(os);
    }

    static bool is_handler(const context *os) {
        for (uint32_t index = 0; index < os->grant_count; index++) {
            if ((os->grants[index].flags & GRANT_SERVE) != 0) {
                return true;
            }
        }
        return false;
    }
};

// What is static stays from turn to turn; what is on the stack does not. Nobody calls constructors before start, so a global is made by the compiler:
// with constinit it has to be.
constinit Counter counter;

} // namespace

extern "C" int32_t start(context *os) {
    return counter.turn(os);
}
