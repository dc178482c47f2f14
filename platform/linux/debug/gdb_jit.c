/* ELF files in memory, and gdb's list of them.

   A file has the functions as symbols, and for each a description of its frame (DWARF 5, 6.4): the return address is at the stack pointer at
   first, and further up when the frame is there. The few instructions behind the frame's end at a return are not described. */
#include "platform/linux/debug/gdb_jit.h"

#include "base/assert.h"
#include "platform/linux/debug/gdb_machine.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 256

/* ---- What gdb looks for: names and layouts are its own ---- */

struct jit_code_entry {
    struct jit_code_entry *next_entry, *prev_entry;
    const char *symfile_addr;
    uint64_t symfile_size;
};

enum { JIT_NOACTION, JIT_REGISTER_FN, JIT_UNREGISTER_FN };

struct jit_descriptor {
    uint32_t version, action_flag;
    struct jit_code_entry *relevant_entry, *first_entry;
};

extern struct jit_descriptor __jit_debug_descriptor;
struct jit_descriptor __jit_debug_descriptor = {.version = 1};

/* gdb stops here and reads the descriptor. */
void __jit_debug_register_code(void);
__attribute__((noinline, used)) void __jit_debug_register_code(void) {
    __asm__ volatile("" ::: "memory");
}

/* ---- The file ---- */

enum section { SECTION_NONE, SECTION_TEXT, SECTION_FRAME, SECTION_SYMBOLS, SECTION_NAMES, SECTION_SECTIONS, SECTION_COUNT };

static const char section_names[] = "\0.text\0.debug_frame\0.symtab\0.strtab\0.shstrtab";

/* DWARF's frame information: the rules for all functions, and what differs. */
struct frame_common {
    uint32_t length, id;
    uint8_t version, augmentation, code_factor, data_factor, return_register;
    uint8_t rules[11];
};
struct frame_function {
    uint32_t length, common;
    uint64_t start, size;
    uint8_t rules[16];
};
_Static_assert(sizeof(struct frame_common) == 24 && sizeof(struct frame_function) == 40, "as gdb reads them");

struct gdb_object {
    struct jit_code_entry entry;
    struct gdb_object *next;
    struct budget *budget;
    size_t size; /* of all of it */
    Elf64_Ehdr header;
    Elf64_Shdr sections[SECTION_COUNT];
    uint8_t content[]; /* frames, symbols, names, names of sections */
};

/* What a batch takes. */
struct batch {
    const struct function_names *names;
    const struct wasm_module *module;
    uint32_t number, count;
    uint64_t start, end; /* addresses of all its code */
    size_t names_size;
};

static struct wasm_code code_of(const struct batch *batch, uint32_t i) {
    struct wasm_code code = {0};
    bool is_there = wasm_module_code(batch->module, batch->number + i, &code);
    ASSERT(is_there);
    return code;
}

static void batch_measure(struct batch *batch) {
    char name[NAME_SIZE];
    batch->names_size = 1;
    batch->start = UINT64_MAX;
    for (uint32_t i = 0; i < batch->count; i++) {
        const struct wasm_code code = code_of(batch, i);
        const uint64_t start = (uintptr_t)code.start;
        batch->start = start < batch->start ? start : batch->start;
        batch->end = start + code.size > batch->end ? start + code.size : batch->end;
        batch->names_size += strlen(function_name_text(batch->names, code.function_index, name, sizeof name)) + 1;
    }
}

#define RULE_ADVANCE_4   0x04 /* DW_CFA_advance_loc4 */
#define RULE_DEFINE      0x0C /* DW_CFA_def_cfa */
#define RULE_OFFSET      0x0E /* DW_CFA_def_cfa_offset */
#define RULE_REGISTER_AT 0x80 /* DW_CFA_offset */
#define FRAME_COMMON_ID  0xFFFFFFFFu

static void frame_common_make(struct frame_common *out) {
    *out = (struct frame_common){
        .length = sizeof *out - sizeof out->length,
        .id = FRAME_COMMON_ID,
        .version = 1,
        .code_factor = 1,
        .data_factor = (uint8_t)(0x80 - gdb_machine.return_bytes), /* a negative LEB128 of one byte */
        .return_register = gdb_machine.return_register,
        .rules = {RULE_DEFINE, gdb_machine.stack_register, gdb_machine.return_bytes, (uint8_t)(RULE_REGISTER_AT | gdb_machine.return_register), 1},
    };
}

/* What is left of the rules is zero, which does nothing. */
static void frame_function_make(struct frame_function *out, const struct wasm_code *code) {
    *out = (struct frame_function){.length = sizeof *out - sizeof out->length, .start = (uintptr_t)code->start, .size = code->size};
    uint8_t *at = out->rules;
    *at++ = RULE_ADVANCE_4;
    memcpy(at, &code->prologue_bytes, sizeof code->prologue_bytes);
    at += sizeof code->prologue_bytes;
    *at++ = RULE_OFFSET;
    uint32_t offset = code->frame_bytes + gdb_machine.return_bytes;
    for (; offset >= 0x80; offset >>= 7) {
        *at++ = (uint8_t)(offset | 0x80);
    }
    *at = (uint8_t)offset;
}

static void frames_make(uint8_t *out, const struct batch *batch) {
    struct frame_common common;
    frame_common_make(&common);
    memcpy(out, &common, sizeof common);
    out += sizeof common;
    for (uint32_t i = 0; i < batch->count; i++, out += sizeof(struct frame_function)) {
        const struct wasm_code code = code_of(batch, i);
        struct frame_function function;
        frame_function_make(&function, &code);
        memcpy(out, &function, sizeof function);
    }
}

