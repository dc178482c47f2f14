/* The byte image of a module: what is shared by its parts. Private to the engine; wasm.h says what an image is for.

   In the file, all numbers little-endian:
     header                       IMAGE_HEADER_BYTES
     metadata                     32-bit words: what decode and validate found out, then how many of the compiled functions were called, and a
                                  record for each, those first
     code                         from a multiple of the page size on, whole pages; position-independent but for calls between its functions
     sites, relocations           of all records, one behind the other, as the structs of code.h
     pages of memory              from a multiple of the page size on: what data segments make of memory 0, where that is known beforehand
   Both ways, reading and writing, go through one description of each thing (struct port), so that they cannot disagree. */
#ifndef WASM_IMAGE_H
#define WASM_IMAGE_H

#include "wasm/code/module_code.h"

#define IMAGE_MAGIC          0x676D69534F677241ull /* "ArgOSimg" */
#define IMAGE_FORMAT         4u
#define IMAGE_HEADER_BYTES   192u
#define IMAGE_PAGE_BYTES_MAX 65536u

_Static_assert(sizeof(struct code_site) == 12 && sizeof(struct code_relocation) == 8, "images hold these as they are");

struct image_header {
    uint64_t magic;
    uint32_t format;
    uint8_t key[WASM_IMAGE_KEY_SIZE];
    uint8_t program[32];
    char isa[16];
    uint32_t mode; /* enum compile_mode */
    uint64_t program_bytes;
    uint64_t metadata_bytes;
    uint64_t code_offset; /* in the image */
    uint64_t code_bytes;
    uint64_t site_count, relocation_count;
    uint32_t function_count; /* of the module's own */
    uint32_t record_count;
    uint64_t data_offset; /* in the image; 0 without pages of memory, and so are the next two */
    uint64_t data_bytes;
    uint64_t data_address;  /* in the memory */
    uint64_t code_checksum; /* of everything from code_offset on */
    uint64_t checksum;      /* of the header up to here, and the metadata */
};

/* ---- image_port.c ---- */

#define IMAGE_BUFFER_BYTES 65536u

/* A part of an image on its way to a sink. */
struct image_writer {
    const struct wasm_image_sink *sink;
    uint64_t offset; /* of the buffer in the image */
    uint64_t checksum;
    enum error error; /* the first one */
    uint32_t used;
    uint8_t buffer[IMAGE_BUFFER_BYTES];
};

/* Continues with the part that starts at offset. */
void image_writer_begin(struct image_writer *writer, const struct wasm_image_sink *sink, uint64_t offset);
void image_writer_add(struct image_writer *writer, const void *data, size_t size);
/* Fills up with zeros to a multiple of unit, which is one of 8. */
void image_writer_pad(struct image_writer *writer, uint32_t unit);
/* The part is complete: to a multiple of 8 bytes, and written. */
enum error image_writer_end(struct image_writer *writer) MUST_CHECK;

/* The size is a multiple of 8. Any change inside of one word changes the sum. */
uint64_t image_checksum(uint64_t sum, const uint8_t *data, uint64_t size);

/* A cursor that writes words, or reads and checks them. What is read is within the bounds of its own kind, or is_bad is set. */
struct port {
    struct image_writer *writer; /* NULL: reads */
    const uint8_t *at, *end;     /* what is to be read */
    struct bytes program;
    bool is_bad;
};

void port_u32_checked(struct port *port, uint32_t *value);
/* A start reads a hundred thousand of them. */
static inline void port_u32(struct port *port, uint32_t *value) {
    if (port->writer == NULL && port->end - port->at >= 4) {
        *value = bytes_load_u32(port->at);
        port->at += 4;
    } else {
        port_u32_checked(port, value);
    }
}
void port_u64(struct port *port, uint64_t *value);
void port_u8(struct port *port, uint8_t *value);
void port_bool(struct port *port, bool *value);
/* Bytes as they are; size is a multiple of 4. */
void port_raw(struct port *port, void *data, size_t size);
/* A view of the program's bytes. */
void port_view(struct port *port, struct bytes *view);
/* Reading: whether so many things of at least so many bytes can follow, so that it is right to allocate for them. */
bool port_has(const struct port *port, uint64_t count, uint32_t size);

/* ---- image_module.c ---- */

enum error image_module_write(struct port *port, const struct wasm_module *module) MUST_CHECK;
/* Fills in a module that is allocated. ERROR_MALFORMED, ERROR_NO_MEMORY. */
enum error image_module_read(struct port *port, struct wasm_module *module) MUST_CHECK;

/* ---- image_code.c ---- */

/* Where everything goes when the functions are put together without gaps. What workers finish afterwards is not in it. */
struct image_plan {
    const struct module_code *code;     /* NULL: there is none */
    const struct code_record **records; /* in their order in the image */
    uint32_t record_count;
    uint32_t called_count; /* of them, the first ones */
    uint32_t *offsets;     /* by own function: the new offset + 1, or 0 */
    uint32_t function_count;
    uint32_t size_max; /* of the largest function */
    uint64_t code_bytes;
    uint64_t site_count, relocation_count;
};

enum error image_plan_make(struct image_plan *plan, const struct wasm_module *module) MUST_CHECK;
void image_plan_release(struct image_plan *plan);
void image_records_write(struct port *port, const struct image_plan *plan);
enum error image_code_write(struct image_writer *writer, const struct image_plan *plan) MUST_CHECK;
/* Takes records and code into a module whose metadata is read. The header was checked against the content. */
enum error image_code_read(struct port *port, struct wasm_module *module, const struct image_header *header,
                           const struct wasm_image *image) MUST_CHECK;

/* ---- image_data.c ---- */

/* Which pages of memory 0 an image has; none when they depend on anything but the module, or are too few to be worth it. */
void image_data_plan(const struct wasm_module *module, struct image_header *header);
enum error image_data_write(struct image_writer *writer, const struct wasm_module *module, const struct image_header *header) MUST_CHECK;
/* Into a module whose metadata is read. ERROR_MALFORMED. */
enum error image_data_read(struct wasm_module *module, const struct image_header *header, const struct wasm_image *image) MUST_CHECK;

#endif
