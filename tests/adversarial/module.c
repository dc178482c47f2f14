/* Plain concatenation: each section is a buffer until module_end puts a count, a size and its number before it. */
#include "tests/adversarial/module.h"

void preamble_add(struct buffer *out) {
    BUFFER_ADD(out, 0, 'a', 's', 'm', 1, 0, 0, 0);
}

void section_add(struct buffer *out, uint8_t id, const struct buffer *content) {
    buffer_byte(out, id);
    buffer_u32(out, (uint32_t)content->size);
    buffer_append(out, content);
}

uint32_t module_type(struct module *module, uint32_t parameter_count, uint32_t result_count) {
    struct buffer *section = &module->sections[SECTION_TYPE];
    buffer_byte(section, 0x60);
    buffer_u32(section, parameter_count);
    buffer_repeat_byte(section, TYPE_I32, parameter_count);
    buffer_u32(section, result_count);
    buffer_repeat_byte(section, TYPE_I32, result_count);
    return module->counts[SECTION_TYPE]++;
}

uint32_t module_raw_function(struct module *module, uint32_t type, const struct buffer *body) {
    buffer_u32(&module->sections[SECTION_FUNCTION], type);
    buffer_u32(&module->sections[SECTION_CODE], (uint32_t)body->size);
    buffer_append(&module->sections[SECTION_CODE], body);
    module->counts[SECTION_CODE]++;
    return module->counts[SECTION_FUNCTION]++;
}

uint32_t module_function(struct module *module, uint32_t type, const struct buffer *instructions) {
    struct buffer body = {0};
    buffer_byte(&body, 0);
    buffer_append(&body, instructions);
    buffer_byte(&body, OP_END);
    uint32_t index = module_raw_function(module, type, &body);
    buffer_end(&body);
    return index;
}

void module_memory(struct module *module, uint32_t minimum) {
    buffer_byte(&module->sections[SECTION_MEMORY], 0);
    buffer_u32(&module->sections[SECTION_MEMORY], minimum);
    module->counts[SECTION_MEMORY]++;
}

void module_table(struct module *module, uint8_t type, uint32_t minimum) {
    BUFFER_ADD(&module->sections[SECTION_TABLE], type, 0);
    buffer_u32(&module->sections[SECTION_TABLE], minimum);
    module->counts[SECTION_TABLE]++;
}

void module_export(struct module *module, const char *name, uint8_t kind, uint32_t index) {
    buffer_name(&module->sections[SECTION_EXPORT], name);
    buffer_byte(&module->sections[SECTION_EXPORT], kind);
    buffer_u32(&module->sections[SECTION_EXPORT], index);
    module->counts[SECTION_EXPORT]++;
}

void module_import_function(struct module *module, const char *from, const char *name, uint32_t type) {
    buffer_name(&module->sections[SECTION_IMPORT], from);
    buffer_name(&module->sections[SECTION_IMPORT], name);
    buffer_byte(&module->sections[SECTION_IMPORT], KIND_FUNCTION);
    buffer_u32(&module->sections[SECTION_IMPORT], type);
    module->counts[SECTION_IMPORT]++;
}

void module_end(struct module *module, struct buffer *out) {
    static const uint8_t order[] = {SECTION_TYPE,   SECTION_IMPORT, SECTION_FUNCTION, SECTION_TABLE,      SECTION_MEMORY, SECTION_GLOBAL,
                                    SECTION_EXPORT, SECTION_START,  SECTION_ELEMENT,  SECTION_DATA_COUNT, SECTION_CODE,   SECTION_DATA};
    preamble_add(out);
    for (size_t i = 0; i < sizeof(order); i++) {
        struct buffer content = {0};
        uint8_t id = order[i];
        /* The data count section is its count; the start section has none. */
        if (id != SECTION_START) {
            buffer_u32(&content, module->counts[id]);
        }
        buffer_append(&content, &module->sections[id]);
        if (module->counts[id] || module->sections[id].size) {
            section_add(out, id, &content);
        }
        buffer_end(&content);
        buffer_end(&module->sections[id]);
    }
    buffer_append(out, &module->custom);
    buffer_end(&module->custom);
}

void module_end_run(struct module *module, struct buffer *out) {
    module_export(module, "run", KIND_FUNCTION, 0);
    module_end(module, out);
}

void module_of(struct buffer *out, struct buffer *instructions) {
    struct module module = {0};
    module_memory(&module, 1);
    module_table(&module, TYPE_FUNCREF, 1);
    module_function(&module, module_type(&module, 0, 0), instructions);
    buffer_end(instructions);
    module_end_run(&module, out);
}
