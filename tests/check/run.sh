#!/usr/bin/env bash
# The test of the layer and style check: tests/check/run.sh CHECK. It makes a good little tree, sees it pass, breaks one
# rule at a time in a copy, and sees the sentence for that rule (and no other finding) come out.
set -euo pipefail

check=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
passed=0 failed=0

# write PATH: standard input becomes a file of the tree.
write() {
    mkdir -p "$(dirname "$tree/$1")"
    cat >"$tree/$1"
}

# lines COUNT: that many lines of C that say nothing.
lines() {
    local number
    for ((number = 0; number < $1; number++)); do
        echo "    number++;"
    done
}

# function_of LINES: a function of so many lines, from its name to its brace.
function_of() {
    echo "int low_count(int number) {"
    lines $(($1 - 3))
    printf '    return number;\n}\n'
}

# make_good: the tree that breaks no rule.
make_good() {
    write LAYERS <<'END'
# Two layers and a test.
roots README.md LAYERS tools/exceptions
compiler stddef.h
layer low
    folders low
    public  low/low.h low/*.def low/made_*.h
    generated low/made_*.h low/kept_*.h
    system  compiler
layer high
    folders high high/*
    sees    low
    system  any
layer aside
    folders aside
    system  any
unit-tests *_test.c *_test.h
    also    high/help.h
    system  any
END
    write README.md <<<'# A tree. See aside/tool.sh.'
    write low/low.h <<'END'
/* What the low layer offers. */
#ifndef LOW_LOW_H
#define LOW_LOW_H
#include <stddef.h>
#endif
END
    write low/own.h <<'END'
/* Private to the low layer. */
#ifndef LOW_OWN_H
#define LOW_OWN_H
#endif
END
    write low/list.def <<<'/* A list. */'
    write low/low.c <<'END'
/* The low layer. A comment may hold a brace { and a quote ". */
#include "low/low.h"
#include "low/own.h"
#define LOW_TEXT "a brace { and /* no comment"
enum low {
#include "low/list.def"
};
struct __attribute__((packed)) low_pair {
    int first;
};
int low_table[] = {(1), '{', 2};
END
    function_of 70 >>"$tree/low/low.c"
    write low/low_test.c <<'END'
/* Tests of the low layer. */
#include "high/help.h"
#include "low/own.h"
#include <stdio.h>
END
    write high/help.h <<'END'
/* Help for tests. */
#ifndef HIGH_HELP_H
#define HIGH_HELP_H
#endif
END
    write high/high.c <<'END'
/* The high layer. */
#include "low/low.h"
#include "low/made_table.h"
#include <stdio.h>
END
    write aside/tool.sh <<'END'
#!/bin/sh
# A script that the README names.
END
    write tools/exceptions <<<'# RULE SUBJECT NUMBER'
    write build/sources <<<'low/low.c low/low_test.c high/high.c'
}

# good: that tree anew, from a copy of the first.
good() {
    [ -d "$work/good" ] || cp -r "$tree" "$work/good"
    rm -rf "$tree"
    cp -r "$work/good" "$tree"
}

