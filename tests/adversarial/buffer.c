/* One block of malloc that doubles. */
#include "tests/adversarial/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void give_up(const char *what, const char *path) {
    fprintf(stderr, "adversarial: %s %s\n", what, path);
    exit(1);
}

static uint8_t *buffer_more(struct buffer *buffer, size_t size) {
    if (buffer->capacity - buffer->size < size) {
        while (buffer->capacity - buffer->size < size) {
            buffer->capacity = buffer->capacity ? 2 * buffer->capacity : 256;
        }
        buffer->data = realloc(buffer->data, buffer->capacity);
        if (!buffer->data) {
            give_up("no memory", "");
        }
    }
    buffer->size += size;
    return buffer->data + buffer->size - size;
}

void buffer_end(struct buffer *buffer) {
    free(buffer->data);
    *buffer = (struct buffer){0};
}

void buffer_byte(struct buffer *buffer, uint8_t byte) {
    *buffer_more(buffer, 1) = byte;
}

void buffer_bytes(struct buffer *buffer, const void *data, size_t size) {
    if (size) {
        memcpy(buffer_more(buffer, size), data, size);
    }
}

void buffer_append(struct buffer *buffer, const struct buffer *other) {
    buffer_bytes(buffer, other->data, other->size);
}

void buffer_repeat_byte(struct buffer *buffer, uint8_t byte, size_t count) {
    memset(buffer_more(buffer, count), byte, count);
}

void buffer_repeat(struct buffer *buffer, const void *data, size_t size, size_t count) {
    for (size_t i = 0; i < count; i++) {
        buffer_bytes(buffer, data, size);
    }
}

void buffer_u32(struct buffer *buffer, uint32_t value) {
    for (; value >= 0x80; value >>= 7) {
        buffer_byte(buffer, (uint8_t)(value | 0x80));
    }
    buffer_byte(buffer, (uint8_t)value);
}

void buffer_s32(struct buffer *buffer, int32_t value) {
    for (; value < -64 || value >= 64; value >>= 7) {
        buffer_byte(buffer, (uint8_t)(value | 0x80));
    }
    buffer_byte(buffer, (uint8_t)(value & 0x7F));
}

void buffer_padded(struct buffer *buffer, uint32_t value, unsigned byte_count) {
    for (unsigned i = 1; i < byte_count; i++, value >>= 7) {
        buffer_byte(buffer, (uint8_t)(value | 0x80));
    }
    buffer_byte(buffer, (uint8_t)value);
}

void buffer_name(struct buffer *buffer, const char *text) {
    buffer_u32(buffer, (uint32_t)strlen(text));
    buffer_bytes(buffer, text, strlen(text));
}

void buffer_write(const struct buffer *buffer, const char *path) {
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(buffer->data, 1, buffer->size, file) != buffer->size || fclose(file) != 0) {
        give_up("cannot write", path);
    }
}

void buffer_read(struct buffer *buffer, const char *path) {
    FILE *file = fopen(path, "rb");
    uint8_t block[65536];
    size_t size;
    if (!file) {
        give_up("cannot read", path);
    }
    while ((size = fread(block, 1, sizeof(block), file)) > 0) {
        buffer_bytes(buffer, block, size);
    }
    fclose(file);
}
