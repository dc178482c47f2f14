/* Bytes of images: writing them in order, and reading them with every step checked. */
#include "wasm/image.h"
#include "base/assert.h"

/* Each step can be undone, so two different words at one place never give one sum. */
uint64_t image_checksum(uint64_t sum, const uint8_t *data, uint64_t size) {
    ASSERT(size % 8 == 0);
    for (uint64_t at = 0; at < size; at += 8) {
        sum = (sum ^ bytes_load_u64(data + at)) * 0x9E3779B97F4A7C15u;
        sum ^= sum >> 32;
    }
    return sum;
}

/* ---- Writing ---- */

void image_writer_begin(struct image_writer *writer, const struct wasm_image_sink *sink, uint64_t offset) {
    writer->sink = sink;
    writer->offset = offset;
    writer->checksum = 0;
    writer->error = ERROR_NONE;
    writer->used = 0;
}

static void writer_flush(struct image_writer *writer) {
    writer->checksum = image_checksum(writer->checksum, writer->buffer, writer->used);
    if (writer->error == ERROR_NONE && writer->used != 0) {
        writer->error = writer->sink->write(writer->sink->context, writer->offset, (struct bytes){writer->buffer, writer->used});
    }
    writer->offset += writer->used;
    writer->used = 0;
}

void image_writer_add(struct image_writer *writer, const void *data, size_t size) {
    const uint8_t *from = data;
    while (size > 0) {
        size_t part = IMAGE_BUFFER_BYTES - writer->used;
        part = part < size ? part : size;
        memcpy(writer->buffer + writer->used, from, part);
        writer->used += (uint32_t)part;
        from += part;
        size -= part;
        if (writer->used == IMAGE_BUFFER_BYTES) {
            writer_flush(writer);
        }
    }
}

void image_writer_pad(struct image_writer *writer, uint32_t unit) {
    static const uint8_t zeros[64];
    uint64_t left = (unit - (writer->offset + writer->used) % unit) % unit;
    while (left > 0) {
        uint64_t part = left < sizeof zeros ? left : sizeof zeros;
        image_writer_add(writer, zeros, (size_t)part);
        left -= part;
    }
}

enum error image_writer_end(struct image_writer *writer) {
    image_writer_pad(writer, 8);
    writer_flush(writer);
    return writer->error;
}

/* ---- Both ways ---- */

bool port_has(const struct port *port, uint64_t count, uint32_t size) {
    return count <= (uint64_t)(port->end - port->at) / size;
}

/* What cannot be read is zero. */
void port_raw(struct port *port, void *data, size_t size) {
    ASSERT(size % 4 == 0);
    if (port->writer != NULL) {
        image_writer_add(port->writer, data, size);
    } else if ((size_t)(port->end - port->at) >= size) {
        memcpy(data, port->at, size);
        port->at += size;
    } else {
        memset(data, 0, size);
        port->is_bad = true;
    }
}

void port_u32_checked(struct port *port, uint32_t *value) {
    uint8_t word[4];
    bytes_store_u32(word, *value);
    port_raw(port, word, sizeof word);
    *value = bytes_load_u32(word);
}

void port_u64(struct port *port, uint64_t *value) {
    uint8_t word[8];
    bytes_store_u64(word, *value);
    port_raw(port, word, sizeof word);
    *value = bytes_load_u64(word);
}

void port_u8(struct port *port, uint8_t *value) {
    uint32_t word = *value;
    port_u32(port, &word);
    port->is_bad = port->is_bad || word > UINT8_MAX;
    *value = (uint8_t)word;
}

void port_bool(struct port *port, bool *value) {
    uint32_t word = *value;
    port_u32(port, &word);
    port->is_bad = port->is_bad || word > 1;
    *value = word != 0;
}

void port_view(struct port *port, struct bytes *view) {
    uint32_t offset = port->writer != NULL && view->size != 0 ? (uint32_t)(view->data - port->program.data) : 0;
    uint32_t size = (uint32_t)view->size;
    port_u32(port, &offset);
    port_u32(port, &size);
    if (offset > port->program.size || size > port->program.size - offset) {
        port->is_bad = true;
        offset = 0;
        size = 0;
    }
    if (port->writer == NULL) {
        *view = (struct bytes){port->program.data + offset, size};
    }
}
