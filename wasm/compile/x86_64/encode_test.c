/* The encoder against an independent disassembler (objdump, Debian's binutils): every instruction of ops.def that is one of the processor's, with
   registers of all numbers, and every form of address. The disassembly must name the instruction, its registers in their order, and
   the address; and our own text of each (wasm/show) must be the same. Skipped where there is no objdump. */
#include "tests/support/support.h"
#include "wasm/compile/x86_64/isa.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wasm/show/x86_64/machine_text_test.h"

#define TEXT_MAX  160
#define LINES_MAX 60000

static const char *const names_64[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"};
static const char *const names_32[] = {"eax", "ecx", "edx",  "ebx",  "esp",  "ebp",  "esi",  "edi",
                                       "r8d", "r9d", "r10d", "r11d", "r12d", "r13d", "r14d", "r15d"};
static const char *const names_16[] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "r8w", "r9w", "r10w", "r11w", "r12w", "r13w", "r14w", "r15w"};
static const char *const names_8[] = {"al",  "cl",  "dl",   "bl",   "spl",  "bpl",  "sil",  "dil",
                                      "r8b", "r9b", "r10b", "r11b", "r12b", "r13b", "r14b", "r15b"};

static struct budget budget;
static struct machine_function machine;
static char (*expected)[TEXT_MAX];
static uint32_t features;
static uint32_t expected_count;

static void begin(void) {
    budget_init_root(&budget, support_memory(), BUDGET_UNLIMITED);
    machine_begin(&machine, &budget, &isa_machine, NULL);
    assert_true(machine_blocks_make(&machine, 1));
    machine.is_allocated = true;
    machine.features = features;
    expected = calloc(LINES_MAX, sizeof *expected);
    expected_count = 0;
    assert_non_null(expected);
}

static void expect(const char *start, const char *operands) {
    assert_true(expected_count < LINES_MAX);
    snprintf(expected[expected_count++], TEXT_MAX, "%s|%s", start, operands);
}

static struct machine_instruction *append(enum x86_op op, uint8_t width, const uint32_t *locations, uint32_t count) {
    struct machine_instruction *instruction = machine_append(&machine, (uint16_t)op, count);
    instruction->width = width;
    for (uint32_t index = 0; index < count; index++) {
        machine.operands[instruction->operands + index].reg = 1;
        machine.operands[instruction->operands + index].location = locations[index];
    }
    return instruction;
}

/* Whether a line of objdump has the mnemonic's start and then the operands. */
static bool line_fits(const char *line, const char *wanted) {
    char start[TEXT_MAX], *bar;
    snprintf(start, sizeof start, "%s", wanted);
    bar = strchr(start, '|');
    *bar = 0;
    const char *found = strstr(line, start);
    return found != NULL && strstr(found, bar + 1) != NULL;
}

static void finish(void) {
    struct code code = {.budget = &budget};
    struct instance_layout layout = {0};
    char path[] = "/tmp/encode_test_XXXXXX", command[TEXT_MAX], line[512];
    append(X86_RETURN, 0, NULL, 0)->flags = MACHINE_IS_END;
    machine.blocks[0] = (struct machine_block){.first = 0, .end = machine.instruction_count};
    assert_int_equal(isa_encode(&machine, &layout, &code), ERROR_NONE);
    FILE *file = fdopen(mkstemp(path), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(code.bytes, 1, code.instruction_bytes, file), code.instruction_bytes);
    fclose(file);
    snprintf(command, sizeof command, "objdump -D -w -b binary -m i386:x86-64 -M intel --no-show-raw-insn %s", path);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    uint32_t count = 0, offset = 0;
    while (fgets(line, sizeof line, pipe) != NULL) {
        char *text = strstr(line, ":\t");
        if (text == NULL)
            continue;
        if (count < expected_count && !line_fits(text + 2, expected[count]))
            fail_msg("'%s' wanted, objdump has: %s", expected[count], text + 2);
        offset = machine_text_expect((struct bytes){code.bytes, code.instruction_bytes}, offset, text + 2);
        count++;
    }
    int status = pclose(pipe);
    remove(path);
    if (count == 0 && status != 0) {
        print_message("skipped: objdump is not there\n");
    } else {
        assert_int_equal(count, expected_count + 1);
    }
    code_release(&code);
    machine_release(&machine);
    free(expected);
    assert_int_equal(budget.used_bytes, 0);
}

/* ---- Registers ---- */

