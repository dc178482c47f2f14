/* The table of select.def. */
#include "wasm/compile/x86_64/select.h"

/* Names in the table, all of which become members of an enum. */
enum rule_operation {
#define X86(name, text, form, prefix, map, opcode, digit, flags) RULE_OP_##name = X86_##name,
#include "wasm/compile/x86_64/ops.def"
#undef X86
    RULE_OP_NONE = 0
};
#define RULE_OP_C(condition) CONDITION_##condition
#define RULE_OP_R(function)  RUNTIME_##function

#define ANY_NAN   RULE_ANY_NAN
#define MAKES_NAN RULE_MAKES_NAN
#define COMMUTES  RULE_COMMUTES
#define LANES_4   RULE_LANES_4
#define LANES_8   RULE_LANES_8
#define SIGNED    RULE_SIGNED

const struct select_rule select_rules[IR_OP_END] = {
#define RULE(opcode, handler_, operation, width_, flags_, extra_)                                                                                    \
    [opcode] = {.handler = select_##handler_, .op = RULE_OP_##operation, .width = width_, .flags = flags_, .extra = extra_},
#include "wasm/compile/x86_64/select.def"
#undef RULE
};
