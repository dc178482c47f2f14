/* Types in C: see header_type.h. A type that is not in wire_value.h gets a definition and load and store, and lift and lower when it may be in the
 * words. */
#include "tools/wit/header_type.h"

/* What is written for one type. */
struct type_writer {
    struct generator *generator;
    struct wit_output *output;
    const struct wit_type *type; /* the shape */
    const char *name;            /* console_size */
    const char *spelled;         /* struct console_size */
};

enum way { WAY_LOAD, WAY_STORE, WAY_LIFT, WAY_LOWER };

static const char *const ways[] = {"load", "store", "lift", "lower"};

static bool way_reads(enum way way) {
    return way == WAY_LOAD || way == WAY_LIFT;
}

static bool way_is_flat(enum way way) {
    return way == WAY_LIFT || way == WAY_LOWER;
}

/* The head of a function, up to its brace. */
static void put_head(const struct type_writer *writer, enum way way) {
    wit_put(writer->output, "static inline %s %s_%s(struct %s, %s, %s%s *%s) {\n", way_reads(way) ? "bool" : "void", writer->name, ways[way],
            way_reads(way) ? "wire_reader *reader" : "wire_writer *writer",
            way == WAY_LIFT    ? "const uint64_t *words"
            : way == WAY_LOWER ? "uint64_t *words"
                               : "uint32_t at",
            way_reads(way) ? "" : "const ", writer->spelled, way_reads(way) ? "out" : "value");
}

/* A call for a part of the value: "wire_u32_load(reader, at + 4, &out->rows)". */
static void put_call(const struct type_writer *writer, enum way way, const struct wit_member *member, const char *field) {
    const uint32_t place = way_is_flat(way) ? member->word : member->at;
    wit_put(writer->output, "%s_%s(%s, %s", c_functions(writer->generator, member->type), ways[way], way_reads(way) ? "reader" : "writer",
            way_is_flat(way) ? "words" : "at");
    if (place != 0) {
        wit_put(writer->output, " + %u", place);
    }
    wit_put(writer->output, ", &%s->%s)", way_reads(way) ? "out" : "value", field);
}

/* The same for the number that tells cases apart, of a type that has its functions. */
static void put_case_call(const struct type_writer *writer, enum way way, const char *functions, const char *field) {
    wit_put(writer->output, "%s_%s(%s, %s, &%s->%s)", functions, ways[way], way_reads(way) ? "reader" : "writer", way_is_flat(way) ? "words" : "at",
            way_reads(way) ? "out" : "value", field);
}

static void put_ways(const struct type_writer *writer, void (*body)(const struct type_writer *writer, enum way way)) {
    for (enum way way = WAY_LOAD; way <= WAY_LOWER; way++) {
        if (way_is_flat(way) && !wit_is_flat(writer->type)) {
            continue;
        }
        put_head(writer, way);
        body(writer, way);
        wit_put(writer->output, "}\n\n");
    }
}

/* ---- Records and tuples ---- */

static const char *member_field(const struct type_writer *writer, uint32_t index) {
    const struct wit_member *member = &writer->type->members[index];
    if (member->name.size == 0) {
        return generator_text(writer->generator, "item_%u", index);
    }
    return c_field(writer->generator, member->name);
}

static void put_sequence_body(const struct type_writer *writer, enum way way) {
    const struct wit_type *type = writer->type;
    for (uint32_t i = 0; i < type->member_count; i++) {
        wit_put(writer->output, !way_reads(way) ? "    " : i == 0 ? "    bool ok = " : "    ok = ok && ");
        put_call(writer, way, &type->members[i], member_field(writer, i));
        wit_put(writer->output, ";\n");
    }
    wit_put(writer->output, way_reads(way) ? "    return ok;\n" : "");
}

static void put_sequence(const struct type_writer *writer) {
    wit_put(writer->output, "%s {\n", writer->spelled);
    for (uint32_t i = 0; i < writer->type->member_count; i++) {
        c_comment(writer->output, writer->type->members[i].documentation, "    ");
        wit_put(writer->output, "    %s %s;\n", c_type(writer->generator, writer->type->members[i].type), member_field(writer, i));
    }
    wit_put(writer->output, "};\n\n");
    put_ways(writer, put_sequence_body);
}

/* ---- Enums, flags, and the cases of variants ---- */

static const char *case_constant(const struct type_writer *writer, uint32_t index) {
    const struct wit_type *type = writer->type;
    return generator_text(writer->generator, "%s_%s_%s", c_upper(writer->generator, type->home->name), c_upper(writer->generator, type->name),
                          c_upper(writer->generator, type->members[index].name));
}

static void put_constants(const struct type_writer *writer, const char *name) {
    const struct wit_type *type = writer->type;
    wit_put(writer->output, "enum %s {\n", name);
    for (uint32_t i = 0; i < type->member_count; i++) {
        const char *constant = case_constant(writer, i);
        (void)generator_define(writer->generator, constant, writer->name, type->members[i].offset);
        c_comment(writer->output, type->members[i].documentation, "    ");
        if (type->kind == WIT_FLAGS) {
            wit_put(writer->output, "    %s = %s,\n", constant, i == 31 ? "-2147483647 - 1" : generator_text(writer->generator, "%u", 1u << i));
        } else {
            wit_put(writer->output, "    %s = %u,\n", constant, i);
        }
    }
    wit_put(writer->output, "};\n\n");
}

