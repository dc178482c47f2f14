/* interfaces/NAME.h: the interface in C, for programs and for the kernel alike. It depends on wire_value.h alone. */
#include "tools/wit/c_name.h"
#include "tools/wit/canonical.h"
#include "tools/wit/generate.h"
#include "tools/wit/header_type.h"

/* ---- Its start ---- */

static void put_hash(struct generator *generator) {
    uint8_t digest[SHA256_SIZE];
    enum error error = wit_interface_hash(generator->interface, digest);
    if (error != ERROR_NONE) {
        generator->error = generator->error == ERROR_NONE ? error : generator->error;
        return;
    }
    wit_put(generator->output, "/* SHA-256 of the canonical text. */\n#define %s_HASH { \\\n   ", generator->upper);
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        wit_put(generator->output, " 0x%02x,%s", digest[i], i + 1 == SHA256_SIZE ? " }\n\n" : i % 16 == 15 ? " \\\n   " : "");
    }
}

static void put_includes(struct generator *generator) {
    const struct wit_interface *interface = generator->interface;
    wit_put(generator->output, "#include \"interfaces/wire_value.h\"\n");
    for (uint32_t i = 0; i < interface->item_count; i++) {
        if (interface->items[i].use != NULL) {
            wit_put(generator->output, "#include \"interfaces/%s.h\"\n", c_lower(generator, interface->items[i].use->target->name));
        }
    }
    wit_put(generator->output, "\n");
}

/* What tells a function from all others. */
static const char *operation_identity(struct generator *generator, const struct wit_function *function) {
    return generator_text(generator, "operation %u", function->number);
}

static void put_operations(struct generator *generator) {
    const struct wit_interface *interface = generator->interface;
    if (interface->function_count == 0) {
        return;
    }
    wit_put(generator->output, "enum %s_operation {\n", generator->lower);
    for (uint32_t i = 0; i < interface->item_count; i++) {
        const struct wit_function *function = interface->items[i].function;
        if (function != NULL) {
            const char *constant = c_operation_number(generator, function);
            (void)generator_define(generator, constant, operation_identity(generator, function), function->offset);
            wit_put(generator->output, "    %s = %u,\n", constant, function->number);
        }
    }
    wit_put(generator->output, "};\n\n");
}

/* A resource's number, and a grant of it, made by whoever handles the interface. */
static void put_resources(struct generator *generator) {
    const struct wit_interface *interface = generator->interface;
    for (uint32_t i = 0; i < interface->item_count; i++) {
        const struct wit_type *type = interface->items[i].type;
        if (type == NULL || type->kind != WIT_RESOURCE) {
            continue;
        }
        const char *lower = c_lower(generator, type->name), *upper = c_upper(generator, type->name);
        (void)generator_define(generator, generator_text(generator, "%s_RESOURCE_%s", generator->upper, upper), "resource", type->offset);
        (void)generator_define(generator, generator_text(generator, "%s_%s_make", generator->lower, lower), "resource", type->offset);
        c_comment(generator->output, type->documentation, "");
        wit_put(generator->output,
                "#define %s_RESOURCE_%s %u\n\n"
                "/* A new grant for an object of the handler, whose grant to serve the interface this is. */\n"
                "static inline struct wire_grant %s_%s_make(uint32_t serve, uint64_t object) {\n"
                "    return wire_grant_of(serve, WIRE_GRANT_MAKE, (uint64_t)%u << WIRE_BADGE_SHIFT | (object & WIRE_BADGE_OBJECT));\n"
                "}\n\n",
                generator->upper, upper, type->resource, generator->lower, lower, type->resource);
    }
}

static void put_start(struct generator *generator) {
    const struct wit_interface *interface = generator->interface;
    wit_put(generator->output,
            "/* The interface %.*s/%.*s in C, made by tools/wit of its text: not to be edited. docs/interfaces.md tells how it is used. */\n"
            "#ifndef INTERFACES_%s_H\n#define INTERFACES_%s_H\n\n",
            WIT_NAME(interface->package), WIT_NAME(interface->name), generator->upper, generator->upper);
    put_includes(generator);
    put_hash(generator);
    put_operations(generator);
    put_resources(generator);
}