/* The start of the mnemonic: what the table calls it, without the width that objdump has no digits for. */
static void mnemonic(const struct x86_op_info *info, uint8_t width, char *out) {
    size_t size = strcspn(info->text, "0123456789 ");
    if (strncmp(info->text, "cvt", 3) == 0 || strncmp(info->text, "lock", 4) == 0)
        size = strlen(info->text);
    memcpy(out, info->text, size);
    out[size] = 0;
    if ((info->flags & (FLAG_SCALAR | FLAG_PACKED)) != 0 && strcmp(out, "cmpp") != 0)
        strcat(out, width == 4 ? "s" : "d");
    if (strncmp(out, "pextrd", 6) == 0 || strncmp(out, "pinsrd", 6) == 0 || strcmp(out, "movd") == 0 || strcmp(out, "cmpp") == 0)
        out[strlen(out) - 1] = 0;
}

enum kind { KIND_NONE, KIND_GENERAL, KIND_BYTE, KIND_WORD, KIND_LONG, KIND_VECTOR };

/* What kinds of registers the two places have. */
static void kinds_of(enum x86_op op, const struct x86_op_info *info, enum kind *reg, enum kind *rm) {
    bool is_float = op >= X86_MOVE_SCALAR && op <= X86_CMOV_VECTOR;
    bool is_vector = op >= X86_AND_VECTOR;
    *reg = *rm = is_float || is_vector ? KIND_VECTOR : KIND_GENERAL;
    if ((info->flags & FLAG_BYTE_RM) != 0)
        *rm = KIND_BYTE;
    if (op == X86_ZERO_EXTEND_16 || op == X86_SIGN_EXTEND_16)
        *rm = KIND_WORD;
    if (op == X86_SIGN_EXTEND_32)
        *rm = KIND_LONG;
    if (op == X86_MOVE_TO_VECTOR || op == X86_PINSRB || op == X86_PINSRW || op == X86_PINSRD)
        *rm = op == X86_PINSRB || op == X86_PINSRW ? KIND_LONG : KIND_GENERAL;
    if (op == X86_MOVE_FROM_VECTOR || op == X86_PEXTRB || op == X86_PEXTRW || op == X86_PEXTRD)
        *reg = op == X86_PEXTRB || op == X86_PEXTRW ? KIND_LONG : KIND_GENERAL;
    if (op == X86_PMOVMSKB || op == X86_MOVMSKP)
        *reg = KIND_LONG;
}

static uint32_t name_of(enum kind kind, uint8_t width, uint32_t number, char *out) {
    if (kind == KIND_VECTOR) {
        snprintf(out, 8, "xmm%u", number);
        return XMM0 + number;
    }
    const char *const *names = kind == KIND_BYTE || (kind == KIND_GENERAL && width == 1)   ? names_8
                               : kind == KIND_WORD || (kind == KIND_GENERAL && width == 2) ? names_16
                               : kind == KIND_LONG || width == 4                           ? names_32
                                                                                           : names_64;
    snprintf(out, 8, "%s", names[number]);
    return number;
}

static bool has_vex(enum x86_op op) {
    return (x86_ops[op].flags & FLAG_VEX) != 0 || ((features & X86_HAS_AVX) != 0 && x86_op_is_vector(op));
}

/* Operands and text of what has a VEX prefix, where that names a register; false where it does not. */
static bool vex_registers(enum x86_op op, const char *names[3], uint32_t locations[3], char *operands) {
    const struct x86_op_info *info = &x86_ops[op];
    bool is_shift = op == X86_SHL_3 || op == X86_SHR_3 || op == X86_SAR_3;
    const char *order[3] = {names[0], is_shift ? names[2] : names[1], is_shift ? names[1] : names[2]};
    switch (info->form) {
    case FORM_THREE:
    case FORM_TIED:
    case FORM_TIED_BYTE: break;
    case FORM_INTO:
    case FORM_TIED_I:
        locations[1] = locations[2];
        snprintf(operands, TEXT_MAX, "%s,%s", names[0], names[2]);
        return true;
    case FORM_SELF: order[1] = order[2] = names[0]; break;
    default:
        if ((info->flags & FLAG_MERGES) == 0)
            return false;
        locations[1] = locations[2];
        order[1] = names[2];
        break;
    }
    snprintf(operands, TEXT_MAX, "%s,%s,%s", order[0], order[1], order[2]);
    return true;
}

