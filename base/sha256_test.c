/* SHA-256 against published digests, and the ways to compute it against each other. */
#include "base/sha256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/sha256_block.h"
#include "tests/support/support.h"

static void expect_digest(const uint8_t digest[SHA256_SIZE], const char *hex) {
    char found[2 * SHA256_SIZE + 1];
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        found[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        found[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    found[2 * SHA256_SIZE] = '\0';
    assert_string_equal(found, hex);
}

static void expect_text_digest(const char *text, const char *hex) {
    uint8_t digest[SHA256_SIZE];
    sha256(bytes_from_text(text), digest);
    expect_digest(digest, hex);
}

/* The examples that NIST publishes for FIPS 180-4. */
static void test_examples(void **state) {
    (void)state;
    uint8_t digest[SHA256_SIZE];
    sha256((struct bytes){0}, digest);
    expect_digest(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect_text_digest("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect_text_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    expect_text_digest("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
                       "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
}

static void million(enum sha256_way way, size_t piece_size) {
    static uint8_t letters[1000];
    memset(letters, 'a', sizeof letters);
    struct sha256 hash;
    sha256_init(&hash);
    hash.way = way;
    for (size_t done = 0; done < 1000000; done += piece_size) {
        sha256_add(&hash, (struct bytes){.data = letters, .size = piece_size});
    }
    uint8_t digest[SHA256_SIZE];
    sha256_end(&hash, digest);
    expect_digest(digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void test_million(void **state) {
    (void)state;
    million(SHA256_UNDECIDED, 1000);
    million(SHA256_PORTABLE, 1000);
    million(SHA256_PORTABLE, 1);
    million(SHA256_UNDECIDED, 50);
    if (sha256_block_is_accelerated()) {
        million(SHA256_ACCELERATED, 1000);
        million(SHA256_ACCELERATED, 8);
    }
}

/* Adds the data in pieces that the random numbers choose. */
static void digest_pieces(enum sha256_way way, struct bytes data, uint64_t *random, uint8_t digest[SHA256_SIZE]) {
    struct sha256 hash;
    sha256_init(&hash);
    hash.way = way;
    while (data.size > 0) {
        const uint64_t bits = support_random(random);
        size_t piece = (size_t)(bits >> 32) % (bits % 4 == 0 ? 2000 : 100);
        piece = piece < data.size ? piece : data.size;
        sha256_add(&hash, (struct bytes){.data = data.data, .size = piece});
        data.data += piece;
        data.size -= piece;
    }
    sha256_end(&hash, digest);
}

static void test_ways_agree(void **state) {
    (void)state;
    static uint8_t data[40000];
    uint64_t random = support_seed();
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)support_random(&random);
    }
    const bool accelerated = sha256_block_is_accelerated();
    print_message("SHA instructions: %s\n", accelerated ? "tested" : "not on this machine");
    for (size_t round = 0; round < 600; round++) {
        /* Every length up to some blocks, then longer ones that cross the point of decision. */
        const size_t size = round < 300 ? round : (size_t)support_random(&random) % sizeof data;
        const struct bytes view = {.data = data + round % 16, .size = size < sizeof data - 16 ? size : sizeof data - 16};
        uint8_t whole[SHA256_SIZE];
        uint8_t pieces[SHA256_SIZE];
        sha256(view, whole);
        digest_pieces(SHA256_PORTABLE, view, &random, pieces);
        assert_memory_equal(whole, pieces, SHA256_SIZE);
        digest_pieces(SHA256_UNDECIDED, view, &random, pieces);
        assert_memory_equal(whole, pieces, SHA256_SIZE);
        if (accelerated) {
            digest_pieces(SHA256_ACCELERATED, view, &random, pieces);
            assert_memory_equal(whole, pieces, SHA256_SIZE);
        }
    }
}

static void test_decision(void **state) {
    (void)state;
    static const uint8_t data[16 * 1024];
    struct sha256 hash;
    sha256_init(&hash);
    sha256_add(&hash, (struct bytes){.data = data, .size = sizeof data - 64});
    assert_int_equal(hash.way, SHA256_UNDECIDED);
    sha256_add(&hash, (struct bytes){.data = data, .size = 64});
    assert_int_equal(hash.way, sha256_block_is_accelerated() ? SHA256_ACCELERATED : SHA256_PORTABLE);
}

/* As if 8 GiB had been added: the padding must be the block that is written out here (FIPS 180-4, 5.1.1). */
static void test_long_length(void **state) {
    (void)state;
    const uint64_t length_bytes = ((uint64_t)1 << 33) + 0x1234540;
    uint8_t padding[64] = {0x80};
    for (size_t i = 0; i < 8; i++) {
        padding[63 - i] = (uint8_t)(length_bytes * 8 >> 8 * i);
    }
    struct sha256 expected;
    sha256_init(&expected);
    sha256_add(&expected, (struct bytes){.data = padding, .size = sizeof padding});
    struct sha256 hash;
    sha256_init(&hash);
    hash.length_bytes = length_bytes;
    uint8_t digest[SHA256_SIZE];
    sha256_end(&hash, digest);
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        assert_int_equal(digest[i], (uint8_t)(expected.state[i / 4] >> (24 - 8 * (i % 4))));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples), cmocka_unit_test(test_million),     cmocka_unit_test(test_ways_agree),
        cmocka_unit_test(test_decision), cmocka_unit_test(test_long_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
