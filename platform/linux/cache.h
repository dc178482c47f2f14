/* The cache: a folder of our own with images of modules, copies of the programs that they are of, and the hashes of
   files that were met. docs/cache.md tells users about it.

   What lies there is executed, so the folder must belong to the user who runs argos and be writable by nobody else, and so must each file.
   Files are made under a temporary name and renamed when they are whole; a name's content never changes afterwards. So any number of
   processes may use one folder at the same time: each sees whole files, and the last one that is renamed stays. Nothing
   here is needed: whatever fails, a program starts without it. */
#ifndef PLATFORM_LINUX_CACHE_H
#define PLATFORM_LINUX_CACHE_H

#include "base/budget.h"
#include "base/bytes.h"
#include "base/report.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

#define CACHE_LIMIT_BYTES (1ull << 30) /* unless somebody sets another */
#define CACHE_HASH_SIZE   32
#define CACHE_PATH_SIZE   4096
#define CACHE_NAME_SIZE   96

struct cache {
    int folder; /* descriptor; -1 when there is none, and then nothing is found or kept */
    uint64_t limit_bytes;
    struct budget *budget;
    struct bytes build; /* of this executable; empty when it has no name: then there is no cache */
};

/* ---- cache.c ---- */

/* Where the cache is when nobody says: ARGOS_CACHE, or argos in XDG_CACHE_HOME or ~/.cache. False: nowhere. */
bool cache_default_path(char out[CACHE_PATH_SIZE]);
/* ERROR_NOT_FOUND: there is none (and with create it could not be made); ERROR_HOST: it may not be trusted. The report says which and why. The
   cache can be used, as an empty one, and is to be closed also after a failure. */
enum error cache_open(struct cache *cache, const char *path, bool create, struct budget *budget, struct report *report) MUST_CHECK;
void cache_close(struct cache *cache);

enum cache_kind {
    CACHE_IMAGE,   /* named by its key (wasm_image_key) */
    CACHE_PROGRAM, /* named by its hash */
    CACHE_OTHER,
};

/* A whole file, mapped: it keeps its content, and its pages are those of all processes that use it. */
struct cache_entry {
    int descriptor;
    struct bytes content;
};

/* ERROR_NOT_FOUND when it is not there, empty or not ours. Says that it was used. */
enum error cache_take(const struct cache *cache, enum cache_kind kind, const uint8_t name[CACHE_HASH_SIZE], struct cache_entry *out) MUST_CHECK;
/* Also for an entry that was zeroed and never taken. */
void cache_entry_release(struct cache_entry *entry);
bool cache_has(const struct cache *cache, enum cache_kind kind, const uint8_t name[CACHE_HASH_SIZE]);

/* A file that is being made. */
struct cache_put {
    const struct cache *cache;
    int descriptor;
    char temporary[CACHE_NAME_SIZE];
    uint64_t size;
};

/* After each failure the put is to be abandoned; a put that ended or was abandoned is over. */
enum error cache_put_begin(const struct cache *cache, struct cache_put *put) MUST_CHECK;
/* context is the put: the type of a sink of images. ERROR_LIMIT: larger than the whole cache may be. */
enum error cache_put_write(void *context, uint64_t offset, struct bytes bytes) MUST_CHECK;
enum error cache_put_end(struct cache_put *put, enum cache_kind kind, const uint8_t name[CACHE_HASH_SIZE]) MUST_CHECK;
void cache_put_abandon(struct cache_put *put);

/* ---- cache_memo.c: the hashes of files ---- */

/* The file with this status was hashed before, and has not changed since. */
bool cache_recall(const struct cache *cache, const struct stat *status, uint8_t hash[CACHE_HASH_SIZE]);
/* Keeps the hash of a file that had this status before and after it was read, unless it was changed so shortly before `now` that a further
   change would not show. */
void cache_remember(const struct cache *cache, const struct stat *status, const struct timespec *now, const uint8_t hash[CACHE_HASH_SIZE]);

/* ---- cache_folder.c: all files at once ---- */

struct cache_file {
    enum cache_kind kind;
    bool is_temporary;
    char name[CACHE_NAME_SIZE];
    uint8_t hash[CACHE_HASH_SIZE]; /* that it is named by; CACHE_OTHER: none */
    uint64_t size;                 /* on the disk */
    int64_t used_ns;               /* when it was used last, since 1970 */
};

/* Files of the cache, the one used longest ago first; what is not ours is left out. */
struct cache_files {
    struct budget *budget;
    struct cache_file *files;
    size_t count;
    uint64_t size; /* of all */
};

enum error cache_files_read(const struct cache *cache, struct cache_files *out) MUST_CHECK;
void cache_files_release(struct cache_files *files);
/* False when it is still there. */
bool cache_file_remove(const struct cache *cache, const struct cache_file *file);
/* Removes what was used longest ago until the limit is kept, and what others left unfinished. */
void cache_shrink(const struct cache *cache);

/* ---- cache_build.c ---- */

/* The linker's build id of this executable: the same for the same code. Empty when it has none. */
struct bytes cache_build_id(void);

/* For the parts of the cache: the name of a file, and the other way round. */
void cache_name(enum cache_kind kind, const uint8_t hash[CACHE_HASH_SIZE], char out[CACHE_NAME_SIZE]);
/* Whether a file may be used: a regular one of ours that nobody else may write. */
bool cache_trusts(const struct stat *status);
/* The name of the file with hashes of files. */
#define CACHE_MEMO_NAME        "programs"
#define CACHE_TEMPORARY_PREFIX ".new-"
/* As cache_put_end, for a file of this name. */
enum error cache_put_end_as(struct cache_put *put, const char *name) MUST_CHECK;

#endif
