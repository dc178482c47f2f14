/* Writing from element and data segments: `table.init` and `memory.init`, for active segments and for the instructions.
   A dropped segment has no content. The range is checked before anything is written. */
#include "base/leb128.h"
#include "wasm/store.h"

/* The item at *at; moves on behind it. */
static void *element_read(const struct wasm_instance *instance, const struct module_element *element, const uint8_t **at) {
    if (!element->uses_expressions) {
        return instance->functions[leb128_read_u32(at)];
    }
    const uint8_t *bytes = instance->module->bytes.data;
    union wasm_value value;
    uint32_t after;
    constant_evaluate(instance, (uint32_t)(*at - bytes), &value, &after);
    *at = bytes + after;
    return value.reference;
}

bool instance_table_init(struct wasm_instance *instance, uint32_t table, uint32_t index, struct segment_range range) {
    const struct module_element *element = &instance->module->elements[index];
    uint32_t size = instance->element_dropped[index] ? 0 : element->count;
    struct wasm_table *target = instance->tables[table];
    if (range.from > size || range.count > size - range.from) {
        return false;
    }
    if (range.to > target->size || range.count > target->size - range.to) {
        return false;
    }
    if (range.count == 0) {
        return true;
    }
    const uint8_t *at = instance->module->bytes.data + element->items_offset;
    for (uint32_t number = 0; number < range.from; number++) {
        element_read(instance, element, &at);
    }
    for (uint32_t number = 0; number < range.count; number++) {
        target->elements[range.to + number] = element_read(instance, element, &at);
    }
    return true;
}

bool instance_memory_init(struct wasm_instance *instance, uint32_t memory, uint32_t index, struct segment_range range) {
    struct bytes content = instance->module->data[index].content;
    if (instance->data_dropped[index]) {
        content.size = 0;
    }
    return memory_init(instance->memories[memory], range.to, content, range.from, range.count);
}
