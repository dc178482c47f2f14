/* programs/api/NAME.h: what a program in C calls an interface with, and what hands messages to its handler. */
#include "tools/wit/c_name.h"
#include "tools/wit/generate.h"

/* Why it is that a call has these parameters and not others. */
struct call {
    struct generator *generator;
    struct wit_output *output;
    const struct wit_function *function;
    const char *operation;
    bool has_arguments;
    bool needs_room;   /* the request's block is put together */
    bool needs_memory; /* the answer may have a block */
};

static struct call call_of(struct generator *generator, const struct wit_function *function) {
    const struct wit_type *arguments = function->arguments;
    return (struct call){
        .generator = generator,
        .output = generator->output,
        .function = function,
        .operation = c_operation(generator, function),
        .has_arguments = arguments->member_count != 0,
        .needs_room = wit_has_block(arguments) && !wit_is_direct(arguments),
        .needs_memory = function->result != NULL && wit_has_block(function->result),
    };
}

static void define(const struct call *call, const char *suffix) {
    (void)generator_define(call->generator, generator_text(call->generator, "%s%s", call->operation, suffix), suffix, call->function->offset);
}

/* ", uint32_t limit": each parameter, structs by reference. */
static void put_parameters(const struct call *call) {
    const struct wit_type *arguments = call->function->arguments;
    for (uint32_t i = 0; i < arguments->member_count; i++) {
        const struct wit_member *member = &arguments->members[i];
        const bool is_struct = c_is_struct(member->type);
        wit_put(call->output, ", %s%s %s%s", is_struct ? "const " : "", c_type(call->generator, member->type), is_struct ? "*" : "",
                c_parameter(call->generator, member->name));
    }
}

/* The same as a struct. */
static void put_arguments(const struct call *call) {
    const struct wit_type *arguments = call->function->arguments;
    if (!call->has_arguments) {
        return;
    }
    wit_put(call->output, "    const struct %s_arguments arguments = {", call->operation);
    for (uint32_t i = 0; i < arguments->member_count; i++) {
        const struct wit_member *member = &arguments->members[i];
        wit_put(call->output, "%s%s%s", i == 0 ? "" : ", ", c_is_struct(member->type) ? "*" : "", c_parameter(call->generator, member->name));
    }
    wit_put(call->output, "};\n");
}

/* ---- Requests ---- */

static void put_request(const struct call *call) {
    const char *number = c_operation_number(call->generator, call->function);
    define(call, "_request");
    wit_put(call->output, "static inline int32_t %s_request(%suint32_t grant%s%s%s%s, struct message *message) {\n", call->operation,
            call->needs_room ? "const struct context *os, " : "", call->has_arguments ? ", const struct " : "",
            call->has_arguments ? call->operation : "", call->has_arguments ? "_arguments *arguments" : "",
            call->needs_room ? ", struct binding_room *room" : "");
    if (!call->has_arguments) {
        wit_put(call->output, "    binding_request_empty(message, grant, %s);\n    return 0;\n}\n\n", number);
        return;
    }
    wit_put(call->output, "    struct wire_content content;\n");
    if (call->needs_room) {
        wit_put(call->output,
                "    binding_room_start(room);\n"
                "    int32_t error = %s_arguments_encode(arguments, room->memory, &content);\n"
                "    if (binding_room_grow(os, room, error, content.block_size)) {\n"
                "        error = %s_arguments_encode(arguments, room->memory, &content);\n"
                "    }\n",
                call->operation, call->operation);
    } else {
        wit_put(call->output, "    const int32_t error = %s_arguments_encode(arguments, wire_memory_of(NULL, 0), &content);\n", call->operation);
    }
    wit_put(call->output,
            "    if (error != 0) {\n        return error == -WIRE_TOO_LARGE ? -WIRE_NO_MEMORY : error;\n    }\n"
            "    binding_request(message, grant, %s, &content);\n    return 0;\n}\n\n",
            number);
}

