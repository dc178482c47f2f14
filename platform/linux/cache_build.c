/* Which build of argos this is. A note that the linker adds holds a hash of all that it linked. */
#include "platform/linux/cache.h"

#include <elf.h>
#include <link.h>
#include <string.h>

static uint64_t padded(uint64_t size) {
    return (size + 3) / 4 * 4;
}

/* Looks through a segment of notes: a header, the name, the content, each a multiple of four bytes. */
static struct bytes notes_find(const uint8_t *at, uint64_t size) {
    while (size >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) note;
        memcpy(&note, at, sizeof note);
        const uint64_t name = padded(note.n_namesz), content = padded(note.n_descsz);
        if (name > size - sizeof note || content > size - sizeof note - name) {
            break;
        }
        at += sizeof note;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && memcmp(at, "GNU", 4) == 0) {
            return (struct bytes){at + name, note.n_descsz};
        }
        at += name + content;
        size -= sizeof note + name + content;
    }
    return (struct bytes){0};
}

/* The first object is the executable itself; a result other than 0 ends the walk. */
static int object_visit(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size;
    struct bytes *found = context;
    for (size_t i = 0; i < info->dlpi_phnum && found->size == 0; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type == PT_NOTE) {
            *found = notes_find((const uint8_t *)(info->dlpi_addr + segment->p_vaddr), segment->p_memsz);
        }
    }
    return 1;
}

struct bytes cache_build_id(void) {
    struct bytes found = {0};
    dl_iterate_phdr(object_visit, &found);
    return found;
}
