/* A WASI process for tests: see wasi_process.h. */
#include "tests/support/wasi_process.h"

#include "base/assert.h"
#include "platform/linux/host.h"
#include "tests/support/support.h"

/* ---- The outside ---- */

static enum wasi_errno fake_clock_resolution(void *context, enum wasi_clock clock, uint64_t *resolution_ns) {
    struct fake_outside *fake = context;
    *resolution_ns = fake->resolution_ns[clock];
    return fake->error;
}

static enum wasi_errno fake_clock_time(void *context, enum wasi_clock clock, uint64_t *time_ns) {
    struct fake_outside *fake = context;
    *time_ns = fake->clock_ns[clock];
    return fake->error;
}

static enum wasi_errno fake_random(void *context, uint8_t *out, size_t size) {
    struct fake_outside *fake = context;
    memset(out, 0xA5, size);
    fake->random_sum += size;
    return fake->error;
}

static enum wasi_errno fake_stream_read(void *context, uint32_t stream, uint8_t *out, size_t size, size_t *done) {
    struct fake_outside *fake = context;
    fake->read_count++;
    fake->read_stream = stream;
    fake->read_size = size;
    size_t part = size < fake->input_size ? size : fake->input_size;
    if (fake->read_size_max != 0 && part > fake->read_size_max) {
        part = fake->read_size_max;
    }
    if (fake->error != WASI_SUCCESS) {
        return fake->error;
    }
    if (part > 0) {
        memcpy(out, fake->input, part);
    }
    fake->input += part;
    fake->input_size -= part;
    fake->position += part;
    *done = part;
    return WASI_SUCCESS;
}

static enum wasi_errno fake_stream_write(void *context, uint32_t stream, const uint8_t *data, size_t size, size_t *done) {
    struct fake_outside *fake = context;
    if (fake->error != WASI_SUCCESS) {
        return fake->error;
    }
    if (fake->output_room != 0) {
        size_t room = fake->output_room - fake->output_size;
        if (room == 0) {
            return WASI_AGAIN;
        }
        size = size < room ? size : room;
    }
    ASSERT(fake->output_size + size <= sizeof(fake->output));
    memcpy(fake->output + fake->output_size, data, size);
    fake->output_size += size;
    if (fake->write_count < FAKE_WRITE_COUNT_MAX) {
        fake->write_sizes[fake->write_count] = size;
    }
    fake->write_count++;
    fake->write_stream = stream;
    fake->position += size;
    *done = size;
    return WASI_SUCCESS;
}

static enum wasi_errno fake_stream_status(void *context, uint32_t stream, struct wasi_stream_status *out) {
    struct fake_outside *fake = context;
    fake->status_stream = stream;
    *out = fake->status;
    return fake->error;
}

static enum wasi_errno fake_stream_seek(void *context, uint32_t stream, int64_t offset, enum wasi_whence whence, uint64_t *position) {
    struct fake_outside *fake = context;
    (void)stream;
    fake->seek_count++;
    if (!fake->has_position) {
        return WASI_SPIPE;
    }
    int64_t base = whence == WASI_WHENCE_SET ? 0 : (int64_t)(whence == WASI_WHENCE_CURRENT ? fake->position : fake->end);
    if (base + offset < 0) {
        return WASI_INVAL;
    }
    fake->position = (uint64_t)(base + offset);
    *position = fake->position;
    return WASI_SUCCESS;
}

static enum wasi_errno fake_stream_set_flags(void *context, uint32_t stream, bool append, bool nonblocking) {
    struct fake_outside *fake = context;
    (void)stream;
    fake->append = append;
    fake->nonblocking = nonblocking;
    return fake->error;
}

static enum wasi_errno fake_stream_sync(void *context, uint32_t stream, bool metadata) {
    struct fake_outside *fake = context;
    (void)stream;
    fake->sync_count++;
    fake->sync_metadata_count += metadata ? 1 : 0;
    return fake->error;
}