/* The locals of a call, and the request in `message`. */
static void put_request_call(const struct call *call) {
    put_arguments(call);
    wit_put(call->output, "    struct message message;\n%s    %s error = %s_request(%sgrant%s%s, &message);\n",
            call->needs_room ? "    struct binding_room room;\n" : "", "int32_t", call->operation, call->needs_room ? "os, " : "",
            call->has_arguments ? ", &arguments" : "", call->needs_room ? ", &room" : "");
}

static void put_send(const struct call *call) {
    define(call, "_send");
    wit_put(call->output, "static inline int64_t %s_send(const struct context *os, uint32_t grant, uint32_t flags", call->operation);
    put_parameters(call);
    wit_put(call->output, ") {\n");
    put_request_call(call);
    wit_put(call->output, "    const int64_t id = error != 0 ? error : binding_send(os, &message, flags);\n%s    return id;\n}\n\n",
            call->needs_room ? "    binding_room_end(os, &room);\n" : "");
}

static void put_receive(const struct call *call) {
    if (call->function->result == NULL) {
        return;
    }
    define(call, "_receive");
    wit_put(call->output,
            "static inline int32_t %s_receive(const struct message *answer, %s *result) {\n"
            "    struct wire_content content;\n"
            "    __builtin_memset(result, 0, sizeof *result);\n"
            "    if (answer->error != 0) {\n        return answer->error;\n    }\n"
            "    binding_content(answer, &content);\n"
            "    return %s_result_decode(&content, result) ? 0 : -WIRE_MALFORMED;\n}\n\n",
            call->operation, c_type(call->generator, call->function->result), call->operation);
}

static void put_call(const struct call *call) {
    const struct wit_type *result = call->function->result;
    define(call, "");
    c_comment(call->output, call->function->documentation, "");
    wit_put(call->output, "static inline int32_t %s(const struct context *os, uint32_t grant", call->operation);
    put_parameters(call);
    wit_put(call->output, "%s", call->needs_memory ? ", struct wire_memory memory" : "");
    if (result != NULL) {
        wit_put(call->output, ", %s *result", c_type(call->generator, result));
    }
    wit_put(call->output, ") {\n    struct message answer;\n");
    put_request_call(call);
    wit_put(call->output, "    if (error == 0) {\n        error = binding_call(os, &message, %s, &answer);\n    }\n%s",
            call->needs_memory ? "memory" : "wire_memory_of(NULL, 0)", call->needs_room ? "    binding_room_end(os, &room);\n" : "");
    if (result == NULL) {
        wit_put(call->output, "    return error;\n}\n\n");
    } else {
        wit_put(call->output, "    return error != 0 ? error : %s_receive(&answer, result);\n}\n\n", call->operation);
    }
}

/* ---- Handling ---- */

static void put_later(const struct call *call) {
    const struct wit_type *result = call->function->result;
    define(call, "_answer_later");
    wit_put(call->output, "static inline int32_t %s_answer_later(const struct context *os, uint64_t id", call->operation);
    if (result != NULL) {
        wit_put(call->output, ", const %s *result", c_type(call->generator, result));
    }
    wit_put(call->output,
            ") {\n    struct binding_room room;\n    struct wire_answer answer;\n"
            "    binding_answer_start(os, &room, &answer);\n    %s_answer(&answer%s);\n    return binding_answer_send(os, id, &answer);\n}\n\n",
            call->operation, result != NULL ? ", result" : "");
}

static void put_gone(struct generator *generator) {
    const struct wit_interface *interface = generator->interface;
    wit_put(generator->output, "    if (message->kind == MESSAGE_NOTICE && message->operation == NOTICE_CLIENT_GONE) {\n");
    for (uint32_t i = 0; i < interface->item_count; i++) {
        const struct wit_type *type = interface->items[i].type;
        if (type != NULL && type->kind == WIT_RESOURCE) {
            const char *lower = c_lower(generator, type->name);
            wit_put(generator->output,
                    "        if (WIRE_BADGE_KIND(message->badge) == %u) {\n"
                    "            if (handler->%s_gone != NULL) {\n"
                    "                handler->%s_gone(self, message->badge & WIRE_BADGE_OBJECT);\n            }\n"
                    "            return true;\n        }\n",
                    type->resource, lower, lower);
        }
    }
    wit_put(generator->output, "    }\n");
}