/* ---- Arguments and results ---- */

/* Encoding and decoding of arguments or a result, which is called `name` and is of a type with functions of that or another name. */
struct content {
    const struct wit_type *type;
    const char *name;      /* console_read_result */
    const char *functions; /* console_bytes_or_error */
    const char *spelled;   /* struct console_bytes_or_error */
};

static void put_encode(struct generator *generator, const struct content *content) {
    wit_put(generator->output,
            "static inline int32_t %s_encode(const %s *value, struct wire_memory memory, struct wire_content *content) {\n"
            "    struct wire_writer writer = wire_writer_of(content, memory, %s);\n",
            content->name, content->spelled, wit_is_direct(content->type) ? "true" : "false");
    if (wit_is_flat(content->type)) {
        wit_put(generator->output, "    %s_lower(&writer, content->words, value);\n", content->functions);
    } else {
        wit_put(generator->output, "    %s_store(&writer, wire_make_room(&writer, %u, %u), value);\n", content->functions, content->type->size,
                content->type->alignment);
    }
    wit_put(generator->output, "    return wire_writer_end(&writer);\n}\n\n");
}

static void put_decode(struct generator *generator, const struct content *content) {
    wit_put(generator->output,
            "static inline bool %s_decode(const struct wire_content *content, %s *out) {\n"
            "    struct wire_reader reader = wire_reader_of(content);\n"
            "    __builtin_memset(out, 0, sizeof *out);\n",
            content->name, content->spelled);
    if (wit_is_flat(content->type)) {
        wit_put(generator->output, "    return %s_lift(&reader, content->words, out) && wire_reader_is_done(&reader);\n", content->functions);
    } else {
        wit_put(generator->output, "    return wire_take(&reader, 0, %u, %u) && %s_load(&reader, 0, out) && wire_reader_is_done(&reader);\n",
                content->type->size, content->type->alignment, content->functions);
    }
    wit_put(generator->output, "}\n\n");
}

static void put_content(struct generator *generator, const struct content *content, const struct wit_function *function) {
    (void)generator_define(generator, generator_text(generator, "%s_encode", content->name), "content", function->offset);
    (void)generator_define(generator, generator_text(generator, "%s_decode", content->name), "content", function->offset);
    put_encode(generator, content);
    put_decode(generator, content);
}

static bool has_arguments(const struct wit_function *function) {
    return function->arguments->member_count != 0;
}

static void put_function_comment(struct generator *generator, const struct wit_function *function) {
    wit_put(generator->output, "/* ---- %u: ", function->number);
    operation_name(generator->output, function);
    wit_put(generator->output, " ---- */\n\n");
    c_comment(generator->output, function->documentation, "");
    wit_put(generator->output, function->documentation.size != 0 ? "\n" : "");
}

/* The answer of a handler's function, now or later. */
static void put_answer(struct generator *generator, const struct wit_function *function, const char *operation) {
    if (function->result == NULL) {
        wit_put(generator->output,
                "static inline void %s_answer(struct wire_answer *answer) {\n"
                "    wire_answer_start(answer);\n"
                "}\n\n",
                operation);
        return;
    }
    wit_put(generator->output,
            "static inline void %s_answer(struct wire_answer *answer, const %s *result) {\n"
            "    wire_answer_start(answer);\n"
            "    int32_t error = %s_result_encode(result, answer->memory, &answer->content);\n"
            "    if (wire_answer_grow(answer, error)) {\n"
            "        error = %s_result_encode(result, answer->memory, &answer->content);\n"
            "    }\n"
            "    wire_answer_end(answer, error);\n"
            "}\n\n",
            operation, c_type(generator, function->result), operation, operation);
}