/* rsp is never an operand: as an index it would be none. */
static void op_with_registers(enum x86_op op, uint8_t width, uint32_t left, uint32_t right) {
    const struct x86_op_info *info = &x86_ops[op];
    enum kind reg, rm;
    char start[32] = "v", first[8], second[8], third[8], operands[TEXT_MAX];
    kinds_of(op, info, &reg, &rm);
    mnemonic(info, width, start + (has_vex(op) && x86_op_is_vector(op)));
    uint32_t other = (3 * left + 5 * right + 6) % 16, middle = name_of(reg, width, other == RSP ? RBP : other, third);
    uint32_t to = name_of(reg, width, left, first), from = name_of(rm, width, right, second);
    uint32_t locations[3] = {to, info->form == FORM_TIED || info->form == FORM_TIED_BYTE ? to : from, from}, count = 2;
    snprintf(operands, sizeof operands, "%s,%s", first, second);
    switch (info->form) {
    case FORM_TIED:
    case FORM_TIED_BYTE: count = 3; break;
    case FORM_TIED_I:
    case FORM_TIED_ONE:
        locations[1] = to;
        snprintf(operands, sizeof operands, "%s", first);
        break;
    case FORM_TIED_CL:
        locations[1] = to;
        snprintf(operands, sizeof operands, "%s,cl", first);
        break;
    case FORM_SELF:
        count = 1;
        snprintf(operands, sizeof operands, "%s,%s", first, first);
        break;
    default: break;
    }
    if (has_vex(op)) {
        uint32_t three[3] = {to, middle, from};
        if (vex_registers(op, (const char *[]){first, third, second}, three, operands)) {
            count = info->form == FORM_THREE || info->form == FORM_TIED || info->form == FORM_TIED_BYTE ? 3 : count;
            memcpy(locations, three, sizeof three);
        }
    }
    if (op == X86_TEST)
        snprintf(operands, sizeof operands, "%s,%s", second, first);
    struct machine_instruction *instruction = append(op, width, locations, count);
    instruction->immediate = 5;
    instruction->condition = CONDITION_L;
    if ((info->flags & FLAG_MERGES) != 0 && to != from && !has_vex(op)) {
        char zeroed[40];
        snprintf(zeroed, sizeof zeroed, "%s,%s", first, first);
        expect("xorps", zeroed);
    }
    expect(start, operands);
}

static void registers_are_told(void **state) {
    (void)state;
    begin();
    for (uint32_t op = X86_NONE + 1; op < X86_OP_COUNT; op++) {
        const struct x86_op_info *info = &x86_ops[op];
        if (info->form == FORM_SPECIAL || info->form == FORM_STORE || info->form == FORM_STORE_I || op == X86_LEA)
            continue;
        /* From memory only: between registers AVX has another form. */
        if (op == X86_MOVE_SCALAR && has_vex((enum x86_op)op))
            continue;
        for (uint32_t left = 0; left < 16; left++) {
            for (uint32_t right = 0; right < 16; right++) {
                if (left == RSP || right == RSP || (left == right && (op == X86_COPY_VECTOR)))
                    continue;
                for (uint8_t width = 4; width <= 8; width += 4)
                    if (width == 8 || ((info->flags & FLAG_QUAD) == 0 && op != X86_SIGN_EXTEND_32))
                        if ((info->flags & (FLAG_W | FLAG_SCALAR | FLAG_PACKED)) != 0 || width == 4)
                            op_with_registers((enum x86_op)op, width, left, right);
            }
        }
    }
    finish();
}

/* ---- Addresses ---- */

static void address_text(const char *base, uint32_t index, bool has_index, uint32_t shift, int32_t displacement, char *out) {
    char tail[32] = "", scaled[16] = "";
    if (has_index)
        snprintf(scaled, sizeof scaled, "+%s*%u", names_64[index], 1u << shift);
    if (displacement < 0)
        snprintf(tail, sizeof tail, "-0x%x", 0u - (uint32_t)displacement);
    else if (displacement > 0 || (strcmp(base, "rbp") == 0 || strcmp(base, "r13") == 0))
        snprintf(tail, sizeof tail, "+0x%x", (uint32_t)displacement);
    snprintf(out, TEXT_MAX, "[%s%s%s]", base, scaled, tail);
}