# expect WHAT SENTENCE...: the check says each sentence, has just as many findings, and fails if there is one.
expect() {
    local what=$1 status=0 sentence problem=
    shift
    (cd "$tree" && "$check" . build/sources) >"$work/out" 2>&1 || status=$?
    for sentence in "$@"; do
        grep -qF -- "$sentence" "$work/out" || problem="it does not say: $sentence"
    done
    [ "$(grep -c '\]$' "$work/out" || true)" -eq $# ] || problem=${problem:-"it should have $# findings"}
    [ "$status" -eq $(($# > 0)) ] || problem=${problem:-"it ended with $status"}
    if [ -n "$problem" ]; then
        echo "check: $what: $problem"
        sed 's/^/    /' "$work/out"
        failed=$((failed + 1))
    else
        passed=$((passed + 1))
    fi
    good
}

make_good
good
expect "a good tree passes"

# ---- Layers ----
write low/low.c <<<$'/* Low. */\n#include "low/low.h"\n#include "low/own.h"\n#include "low/list.def"\n#include "high/help.h"'
expect "an include that points up" 'low/low.c:5: "high/help.h" points up or across'

write aside/aside.c <<<$'/* Aside. */\n#include "low/low.h"'
echo aside/aside.c >>"$tree/build/sources"
expect "an include of a layer that is not seen" 'aside/aside.c:2: "low/low.h" points up or across'

echo '#include "low/own.h"' >>"$tree/high/high.c"
expect "an include of a private header" 'high/high.c:5: "low/own.h" is private to the layer low'

echo '#include "low/kept_table.h"' >>"$tree/high/high.c"
expect "an include of a private header that is generated" 'high/high.c:5: "low/kept_table.h" is private to the layer low'

echo '#include "low/other_table.h"' >>"$tree/high/high.c"
expect "an include of a header that nothing makes" 'high/high.c:5: there is no "low/other_table.h"'

echo '  #  include <stdio.h>' >>"$tree/low/own.h"
expect "a system include in a freestanding layer" 'low/own.h:5: <stdio.h> is not for the layer low'

echo '#include "own.h"' >>"$tree/low/low.c"
expect "an include that is no path from the root" 'there is no "own.h"'

echo '#include LOW_HEADER' >>"$tree/low/low.c"
expect "an include of a macro" 'an include names its file plainly'

write lost/lost.c <<<'/* Lost. */'
echo lost/lost.c >>"$tree/build/sources"
expect "a folder in no layer" 'lost/lost.c:1: the folder lost is in no layer'

printf 'layer under\n    folders under\n    sees over\nlayer over\n    folders over\n' >>"$tree/LAYERS"
expect "a layer that sees a higher one" '"over" is no layer that was named before'

echo 'colour green' >>"$tree/LAYERS"
expect "a word that LAYERS does not know" '"colour" is not understood here'

# ---- Size ----
function_of 71 | sed 's/low_count/low_long/' >>"$tree/low/low.c"
expect "a function of 71 lines" 'low_long has 71 lines, over 70'

{
    echo 'static inline int low_long(int number) MUST_CHECK {'
    lines 70
    echo '}'
} >>"$tree/low/own.h"
expect "a long function behind an attribute, in a header" 'low/own.h:5: low_long has 72 lines'

{
    printf '#define LOW_LONG \\\n'
    lines 70 | sed 's/$/ \\/'
    echo
} >>"$tree/low/low.c"
expect "a long macro" 'LOW_LONG has 72 lines'

{
    echo 'LOW(first, {'
    lines 70
    echo '})'
} >>"$tree/low/list.def"
expect "a long body in a .def file" 'low/list.def:2: LOW has 72 lines'

lines 600 | sed 's/.*/extern int low_number;/' >>"$tree/low/own.h"
expect "a file over 600 lines" 'low/own.h:604: 604 lines, over 600'

# aside/tool.sh is there, with a test and 40 others: 41 nouns, the data not counted.
for number in {1..40}; do
    write "aside/tool$number.sh" <<<$'#!/bin/sh\n# One of many.'
    write "aside/data$number.txt" <<<"$number"
    echo "tool$number.sh data$number.txt" >>"$tree/README.md"
done
write aside/tool_test.c <<<'/* The test of the tool. */'
echo aside/tool_test.c >>"$tree/build/sources"
expect "a folder with 41 nouns" 'aside:0: 41 nouns in one folder, over 40'

# ---- Style ----
echo '#if LOW_FAST' >>"$tree/low/low.c"
expect "a condition in a .c file" "low/low.c:82: #if: variants are files"

printf '#ifdef LOW_FAST\n#endif\n' >>"$tree/low/own.h"
expect "a second condition in a header" 'low/own.h:5: #ifdef: variants are files'

write low/own.h <<<'/* Private to the low layer. */'
expect "a header without a guard" 'low/own.h:1: a header has an include guard'

sed -i 1d "$tree/high/high.c"
expect "a .c file without an opening comment" 'high/high.c:1: a file starts with a comment'

printf '#!/bin/sh\necho hello\n' >"$tree/aside/tool.sh"
expect "a script without an opening comment" 'aside/tool.sh:1: a file starts with a comment'

echo 'int low_blank; ' >>"$tree/low/low.c"
expect "white space at the end of a line" 'white space at the end of the line'

for word in "TO""DO" "FIX""ME" "XX""X" "HA""CK"; do
    echo "/* $word: later. */" >>"$tree/high/high.c"
    expect "the word $word" "high/high.c:5: \"$word\": finish it"
done

echo "int MASTO""DON; char name[] = \"XX""XXXX\";" >>"$tree/high/high.c"
expect "longer words that hold such a word"

# ---- Dead files ----
write low/dead.h <<<$'/* Dead. */\n#ifndef LOW_DEAD_H\n#define LOW_DEAD_H\n#endif'
expect "a header that nobody includes" 'low/dead.h:1: a dead file: no file includes it'

write low/dead.def <<<'/* Dead. */'
expect "a list that nobody includes" 'low/dead.def:1: a dead file: no file includes it'

write high/dead.c <<<'/* Dead. */'
expect "a .c file that is not compiled" 'high/dead.c:1: a dead file: the Makefile does not compile it'

write aside/dead.sh <<<$'#!/bin/sh\n# Dead.'
expect "a script that nobody calls" 'aside/dead.sh:1: a dead file: no other file names it'

write aside/dead.md <<<'# Dead'
expect "a page that nothing leads to" 'aside/dead.md:1: a dead file: no other file names it'

write aside/data/one.wat <<<';; One.'
write aside/data/two.wat <<<';; Two.'
printf '#!/bin/sh\n# Each of the data.\nls aside/data/*.wat\n' >"$tree/aside/tool.sh"
expect "files that a script near them takes by a pattern"

write aside/data/one.wat <<<';; One.'
printf '#!/bin/sh\n# One of the data.\ncat aside/data/$1.wat\n' >"$tree/aside/tool.sh"
expect "a file whose name a script computes"

# ---- Exceptions ----
function_of 75 | sed 's/low_count/low_long/' >>"$tree/low/low.c"
echo 'function low/low.c:low_long 75' >>"$tree/tools/exceptions"
expect "an exception that is just large enough"

function_of 75 | sed 's/low_count/low_long/' >>"$tree/low/low.c"
echo 'function low/low.c:low_long 76' >>"$tree/tools/exceptions"
expect "an exception that is too large" 'tools/exceptions:2: the exception "function low/low.c:low_long" is larger than needed: lower it to 75'

function_of 75 | sed 's/low_count/low_long/' >>"$tree/low/low.c"
echo 'function low/low.c:low_long 74' >>"$tree/tools/exceptions"
expect "an exception that is too small" 'grew from 74 to 75' 'low_long has 75 lines'

echo 'lines low/low.c 601' >>"$tree/tools/exceptions"
expect "an exception that is not needed" 'tools/exceptions:2: the exception "lines low/low.c" is not needed: remove it'

printf '#ifdef A\n#endif\n#ifdef B\n#endif\n' >>"$tree/low/own.h"
echo 'condition low/own.h 2' >>"$tree/tools/exceptions"
expect "an exception that counts occurrences"

printf '#ifdef A\n#endif\n' >>"$tree/low/own.h"
echo 'condition low/own.h 2' >>"$tree/tools/exceptions"
expect "an exception that counts too many" 'lower it to 1'

echo 'lines low/low.c' >>"$tree/tools/exceptions"
expect "an exception without its number" 'an exception is three words'

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