static void put_function(struct generator *generator, const struct wit_function *function) {
    const char *operation = c_operation(generator, function);
    put_function_comment(generator, function);
    if (has_arguments(function)) {
        const char *name = generator_text(generator, "%s_arguments", operation);
        const struct content content = {function->arguments, name, name, generator_text(generator, "struct %s", name)};
        header_arguments(generator, function->arguments, name);
        put_content(generator, &content, function);
    }
    if (function->result != NULL) {
        const struct content content = {function->result, generator_text(generator, "%s_result", operation), c_functions(generator, function->result),
                                        c_type(generator, function->result)};
        header_type(generator, function->result);
        put_content(generator, &content, function);
    }
    (void)generator_define(generator, generator_text(generator, "%s_answer", operation), "answer", function->offset);
    put_answer(generator, function, operation);
}

/* ---- Dispatch ---- */

static void put_handler(struct generator *generator) {
    const struct wit_interface *interface = generator->interface;
    wit_put(generator->output,
            "/* ---- For who handles it ---- */\n\n"
            "/* Each function returns 0 with its result filled in, the negative of an enum wire_error, or WIRE_LATER. NULL for what is not "
            "supported. What\n"
            "   RESOURCE_gone tells is that nobody holds a grant of the object any more. */\n"
            "struct %s_handler {\n",
            generator->lower);
    for (uint32_t i = 0; i < interface->item_count; i++) {
        const struct wit_function *function = interface->items[i].function;
        const struct wit_type *type = interface->items[i].type;
        if (function != NULL) {
            const char *field = c_operation_field(generator, function);
            (void)generator_define(generator, generator_text(generator, "field %s", field), operation_identity(generator, function),
                                   function->offset);
            wit_put(generator->output, "    int32_t (*%s)(void *self, const struct wire_call *call", field);
            if (has_arguments(function)) {
                wit_put(generator->output, ", const struct %s_arguments *arguments", c_operation(generator, function));
            }
            if (function->result != NULL) {
                wit_put(generator->output, ", %s *result", c_type(generator, function->result));
            }
            wit_put(generator->output, ");\n");
        } else if (type != NULL && type->kind == WIT_RESOURCE) {
            const char *field = generator_text(generator, "%s_gone", c_lower(generator, type->name));
            (void)generator_define(generator, generator_text(generator, "field %s", field), "resource", type->offset);
            wit_put(generator->output, "    void (*%s)(void *self, uint64_t object);\n", field);
        }
    }
    wit_put(generator->output, "};\n\n");
}

static void put_function_dispatch(struct generator *generator, const struct wit_function *function) {
    const char *operation = c_operation(generator, function), *field = c_operation_field(generator, function);
    const bool is_method = function->kind == WIT_METHOD;
    (void)generator_define(generator, generator_text(generator, "%s_dispatch", operation), "dispatch", function->offset);
    wit_put(generator->output,
            "static inline int32_t %s_dispatch(const struct %s_handler *handler, void *self, const struct wire_request *request,\n"
            "        struct wire_answer *answer) {\n"
            "    const struct wire_call call = wire_call_of(request, answer);\n",
            operation, generator->lower);
    if (has_arguments(function)) {
        wit_put(generator->output, "    struct %s_arguments arguments;\n", operation);
    }
    if (function->result != NULL) {
        wit_put(generator->output, "    %s result;\n", c_type(generator, function->result));
    }
    wit_put(generator->output,
            "    if (handler->%s == NULL || WIRE_BADGE_KIND(request->badge) != %u) {\n        return wire_answer_fail(answer, -WIRE_UNSUPPORTED);\n  "
            "  }\n",
            field, is_method ? function->resource->resource : 0);
    if (has_arguments(function)) {
        wit_put(generator->output, "    if (!%s_arguments_decode(&request->content, &arguments)) {\n", operation);
    } else {
        wit_put(generator->output, "    if (request->content.grant_count != 0) {\n");
    }
    wit_put(generator->output, "        return wire_answer_fail(answer, -WIRE_MALFORMED);\n    }\n");
    if (function->result != NULL) {
        wit_put(generator->output, "    __builtin_memset(&result, 0, sizeof result);\n");
    }
    wit_put(generator->output,
            "    const int32_t outcome = handler->%s(self, &call%s%s);\n"
            "    if (outcome != 0) {\n        return outcome < 0 ? wire_answer_fail(answer, outcome) : WIRE_LATER;\n    }\n"
            "    %s_answer(answer%s);\n    return 0;\n}\n\n",
            field, has_arguments(function) ? ", &arguments" : "", function->result != NULL ? ", &result" : "", operation,
            function->result != NULL ? ", &result" : "");
}