static const char *case_number(const struct wit_type *type) {
    return wit_case_bytes(type) == 1 ? "8" : wit_case_bytes(type) == 2 ? "16" : "32";
}

static void put_enum(const struct type_writer *writer, const char *name) {
    const char *bits = case_number(writer->type);
    put_constants(writer, name);
    wit_put(writer->output, "WIRE_ENUM(%s, enum %s, wire_u%s, uint%s_t, %u)\n\n", name, name, bits, bits, writer->type->member_count);
}

static void put_flags(const struct type_writer *writer) {
    const char *bits = case_number(writer->type);
    put_constants(writer, writer->name);
    wit_put(writer->output, "WIRE_FLAGS(%s, wire_u%s, uint%s_t, 0x%x)\n\n", writer->name, bits, bits,
            (uint32_t)(((uint64_t)1 << writer->type->member_count) - 1));
}

/* ---- Variants ---- */

/* The number of the case has a name of its own among the fields. */
static const char *case_field(const struct type_writer *writer, uint32_t index) {
    const struct bytes name = writer->type->members[index].name;
    return bytes_equal(name, bytes_from_text("kind")) ? "kind_" : c_field(writer->generator, name);
}

static void put_variant_body(const struct type_writer *writer, enum way way) {
    const struct wit_type *type = writer->type;
    const bool reads = way_reads(way);
    wit_put(writer->output, reads ? "    if (!" : "    ");
    put_case_call(writer, way, generator_text(writer->generator, "%s_kind", writer->name), "kind");
    wit_put(writer->output, reads ? ") {\n        return false;\n    }\n" : ";\n");
    wit_put(writer->output, "    switch (%s->kind) {\n", reads ? "out" : "value");
    for (uint32_t i = 0; i < type->member_count; i++) {
        if (type->members[i].type == NULL) {
            continue;
        }
        wit_put(writer->output, "    case %s: %s", case_constant(writer, i), reads ? "return " : "");
        put_call(writer, way, &type->members[i], case_field(writer, i));
        wit_put(writer->output, reads ? ";\n" : "; break;\n");
    }
    wit_put(writer->output, "    default: %s;\n    }\n", reads ? "return true" : "break");
}

static void put_variant(const struct type_writer *writer) {
    const struct wit_type *type = writer->type;
    const char *kind = generator_text(writer->generator, "%s_kind", writer->name);
    bool has_payload = false;
    for (uint32_t i = 0; i < type->member_count; i++) {
        has_payload = has_payload || type->members[i].type != NULL;
    }
    put_enum(writer, kind);
    wit_put(writer->output, "%s {\n    enum %s kind;\n%s", writer->spelled, kind, has_payload ? "    union {\n" : "");
    for (uint32_t i = 0; i < type->member_count; i++) {
        if (type->members[i].type != NULL) {
            wit_put(writer->output, "        %s %s;\n", c_type(writer->generator, type->members[i].type), case_field(writer, i));
        }
    }
    wit_put(writer->output, "%s};\n\n", has_payload ? "    };\n" : "");
    put_ways(writer, put_variant_body);
}

/* ---- Options and results ---- */

static void put_option_body(const struct type_writer *writer, enum way way) {
    const bool reads = way_reads(way);
    wit_put(writer->output, reads ? "    return " : "    ");
    put_case_call(writer, way, "wire_bool", "is_some");
    wit_put(writer->output, reads ? " && (!out->is_some || " : ";\n    if (value->is_some) {\n        ");
    put_call(writer, way, &writer->type->members[0], "value");
    wit_put(writer->output, reads ? ");\n" : ";\n    }\n");
}

static void put_option(const struct type_writer *writer) {
    wit_put(writer->output, "%s {\n    bool is_some;\n    %s value;\n};\n\n", writer->spelled,
            c_type(writer->generator, writer->type->members[0].type));
    put_ways(writer, put_option_body);
}

static void put_result_part(const struct type_writer *writer, enum way way, uint32_t index) {
    const bool reads = way_reads(way);
    const struct wit_member *member = &writer->type->members[index];
    wit_put(writer->output, "        %s", reads ? "return " : "");
    if (member->type != NULL) {
        put_call(writer, way, member, index == 0 ? "ok" : "error");
    } else {
        wit_put(writer->output, reads ? "true" : "return");
    }
    wit_put(writer->output, ";\n");
}