/* Time passes here: up to the deadline when nothing is ready. */
static enum wasi_errno fake_poll(void *context, struct wasi_poll *entries, size_t count, uint64_t deadline_ns) {
    struct fake_outside *fake = context;
    bool any = false;
    ASSERT(count <= sizeof(fake->entries) / sizeof(fake->entries[0]));
    fake->poll_count++;
    fake->entry_count = count;
    fake->deadline_ns = deadline_ns;
    if (fake->error != WASI_SUCCESS) {
        return fake->error;
    }
    if (fake->poll_early_count > 0) {
        fake->poll_early_count--;
        return WASI_SUCCESS;
    }
    for (size_t i = 0; i < count; i++) {
        fake->entries[i] = entries[i];
        entries[i].ready = fake->ready[entries[i].stream][entries[i].for_write];
        entries[i].hangup = fake->hangup;
        entries[i].error = fake->entry_error;
        entries[i].available = fake->available;
        any = any || entries[i].ready;
    }
    if (!any && deadline_ns > fake->clock_ns[WASI_CLOCK_MONOTONIC]) {
        ASSERT(deadline_ns != UINT64_MAX); /* A test that would never end. */
        fake->clock_ns[WASI_CLOCK_MONOTONIC] = deadline_ns;
    }
    return WASI_SUCCESS;
}

static void fake_yield(void *context) {
    struct fake_outside *fake = context;
    fake->yield_count++;
}

static void fake_init(struct wasi_process *process) {
    memset(&process->fake, 0, sizeof(process->fake));
    process->outside = (struct wasi_outside){
        .context = &process->fake,
        .clock_resolution = fake_clock_resolution,
        .clock_time = fake_clock_time,
        .random = fake_random,
        .stream_read = fake_stream_read,
        .stream_write = fake_stream_write,
        .stream_status = fake_stream_status,
        .stream_seek = fake_stream_seek,
        .stream_set_flags = fake_stream_set_flags,
        .stream_sync = fake_stream_sync,
        .poll = fake_poll,
        .yield = fake_yield,
    };
}

/* ---- The program ---- */

static const struct {
    const char *name;
    const char *parameters;
    const char *results;
} calls[] = {
#define WASI_CALL(name, parameters, results, handler) {#name, #parameters, #results},
#include "wasi/calls.def"
#undef WASI_CALL
};

#define CALL_COUNT ((uint32_t)(sizeof(calls) / sizeof(calls[0])))

struct writer {
    uint8_t *bytes;
    size_t size;
    size_t capacity;
    size_t section; /* where the size of the open section goes */
};

static void put(struct writer *writer, uint8_t byte) {
    ASSERT(writer->size < writer->capacity);
    writer->bytes[writer->size] = byte;
    writer->size++;
}

/* LEB128 in five bytes, whatever the value: legal, and it can be filled in later. */
static void set_u32(uint8_t *at, uint32_t value) {
    for (int i = 0; i < 5; i++) {
        at[i] = (uint8_t)((value >> (7 * i) & 0x7F) | (i < 4 ? 0x80 : 0));
    }
}

static void put_u32(struct writer *writer, uint32_t value) {
    uint8_t bytes[5];
    set_u32(bytes, value);
    for (int i = 0; i < 5; i++) {
        put(writer, bytes[i]);
    }
}

static void put_text(struct writer *writer, const char *text) {
    struct bytes bytes = bytes_from_text(text);
    put_u32(writer, (uint32_t)bytes.size);
    for (size_t i = 0; i < bytes.size; i++) {
        put(writer, bytes.data[i]);
    }
}

static void section_begin(struct writer *writer, uint8_t id) {
    put(writer, id);
    writer->section = writer->size;
    put_u32(writer, 0);
}

static void section_end(struct writer *writer) {
    set_u32(writer->bytes + writer->section, (uint32_t)(writer->size - writer->section - 5));
}

static void put_types_of(struct writer *writer, const char *letters) {
    struct bytes list = bytes_from_text(letters);
    put_u32(writer, (uint32_t)list.size);
    for (size_t i = 0; i < list.size; i++) {
        put(writer, list.data[i] == 'I' ? WASM_I64 : WASM_I32);
    }
}