/* The first symbol is of nothing. */
static void symbols_make(uint8_t *symbols, char *names, const struct batch *batch) {
    size_t used = 1;
    for (uint32_t i = 0; i < batch->count; i++) {
        const struct wasm_code code = code_of(batch, i);
        const Elf64_Sym symbol = {
            .st_name = (Elf64_Word)used,
            .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
            .st_shndx = SECTION_TEXT,
            .st_value = (uintptr_t)code.start,
            .st_size = code.size,
        };
        memcpy(symbols + (i + 1) * sizeof symbol, &symbol, sizeof symbol);
        function_name_text(batch->names, code.function_index, names + used, NAME_SIZE);
        used += strlen(names + used) + 1;
    }
}

/* A section of the content, behind the ones before. */
static uint8_t *section_make(struct gdb_object *object, enum section section, uint32_t type, size_t size, size_t *used) {
    const char *name = section_names;
    for (uint32_t i = 0; i < section; i++) {
        name += strlen(name) + 1;
    }
    const size_t start = offsetof(struct gdb_object, content) - offsetof(struct gdb_object, header) + *used;
    object->sections[section] =
        (Elf64_Shdr){.sh_name = (Elf64_Word)(name - section_names), .sh_type = type, .sh_offset = start, .sh_size = size, .sh_addralign = 1};
    *used += size;
    return object->content + *used - size;
}

static void object_fill(struct gdb_object *object, const struct batch *batch) {
    size_t used = 0;
    section_make(object, SECTION_TEXT, SHT_NOBITS, 0, &used);
    Elf64_Shdr *text = &object->sections[SECTION_TEXT];
    text->sh_flags = SHF_ALLOC | SHF_EXECINSTR;
    text->sh_addr = batch->start;
    text->sh_size = batch->end - batch->start;
    text->sh_addralign = 16;
    frames_make(section_make(object, SECTION_FRAME, SHT_PROGBITS, sizeof(struct frame_common) + batch->count * sizeof(struct frame_function), &used),
                batch);
    uint8_t *symbols = section_make(object, SECTION_SYMBOLS, SHT_SYMTAB, (batch->count + 1) * sizeof(Elf64_Sym), &used);
    object->sections[SECTION_SYMBOLS].sh_link = SECTION_NAMES;
    object->sections[SECTION_SYMBOLS].sh_info = 1; /* no local ones but the first */
    object->sections[SECTION_SYMBOLS].sh_entsize = sizeof(Elf64_Sym);
    symbols_make(symbols, (char *)section_make(object, SECTION_NAMES, SHT_STRTAB, batch->names_size, &used), batch);
    memcpy(section_make(object, SECTION_SECTIONS, SHT_STRTAB, sizeof section_names, &used), section_names, sizeof section_names);
    object->header = (Elf64_Ehdr){
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT, ELFOSABI_SYSV},
        .e_type = ET_EXEC,
        .e_machine = gdb_machine.elf_machine,
        .e_version = EV_CURRENT,
        .e_shoff = offsetof(struct gdb_object, sections) - offsetof(struct gdb_object, header),
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_shentsize = sizeof(Elf64_Shdr),
        .e_shnum = SECTION_COUNT,
        .e_shstrndx = SECTION_SECTIONS,
    };
}

/* ---- The list ---- */

static void action(struct jit_code_entry *entry, uint32_t flag) {
    __jit_debug_descriptor.relevant_entry = entry;
    __jit_debug_descriptor.action_flag = flag;
    __jit_debug_register_code();
    __jit_debug_descriptor.action_flag = JIT_NOACTION;
}

static void entry_link(struct jit_code_entry *entry) {
    entry->next_entry = __jit_debug_descriptor.first_entry;
    if (entry->next_entry != NULL) {
        entry->next_entry->prev_entry = entry;
    }
    __jit_debug_descriptor.first_entry = entry;
    action(entry, JIT_REGISTER_FN);
}

static void entry_unlink(struct jit_code_entry *entry) {
    if (entry->prev_entry != NULL) {
        entry->prev_entry->next_entry = entry->next_entry;
    } else {
        __jit_debug_descriptor.first_entry = entry->next_entry;
    }
    if (entry->next_entry != NULL) {
        entry->next_entry->prev_entry = entry->prev_entry;
    }
    action(entry, JIT_UNREGISTER_FN);
}

void gdb_jit_add(struct gdb_jit *jit, const struct function_names *names, const struct wasm_module *module, uint32_t number, uint32_t count) {
    struct batch batch = {.names = names, .module = module, .number = number, .count = count};
    batch_measure(&batch);
    /* Names are written with room for the longest behind each. */
    const size_t content = sizeof(struct frame_common) + count * sizeof(struct frame_function) + (count + 1) * sizeof(Elf64_Sym) + batch.names_size +
                           sizeof section_names + NAME_SIZE;
    const size_t size = sizeof(struct gdb_object) + content;
    struct gdb_object *object = budget_allocate_zeroed(names->budget, size, 1);
    if (object == NULL) {
        return;
    }
    object->budget = names->budget;
    object->size = size;
    object_fill(object, &batch);
    object->entry.symfile_addr = (const char *)&object->header;
    object->entry.symfile_size = size - offsetof(struct gdb_object, header);
    object->next = jit->objects;
    jit->objects = object;
    entry_link(&object->entry);
}

void gdb_jit_clear(struct gdb_jit *jit) {
    while (jit->objects != NULL) {
        struct gdb_object *object = jit->objects;
        jit->objects = object->next;
        entry_unlink(&object->entry);
        budget_release(object->budget, object, object->size);
    }
}