static void put_serve(struct generator *generator) {
    (void)generator_define(generator, generator_text(generator, "%s_serve", generator->lower), "interface", generator->interface->offset);
    wit_put(generator->output,
            "/* Answers a message that came through the grant to serve, or leaves that to the handler's WIRE_LATER. False for a message that is none "
            "of this\n"
            "   interface's. */\n"
            "static inline bool %s_serve(const struct context *os, uint32_t serve, const struct %s_handler *handler, void *self,\n"
            "        const struct message *message) {\n"
            "    struct binding_room room;\n    struct wire_answer answer;\n    struct wire_request request;\n"
            "    if (message->grant != serve) {\n        return false;\n    }\n",
            generator->lower, generator->lower);
    if (generator->interface->resource_count != 0) {
        put_gone(generator);
    }
    wit_put(generator->output,
            "    if (message->kind != MESSAGE_REQUEST) {\n        return false;\n    }\n"
            "    binding_received(message, &request);\n"
            "    binding_answer_start(os, &room, &answer);\n"
            "    if (%s_dispatch(handler, self, &request, &answer) == 0) {\n"
            "        (void)binding_answer_send(os, message->id, &answer);\n    }\n"
            "    return true;\n}\n\n",
            generator->lower);
}

static void put_find(struct generator *generator, const char *suffix, const char *flag, const char *what) {
    const char *name = generator_text(generator, "%s_%s", generator->lower, suffix);
    (void)generator_define(generator, name, "interface", generator->interface->offset);
    wit_put(generator->output,
            "/* The app's first grant to %s it, 0 without one. */\n"
            "static inline uint32_t %s(const struct context *os) {\n"
            "    static const uint8_t hash[] = %s_HASH;\n    return binding_find(os, hash, %s);\n}\n\n",
            what, name, generator->upper, flag);
}

enum error bindings_print(struct wit_interface *interface, struct wit_problem *problem, struct wit_output *output) {
    struct generator generator;
    enum error error = generator_init(&generator, interface, problem, output);
    if (error == ERROR_NONE) {
        wit_put(
            output,
            "/* The interface %.*s/%.*s for programs in C, made by tools/wit of its text: not to be edited. docs/interfaces.md tells how it is "
            "used.\n\n"
            "   OPERATION calls and waits; OPERATION_send sends, with an enum message_flag, and OPERATION_receive reads the answer when it comes.\n"
            "   Where a result may have a block, `memory` is where that is copied to; without any, or when it is too small, the block stands until "
            "the next\n"
            "   call or wait, or the end of the turn. */\n"
            "#ifndef PROGRAMS_API_%s_H\n#define PROGRAMS_API_%s_H\n\n#include \"interfaces/%s.h\"\n#include \"programs/api/binding.h\"\n\n",
            WIT_NAME(interface->package), WIT_NAME(interface->name), generator.upper, generator.upper, generator.lower);
        put_find(&generator, "grant", "GRANT_USE", "use");
        put_find(&generator, "grant_to_serve", "GRANT_SERVE", "serve");
    }
    for (uint32_t i = 0; i < interface->item_count; i++) {
        if (interface->items[i].function != NULL) {
            const struct call call = call_of(&generator, interface->items[i].function);
            put_request(&call);
            put_receive(&call);
            put_call(&call);
            put_send(&call);
            put_later(&call);
        }
    }
    if (interface->function_count != 0) {
        put_serve(&generator);
    }
    wit_put(output, "#endif\n");
    return generator_end(&generator);
}