/* Type i is that of call i; the one behind them is that of `_start`. */
static void put_types(struct writer *writer, enum wasi_process_program program) {
    section_begin(writer, 1);
    put_u32(writer, CALL_COUNT + 1);
    for (uint32_t i = 0; i < CALL_COUNT; i++) {
        put(writer, 0x60);
        put_types_of(writer, calls[i].parameters);
        put_types_of(writer, calls[i].results);
    }
    put(writer, 0x60);
    put_types_of(writer, program == WASI_PROGRAM_START_TYPED ? "i" : "");
    put_types_of(writer, "");
    section_end(writer);
}

static void put_imports(struct writer *writer) {
    section_begin(writer, 2);
    put_u32(writer, CALL_COUNT);
    for (uint32_t i = 0; i < CALL_COUNT; i++) {
        put_text(writer, "wasi_snapshot_preview1");
        put_text(writer, calls[i].name);
        put(writer, WASM_KIND_FUNCTION);
        put_u32(writer, i);
    }
    section_end(writer);
}

/* Function CALL_COUNT + i forwards to import i; the one behind them is `_start`. */
static void put_functions(struct writer *writer) {
    section_begin(writer, 3);
    put_u32(writer, CALL_COUNT + 1);
    for (uint32_t i = 0; i <= CALL_COUNT; i++) {
        put_u32(writer, i);
    }
    section_end(writer);
}

static void put_exports(struct writer *writer, enum wasi_process_program program) {
    bool has_memory = program != WASI_PROGRAM_NO_MEMORY && program != WASI_PROGRAM_HIDDEN;
    bool has_start = program != WASI_PROGRAM_REACTOR;
    section_begin(writer, 7);
    put_u32(writer, CALL_COUNT + (has_memory ? 1 : 0) + (has_start ? 1 : 0));
    for (uint32_t i = 0; i < CALL_COUNT; i++) {
        put_text(writer, calls[i].name);
        put(writer, WASM_KIND_FUNCTION);
        put_u32(writer, CALL_COUNT + i);
    }
    if (has_memory) {
        put_text(writer, "memory");
        put(writer, WASM_KIND_MEMORY);
        put_u32(writer, 0);
    }
    if (has_start) {
        put_text(writer, "_start");
        put(writer, WASM_KIND_FUNCTION);
        put_u32(writer, CALL_COUNT * 2);
    }
    section_end(writer);
}

static void put_forward(struct writer *writer, uint32_t index) {
    size_t parameter_count = bytes_from_text(calls[index].parameters).size;
    put_u32(writer, (uint32_t)(1 + parameter_count * 2 + 6 + 1));
    put(writer, 0); /* no locals */
    for (size_t i = 0; i < parameter_count; i++) {
        put(writer, 0x20); /* local.get */
        put(writer, (uint8_t)i);
    }
    put(writer, 0x10); /* call */
    put_u32(writer, index);
    put(writer, 0x0B);
}

static void put_start(struct writer *writer, enum wasi_process_program program) {
    uint32_t exit_index = 0;
    for (uint32_t i = 0; i < CALL_COUNT; i++) {
        if (bytes_equal(bytes_from_text(calls[i].name), bytes_from_text("proc_exit"))) {
            exit_index = i;
        }
    }
    if (program == WASI_PROGRAM_EXIT) {
        put_u32(writer, 11);
        put(writer, 0);
        put(writer, 0x41); /* i32.const 77 */
        put(writer, 0xCD);
        put(writer, 0x00);
        put(writer, 0x10);
        put_u32(writer, exit_index);
        put(writer, 0x0B);
        return;
    }
    put_u32(writer, 3);
    put(writer, 0);
    put(writer, program == WASI_PROGRAM_TRAP ? 0x00 : 0x01); /* unreachable or nop */
    put(writer, 0x0B);
}

