/* Which hash the files have that were met before, by what the file system says of them: so that a program is not read only to
   know its name. One small file of fixed-size records, the newest last. It is replaced as a whole; when two processes do so
   at once, one record is lost, which costs a hash. */
#include "base/sha256.h"
#include "platform/linux/cache.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define RECORD_COUNT_MAX 256u
#define RECORD_NUMBERS   5u /* device, inode, size, changes of content and of status */
#define RECORD_HASH      (RECORD_NUMBERS * 8u)
#define RECORD_CHECK     (RECORD_HASH + CACHE_HASH_SIZE) /* the first bytes of a hash of what is before */
#define RECORD_BYTES     (RECORD_CHECK + 8u)

/* A clock of a file system may stand still so long: a file that changed twice in that time looks as if it had changed once. */
#define RACY_NS 2000000000ll

struct memo {
    uint8_t records[RECORD_COUNT_MAX][RECORD_BYTES];
    size_t count;
};

static int64_t nanoseconds(const struct timespec *time) {
    return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

static void record_make(uint8_t record[RECORD_BYTES], const struct stat *status, const uint8_t hash[CACHE_HASH_SIZE]) {
    uint8_t check[SHA256_SIZE];
    bytes_store_u64(record, (uint64_t)status->st_dev);
    bytes_store_u64(record + 8, (uint64_t)status->st_ino);
    bytes_store_u64(record + 16, (uint64_t)status->st_size);
    bytes_store_u64(record + 24, (uint64_t)nanoseconds(&status->st_mtim));
    bytes_store_u64(record + 32, (uint64_t)nanoseconds(&status->st_ctim));
    memcpy(record + RECORD_HASH, hash, CACHE_HASH_SIZE);
    sha256((struct bytes){record, RECORD_CHECK}, check);
    memcpy(record + RECORD_CHECK, check, RECORD_BYTES - RECORD_CHECK);
}

/* What there is; a broken end is left away. */
static void memo_read(const struct cache *cache, struct memo *memo) {
    struct stat status;
    memo->count = 0;
    int descriptor = cache->folder < 0 ? -1 : openat(cache->folder, CACHE_MEMO_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        return;
    }
    if (fstat(descriptor, &status) == 0 && cache_trusts(&status)) {
        ssize_t got = pread(descriptor, memo->records, sizeof memo->records, 0);
        memo->count = got < 0 ? 0 : (size_t)got / RECORD_BYTES;
    }
    close(descriptor);
}

bool cache_recall(const struct cache *cache, const struct stat *status, uint8_t hash[CACHE_HASH_SIZE]) {
    struct memo memo;
    uint8_t wanted[RECORD_BYTES];
    memo_read(cache, &memo);
    for (size_t i = memo.count; i-- > 0;) {
        if (bytes_load_u64(memo.records[i] + 8) == status->st_ino) {
            record_make(wanted, status, memo.records[i] + RECORD_HASH);
            if (memcmp(memo.records[i], wanted, RECORD_BYTES) == 0) {
                memcpy(hash, wanted + RECORD_HASH, CACHE_HASH_SIZE);
                return true;
            }
        }
    }
    return false;
}

static void record_remove(struct memo *memo, size_t index) {
    memo->count--;
    memmove(memo->records[index], memo->records[index + 1], (memo->count - index) * RECORD_BYTES);
}

void cache_remember(const struct cache *cache, const struct stat *status, const struct timespec *now, const uint8_t hash[CACHE_HASH_SIZE]) {
    struct memo memo;
    struct cache_put put;
    const int64_t last = nanoseconds(now) - RACY_NS;
    if (nanoseconds(&status->st_mtim) > last || nanoseconds(&status->st_ctim) > last) {
        return;
    }
    memo_read(cache, &memo);
    /* What was known of this file is no longer so. */
    for (size_t i = memo.count; i-- > 0;) {
        if (bytes_load_u64(memo.records[i]) == status->st_dev && bytes_load_u64(memo.records[i] + 8) == status->st_ino) {
            record_remove(&memo, i);
        }
    }
    if (memo.count == RECORD_COUNT_MAX) {
        record_remove(&memo, 0);
    }
    record_make(memo.records[memo.count++], status, hash);
    enum error error = cache_put_begin(cache, &put);
    if (error == ERROR_NONE) {
        error = cache_put_write(&put, 0, (struct bytes){memo.records[0], memo.count * RECORD_BYTES});
        error = error == ERROR_NONE ? cache_put_end_as(&put, CACHE_MEMO_NAME) : error;
        if (error != ERROR_NONE) {
            cache_put_abandon(&put);
        }
    }
}