/* Loads, stores of all widths, and immediates, at one address. */
static void accesses(uint32_t kind, uint32_t base, const char *base_name, uint32_t index, bool has_index, uint32_t shift, int32_t displacement) {
    static const struct {
        enum x86_op op;
        uint8_t width;
        uint32_t operands;
        const char *start, *before, *after;
    } kinds[] = {
        {X86_MOV, 8, 1, "mov", "r9,QWORD PTR ", ""},
        {X86_ZERO_EXTEND_8, 4, 1, "movzx", "r9d,BYTE PTR ", ""},
        {X86_STORE, 1, 1, "mov", "BYTE PTR ", ",r9b"},
        {X86_STORE, 2, 1, "mov", "WORD PTR ", ",r9w"},
        {X86_STORE, 4, 1, "mov", "DWORD PTR ", ",r9d"},
        {X86_STORE_I, 1, 0, "mov", "BYTE PTR ", ",0x5"},
        {X86_STORE_I, 2, 0, "mov", "WORD PTR ", ",0x5"},
        {X86_STORE_I, 8, 0, "mov", "QWORD PTR ", ",0x5"},
        {X86_CMP_I, 1, 0, "cmp", "BYTE PTR ", ",0x5"},
        {X86_ADD_MI, 4, 0, "add", "DWORD PTR ", ",0x5"},
        {X86_XOR_M, 8, 1, "xor", "QWORD PTR ", ",r9"},
        {X86_MOVE_SCALAR, 8, 1, "movsd", "xmm9,QWORD PTR ", ""},
        {X86_STORE_VECTOR, 16, 1, "movups", "XMMWORD PTR ", ",xmm9"},
        {X86_ADD_SCALAR, 4, 2, "addss", "xmm9,DWORD PTR ", ""},
        {X86_PSHUFB, 16, 2, "pshufb", "xmm9,XMMWORD PTR ", ""},
        {X86_SHL_3, 8, 2, "shlx", "r9,QWORD PTR ", ",r9"},
        {X86_AND_NOT, 4, 2, "andn", "r9d,r9d,DWORD PTR ", ""},
    };
    for (size_t number = 0; number < sizeof kinds / sizeof *kinds; number++) {
        char place[TEXT_MAX], text[2 * TEXT_MAX];
        uint32_t locations[4], count = kinds[number].operands;
        bool is_vector = x86_op_is_vector(kinds[number].op), is_freed = x86_op_is_freed(kinds[number].op, features);
        for (uint32_t at = 0; at < count; at++)
            locations[at] = is_vector ? XMM0 + 9 : R9;
        if (kind == ADDRESS_BASE)
            locations[count++] = base;
        if (has_index)
            locations[count++] = index;
        struct machine_instruction *instruction = append(kinds[number].op, kinds[number].width, locations, count);
        instruction->scale = X86_SCALE(kind, shift, has_index);
        instruction->displacement = displacement;
        instruction->immediate = 5;
        address_text(base_name, index, has_index, shift, displacement, place);
        snprintf(text, sizeof text, "%s%s%s%s", is_freed ? "xmm9," : "", kinds[number].before, place, kinds[number].after);
        expect(kinds[number].start, text);
    }
}

static void addresses_are_told(void **state) {
    (void)state;
    static const int32_t displacements[] = {0, 1, -1, 127, 128, -128, -129, INT32_MAX};
    begin();
    for (uint32_t at = 0; at < sizeof displacements / sizeof *displacements; at++) {
        accesses(ADDRESS_MEMORY, 0, "r14", 0, false, 0, displacements[at]);
        accesses(ADDRESS_INSTANCE, 0, "r15", 0, false, 0, displacements[at]);
        for (uint32_t reg = 0; reg < 16; reg++) {
            if (reg == RSP)
                continue;
            accesses(ADDRESS_MEMORY, 0, "r14", reg, true, reg % 4, displacements[at]);
            accesses(ADDRESS_BASE, reg, names_64[reg], 0, false, 0, displacements[at]);
            for (uint32_t index = 0; index < 16; index += 3)
                if (index != RSP)
                    accesses(ADDRESS_BASE, reg, names_64[reg], index, true, index % 4, displacements[at]);
        }
    }
    finish();
}

static struct machine_operand *constant_to(uint32_t location) {
    struct machine_instruction *instruction = append(X86_MOVE_CONSTANT, 4, &location, 1);
    instruction->immediate = 0x1234;
    machine.operands[instruction->operands].role = MACHINE_DEFINE;
    return &machine.operands[instruction->operands];
}

/* A constant that its users make for themselves, which allocation puts into a scratch register, takes no bytes. */
static void constants_are_left_out(void **state) {
    (void)state;
    begin();
    constant_to(X86_SCRATCH);
    constant_to(RBX);
    expect("mov", "ebx,0x1234");
    constant_to(X86_SCRATCH);
    finish();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registers_are_told),
        cmocka_unit_test(addresses_are_told),
        cmocka_unit_test(constants_are_left_out),
    };
    int failures = cmocka_run_group_tests_name("without features", tests, NULL, NULL);
    features = X86_FEATURES_ALL;
    return failures + cmocka_run_group_tests_name("with all features", tests, NULL, NULL);
}