static void put_result_body(const struct type_writer *writer, enum way way) {
    const bool reads = way_reads(way);
    wit_put(writer->output, reads ? "    if (!" : "    ");
    put_case_call(writer, way, "wire_bool", "is_error");
    wit_put(writer->output, reads ? ") {\n        return false;\n    }\n" : ";\n");
    wit_put(writer->output, "    if (%s->is_error) {\n", reads ? "out" : "value");
    put_result_part(writer, way, 1);
    wit_put(writer->output, "    } else {\n");
    put_result_part(writer, way, 0);
    wit_put(writer->output, "    }\n");
}

static void put_result(const struct type_writer *writer) {
    const struct wit_type *value = writer->type->members[0].type, *problem = writer->type->members[1].type;
    wit_put(writer->output, "%s {\n    bool is_error;\n", writer->spelled);
    if (value != NULL || problem != NULL) {
        wit_put(writer->output, "    union {\n");
        if (value != NULL) {
            wit_put(writer->output, "        %s ok;\n", c_type(writer->generator, value));
        }
        if (problem != NULL) {
            wit_put(writer->output, "        %s error;\n", c_type(writer->generator, problem));
        }
        wit_put(writer->output, "    };\n");
    }
    wit_put(writer->output, "};\n\n");
    put_ways(writer, put_result_body);
}

/* ---- Any type ---- */

static void put_list(const struct type_writer *writer) {
    const struct wit_type *element = writer->type->members[0].type;
    wit_put(writer->output, "WIRE_LIST(%s, %s, %s, %u, %u)\n\n", writer->name, c_functions(writer->generator, element),
            c_type(writer->generator, element), element->size, element->alignment);
}

static void put_type(const struct type_writer *writer) {
    switch (writer->type->kind) {
    case WIT_RECORD:
    case WIT_TUPLE: put_sequence(writer); break;
    case WIT_VARIANT: put_variant(writer); break;
    case WIT_ENUM: put_enum(writer, writer->name); break;
    case WIT_FLAGS: put_flags(writer); break;
    case WIT_OPTION: put_option(writer); break;
    case WIT_RESULT: put_result(writer); break;
    default: put_list(writer); break;
    }
}

/* What a type is, so that two of one name are told apart: what has no name of its own is made of what has. */
static const char *type_signature(struct generator *generator, const struct wit_type *base) {
    static const char *const kinds[] = {[WIT_LIST] = "list", [WIT_OPTION] = "option", [WIT_RESULT] = "result", [WIT_TUPLE] = "tuple"};
    if (base->name.size != 0) {
        return generator_text(generator, "defined at %zu", base->offset);
    }
    const char *signature = kinds[base->kind];
    for (uint32_t i = 0; i < base->member_count; i++) {
        const struct wit_type *part = base->members[i].type;
        signature = generator_text(generator, "%s %s", signature, part == NULL ? "nothing" : c_functions(generator, part));
    }
    return signature;
}

static bool type_define_functions(struct generator *generator, const char *name, size_t offset) {
    static const char *const suffixes[] = {"load", "store", "lift", "lower", "take", "give", "get", "of", "read", "write"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        const char *function = generator_text(generator, "%s_%s", name, suffixes[i]);
        if (!generator_define(generator, function, name, offset)) {
            return false;
        }
    }
    return true;
}

/* As deep as types are made of each other. */
void header_type(struct generator *generator, const struct wit_type *type) {
    const struct wit_type *base = c_base(type), *shape = c_shape(type);
    const bool is_foreign = base->name.size != 0 && base->home != generator->interface;
    if (generator->error != ERROR_NONE || is_foreign || wit_kind_is_scalar(base->kind) || base->kind == WIT_STRING || base->kind == WIT_OWN ||
        base->kind == WIT_BORROW || base->kind == WIT_RESOURCE || c_is_shared_list(base)) {
        return;
    }
    const char *name = c_functions(generator, base);
    const char *tag = generator_text(generator, "struct or enum %s", name);
    if (!generator_define(generator, tag, type_signature(generator, base), base->offset) || !type_define_functions(generator, name, base->offset)) {
        return;
    }
    for (uint32_t i = 0; i < shape->member_count; i++) {
        if (shape->members[i].type != NULL) {
            header_type(generator, shape->members[i].type);
        }
    }
    if (shape->kind == WIT_VARIANT) {
        const char *kind = generator_text(generator, "%s_kind", name);
        (void)generator_define(generator, generator_text(generator, "struct or enum %s", kind), name, base->offset);
        (void)type_define_functions(generator, kind, base->offset);
    }
    const struct type_writer writer = {generator, generator->output, shape, name, c_type(generator, base)};
    c_comment(generator->output, base->documentation, "");
    put_type(&writer);
}

void header_arguments(struct generator *generator, const struct wit_type *arguments, const char *name) {
    for (uint32_t i = 0; i < arguments->member_count; i++) {
        header_type(generator, arguments->members[i].type);
    }
    const char *tag = generator_text(generator, "struct or enum %s", name);
    if (!generator_define(generator, tag, "arguments", arguments->offset) || !type_define_functions(generator, name, arguments->offset)) {
        return;
    }
    const struct type_writer writer = {generator, generator->output, arguments, name, generator_text(generator, "struct %s", name)};
    put_sequence(&writer);
}
