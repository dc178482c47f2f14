/* Bytes that grow, and the numbers of the binary format in them. Memory that ends stops the program. */
#ifndef TESTS_ADVERSARIAL_BUFFER_H
#define TESTS_ADVERSARIAL_BUFFER_H

#include <stddef.h>
#include <stdint.h>

struct buffer {
    uint8_t *data; /* of malloc */
    size_t size;
    size_t capacity;
};

/* Empty, and without memory. */
void buffer_end(struct buffer *buffer);

void buffer_byte(struct buffer *buffer, uint8_t byte);
void buffer_bytes(struct buffer *buffer, const void *data, size_t size);
void buffer_append(struct buffer *buffer, const struct buffer *other);
/* The same byte, and the same bytes, over and over. */
void buffer_repeat_byte(struct buffer *buffer, uint8_t byte, size_t count);
void buffer_repeat(struct buffer *buffer, const void *data, size_t size, size_t count);
/* LEB128. */
void buffer_u32(struct buffer *buffer, uint32_t value);
void buffer_s32(struct buffer *buffer, int32_t value);
/* LEB128 in exactly this many bytes, which is more than it needs. */
void buffer_padded(struct buffer *buffer, uint32_t value, unsigned byte_count);
/* A length and so many bytes. */
void buffer_name(struct buffer *buffer, const char *text);

/* Stops the program when it cannot be written. */
void buffer_write(const struct buffer *buffer, const char *path);
void buffer_read(struct buffer *buffer, const char *path);

/* Adds the bytes that follow. */
#define BUFFER_ADD(buffer, ...) buffer_bytes((buffer), (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

#endif
