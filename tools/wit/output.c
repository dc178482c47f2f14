/* Text that grows: see output.h. */
#include "tools/wit/output.h"
#include "base/assert.h"
#include "base/format.h"

#include <stdarg.h>

#define PIECE_SIZE 2048

struct wit_output *wit_output_create(struct wit *wit) {
    struct wit_output *output = arena_allocate_zeroed(&wit->arena, 1, sizeof *output);
    if (output != NULL) {
        output->wit = wit;
        output->next = wit->outputs;
        wit->outputs = output;
    }
    return output;
}

void wit_outputs_end(struct wit *wit) {
    for (struct wit_output *output = wit->outputs; output != NULL; output = output->next) {
        if (output->capacity != 0) {
            budget_release(wit->budget, output->data, output->capacity);
        }
    }
    wit->outputs = NULL;
}

enum error wit_output_error(const struct wit_output *output, struct wit_problem *problem) {
    if (output->error == ERROR_LIMIT) {
        return report_fail(problem == NULL ? NULL : &problem->report, ERROR_LIMIT, REPORT_NO_OFFSET, "what is made of it has more than %d bytes",
                           WIT_MAX_OUTPUT_BYTES);
    }
    return output->error == ERROR_NONE ? ERROR_NONE : wit_fail_memory(problem);
}

struct bytes wit_output_bytes(const struct wit_output *output) {
    return (struct bytes){output->data, output->size};
}

static bool output_reserve(struct wit_output *output, size_t more) {
    if (output->error != ERROR_NONE) {
        return false;
    }
    if (more <= output->capacity - output->size) {
        return true;
    }
    size_t capacity = output->capacity == 0 ? 1024 : output->capacity;
    while (capacity - output->size < more) {
        capacity *= 2;
    }
    if (capacity > WIT_MAX_OUTPUT_BYTES) {
        output->error = ERROR_LIMIT;
        return false;
    }
    uint8_t *moved = budget_reallocate(output->wit->budget, output->data, output->capacity, capacity);
    if (moved == NULL) {
        output->error = ERROR_NO_MEMORY;
        return false;
    }
    output->data = moved;
    output->capacity = capacity;
    return true;
}

void wit_put_bytes(struct wit_output *output, struct bytes text) {
    if (text.size != 0 && output_reserve(output, text.size)) {
        memcpy(output->data + output->size, text.data, text.size);
        output->size += text.size;
    }
}

void wit_put(struct wit_output *output, const char *pattern, ...) {
    char piece[PIECE_SIZE];
    va_list arguments;
    va_start(arguments, pattern);
    const size_t size = format_list(piece, sizeof piece, pattern, arguments);
    va_end(arguments);
    ASSERT(size < sizeof piece);
    wit_put_bytes(output, (struct bytes){(const uint8_t *)piece, size});
}