static void put_dispatch(struct generator *generator) {
    const struct wit_interface *interface = generator->interface;
    (void)generator_define(generator, generator_text(generator, "%s_dispatch", generator->lower), "interface", interface->offset);
    wit_put(generator->output,
            "/* Decodes a request, calls the handler's function for it, and encodes the answer, which is there when this returns 0. When it returns\n"
            "   WIRE_LATER, somebody calls OPERATION_answer later, and knows the request by its id. */\n"
            "static inline int32_t %s_dispatch(const struct %s_handler *handler, void *self, const struct wire_request *request,\n"
            "        struct wire_answer *answer) {\n"
            "    wire_answer_start(answer);\n"
            "    switch (request->operation) {\n",
            generator->lower, generator->lower);
    for (uint32_t i = 0; i < interface->item_count; i++) {
        const struct wit_function *function = interface->items[i].function;
        if (function != NULL) {
            wit_put(generator->output, "    case %s: return %s_dispatch(handler, self, request, answer);\n", c_operation_number(generator, function),
                    c_operation(generator, function));
        }
    }
    wit_put(generator->output, "    default: return wire_answer_fail(answer, -WIRE_UNSUPPORTED);\n    }\n}\n\n");
}

/* All of its contents as a list, for programs that do something with each: tables, tests. */
static void put_list(struct generator *generator) {
    const struct wit_interface *interface = generator->interface;
    wit_put(
        generator->output,
        "/* CONTENT(interface, number, is_result, name of the functions, type): everything that its messages carry. */\n#define %s_CONTENTS(CONTENT)",
        generator->upper);
    for (uint32_t i = 0; i < interface->item_count; i++) {
        const struct wit_function *function = interface->items[i].function;
        if (function == NULL) {
            continue;
        }
        const char *operation = c_operation(generator, function);
        if (has_arguments(function)) {
            wit_put(generator->output, " \\\n    CONTENT(%s, %u, 0, %s_arguments, struct %s_arguments)", generator->lower, function->number,
                    operation, operation);
        }
        if (function->result != NULL) {
            wit_put(generator->output, " \\\n    CONTENT(%s, %u, 1, %s_result, %s)", generator->lower, function->number, operation,
                    c_type(generator, function->result));
        }
    }
    wit_put(generator->output, "\n\n");
}

enum error header_print(struct wit_interface *interface, struct wit_problem *problem, struct wit_output *output) {
    struct generator generator;
    enum error error = generator_init(&generator, interface, problem, output);
    if (error == ERROR_NONE) {
        put_start(&generator);
    }
    for (uint32_t i = 0; i < interface->item_count; i++) {
        if (interface->items[i].type != NULL) {
            header_type(&generator, interface->items[i].type);
        }
    }
    for (uint32_t i = 0; i < interface->item_count; i++) {
        if (interface->items[i].function != NULL) {
            put_function(&generator, interface->items[i].function);
        }
    }
    if (interface->function_count != 0) {
        put_handler(&generator);
        for (uint32_t i = 0; i < interface->item_count; i++) {
            if (interface->items[i].function != NULL) {
                put_function_dispatch(&generator, interface->items[i].function);
            }
        }
        put_dispatch(&generator);
    }
    put_list(&generator);
    wit_put(output, "#endif\n");
    return generator_end(&generator);
}
