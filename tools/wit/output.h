/* Text that grows while it is printed. The first failure is kept, so that printers need not look after each line. */
#ifndef TOOLS_WIT_OUTPUT_H
#define TOOLS_WIT_OUTPUT_H

#include "tools/wit/model.h"

struct wit_output {
    struct wit *wit;
    struct wit_output *next;
    uint8_t *data;
    size_t size;
    size_t capacity;
    enum error error;
};

/* Belongs to the wit until its end; NULL when there is no memory. */
struct wit_output *wit_output_create(struct wit *wit) MUST_CHECK;
void wit_outputs_end(struct wit *wit);
/* What went wrong, and the problem told. */
enum error wit_output_error(const struct wit_output *output, struct wit_problem *problem) MUST_CHECK;
struct bytes wit_output_bytes(const struct wit_output *output);

void wit_put_bytes(struct wit_output *output, struct bytes text);
/* As base/format.h has it. One piece is at most 2,047 characters long. */
void wit_put(struct wit_output *output, const char *pattern, ...) __attribute__((format(printf, 2, 3)));

/* For %.*s of a view. */
#define WIT_NAME(view) (int)(view).size, (const char *)(view).data

#endif