static struct bytes program_make(struct wasi_process *process, enum wasi_process_program program) {
    static const uint8_t header[8] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    struct writer writer = {.bytes = process->bytes, .capacity = sizeof(process->bytes)};
    for (size_t i = 0; i < sizeof(header); i++) {
        put(&writer, header[i]);
    }
    put_types(&writer, program);
    put_imports(&writer);
    put_functions(&writer);
    if (program != WASI_PROGRAM_NO_MEMORY) {
        section_begin(&writer, 5);
        put_u32(&writer, 1);
        put(&writer, 0);
        put_u32(&writer, WASI_PROCESS_MEMORY_SIZE / WASM_PAGE_SIZE);
        section_end(&writer);
    }
    put_exports(&writer, program);
    section_begin(&writer, 10);
    put_u32(&writer, CALL_COUNT + 1);
    for (uint32_t i = 0; i < CALL_COUNT; i++) {
        put_forward(&writer, i);
    }
    put_start(&writer, program);
    section_end(&writer);
    return (struct bytes){process->bytes, writer.size};
}

/* ---- The process ---- */

bool wasi_process_compiles;

void wasi_process_create(struct wasi_process *process, enum wasi_process_program program, const struct wasi_options *options) {
    static const struct wasi_options none = {0};
    const struct wasm_store_options executed = {.compile = wasi_process_compiles};
    enum error error;
    memset(process, 0, sizeof(*process));
    fake_init(process);
    budget_init_root(&process->budget, support_memory(), BUDGET_UNLIMITED);
    error = host_create(&process->host);
    ASSERT(error == ERROR_NONE);
    error = wasm_engine_create(&process->host, &process->budget, &process->engine);
    ASSERT(error == ERROR_NONE);
    error = wasm_module_create(process->engine, &process->budget, program_make(process, program), NULL, &process->module);
    ASSERT(error == ERROR_NONE);
    error = wasm_store_create(process->engine, &process->budget, &executed, &process->store);
    ASSERT(error == ERROR_NONE);
    error = wasi_create(process->store, &process->budget, &process->outside, options == NULL ? &none : options, &process->wasi);
    ASSERT(error == ERROR_NONE);
    error = wasm_instance_create(process->store, process->module, wasi_resolve, process->wasi, NULL, &process->instance);
    ASSERT(error == ERROR_NONE);
}

void wasi_process_destroy(struct wasi_process *process) {
    wasi_destroy(process->wasi);
    wasm_store_destroy(process->store);
    wasm_module_destroy(process->module);
    wasm_engine_destroy(process->engine);
    budget_end(&process->budget);
}

enum error wasi_process_try(struct wasi_process *process, const char *name, const uint64_t *arguments, uint32_t *code) {
    struct wasm_extern found;
    union wasm_value values[16] = {0}, results[1] = {0};
    bool is_found = wasm_instance_find_export(process->instance, bytes_from_text(name), &found);
    ASSERT(is_found && found.kind == WASM_KIND_FUNCTION);
    const struct wasm_function_type *type = wasm_function_type(found.function);
    for (uint32_t i = 0; i < type->parameter_count; i++) {
        if (type->types[i] == WASM_I64) {
            values[i].i64 = arguments[i];
        } else {
            values[i].i32 = (uint32_t)arguments[i];
        }
    }
    enum error error = wasm_call(found.function, values, results);
    *code = results[0].i32;
    return error;
}

uint32_t wasi_process_call(struct wasi_process *process, const char *name, const uint64_t *arguments) {
    uint32_t code = 0;
    enum error error = wasi_process_try(process, name, arguments, &code);
    ASSERT(error == ERROR_NONE);
    return code;
}

uint8_t *wasi_process_memory(struct wasi_process *process, uint32_t address) {
    struct wasm_memory *memory = wasm_instance_memory(process->instance, 0);
    uint8_t *base = wasm_memory_range(memory, 0, WASI_PROCESS_MEMORY_SIZE, WASM_ACCESS_READ_WRITE);
    ASSERT(base != NULL && address <= WASI_PROCESS_MEMORY_SIZE);
    return base + address;
}

void wasi_process_put_ranges(struct wasi_process *process, uint32_t address, const uint32_t *pairs, uint32_t count) {
    for (uint32_t i = 0; i < count * 2; i++) {
        bytes_store_u32(wasi_process_memory(process, address + i * 4), pairs[i]);
    }
}
