/* A branchy loop: a small stack machine with a switch over its operations runs a program with nested loops. */
#include "bench/kernel.h"

enum operation { PUSH, LOAD, STORE, ADD, SUBTRACT, MULTIPLY, EXCLUSIVE_OR, SHIFT_RIGHT, LESS, JUMP, JUMP_IF_ZERO, PEEK, POKE, HALT };

enum { VARIABLE_COUNT = 8, STACK_SIZE = 32, CELL_COUNT = 256 };

struct machine {
    uint32_t variables[VARIABLE_COUNT];
    uint32_t cells[CELL_COUNT];
    uint32_t stack[STACK_SIZE];
    uint64_t steps;
};

/* Variables: 0 outer counter, 1 inner counter, 2 accumulator, 3 the outer limit.
   for (0 = 0; 0 < 3; 0++) for (1 = 0; 1 < 100; 1++) { 2 = (2 * 31 + cell[1]) ^ (2 >> 7); cell[2 & 255] = 2 - 0; } */
static const uint32_t program[] = {
    /* 0 */ PUSH,  0,     STORE, 0,
    /* 4 */ LOAD,  0,     LOAD,  3,    LESS,     JUMP_IF_ZERO, 62,
    /* 11 */ PUSH, 0,     STORE, 1,
    /* 15 */ LOAD, 1,     PUSH,  100,  LESS,     JUMP_IF_ZERO, 53,
    /* 22 */ LOAD, 2,     PUSH,  31,   MULTIPLY, LOAD,         1,  PEEK, ADD,  LOAD, 2,    PUSH, 7, SHIFT_RIGHT, EXCLUSIVE_OR, STORE, 2,
    /* 39 */ LOAD, 2,     LOAD,  0,    SUBTRACT, LOAD,         2,  POKE, PUSH, 1,    LOAD, 1,
    /* 51 */ JUMP, 64,
    /* 53 */ PUSH, 1,     LOAD,  0,    ADD,      STORE,        0,  JUMP, 4,
    /* 62 */ HALT, HALT,
    /* 64 */ ADD,  STORE, 1,     JUMP, 15,
};

static void machine_run(struct machine *machine) {
    uint32_t *top = machine->stack;
    const uint32_t *at = program;
    for (;;) {
        machine->steps++;
        switch ((enum operation) * at++) {
        case PUSH: *top++ = *at++; break;
        case LOAD: *top++ = machine->variables[*at++]; break;
        case STORE: machine->variables[*at++] = *--top; break;
        case ADD:
            top--;
            top[-1] += top[0];
            break;
        case SUBTRACT:
            top--;
            top[-1] -= top[0];
            break;
        case MULTIPLY:
            top--;
            top[-1] *= top[0];
            break;
        case EXCLUSIVE_OR:
            top--;
            top[-1] ^= top[0];
            break;
        case SHIFT_RIGHT:
            top--;
            top[-1] >>= top[0] & 31;
            break;
        case LESS:
            top--;
            top[-1] = top[-1] < top[0];
            break;
        case JUMP: at = program + *at; break;
        case JUMP_IF_ZERO: at = *--top == 0 ? program + *at : at + 1; break;
        case PEEK: top[-1] = machine->cells[top[-1] % CELL_COUNT]; break;
        case POKE:
            top -= 2;
            machine->cells[top[1] % CELL_COUNT] = top[0];
            break;
        case HALT: return;
        }
    }
}

int main(int argc, char **argv) {
    struct machine machine = {.variables = {0, 0, 1, kernel_work(argc, argv, 30000)}};
    machine_run(&machine);
    uint64_t checksum = kernel_mix(machine.steps, machine.variables[2]);
    for (int i = 0; i < CELL_COUNT; i++) {
        checksum = kernel_mix(checksum, machine.cells[i]);
    }
    return kernel_finish("bytecode", checksum);
}
