#!/bin/sh
# Builds the programs of this folder for WASI and runs them with argos: output and exit code must be as expected, and
# where Node is there and its WASI does the same, equal to Node's.
#
#   tests/wasi/run.sh [BUILD]     BUILD: the folder that has argos (default: build)
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${1:-build}
here=tests/wasi
out=build/tests/wasi
argos="$build/argos run"
node=$(tools/node || true)
node=${node:+$node --no-turbo-fast-api-calls tests/node_wasi.mjs}
passed=0 failed=0 skipped=0

# A case starts with begin, fails once or not at all, and is counted by end.
begin() {
    problem=
}

fail() {
    echo "tests/wasi: $1"
    problem=1
}

end() {
    if [ -z "$problem" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
}

# same EXPECTED FILE WHAT
same() {
    diff -u "$1" "$2" || fail "$3 is not as expected"
}

command -v clang >/dev/null || {
    echo "tests/wasi: no clang; install clang, lld, wasi-libc and libclang-rt-14-dev-wasm32 (tools/setup does)"
    exit 1
}
[ -x "$build/argos" ] || {
    echo "tests/wasi: $build/argos is not there; run make first"
    exit 1
}
mkdir -p "$out"

# ---- Build ----

# compile RESULT SOURCE COMMAND...: when it is older than its source.
compile() {
    result=$out/$1.wasm source=$here/$2
    shift 2
    [ -n "$(find "$result" -newer "$source" 2>/dev/null)" ] && return 0
    begin
    "$@" "$source" -o "$result" || fail "$source does not compile"
    [ -z "$problem" ] || end
}

for source in "$here"/*.c; do
    name=$(basename "$source" .c)
    # Memory of a known size: hostile.c relies on an unused end.
    compile "$name" "$name.c" clang --target=wasm32-wasi -O2 -Wall -Wextra -Werror -Wl,--initial-memory=4194304
done
compile library_cpp library.cpp clang++ --target=wasm32-wasi -O2 -fno-exceptions -Wall -Wextra -Werror
rust=/usr/bin/rustc
if [ -x "$rust" ]; then
    compile library_rust library.rs "$rust" -O --target wasm32-wasi
else
    echo "tests/wasi: no $rust, so the Rust program is left out"
    skipped=$((skipped + 1))
fi

# ---- Run ----

# Runs the program with standard input from a file or, with PIPE=1, from a pipe.
run() {
    result=$1
    shift
    if [ "${PIPE:-0}" = 1 ]; then
        { cat "$out/input"; } | timeout 60 "$@" >"$out/$result.out" 2>"$out/$result.err"
    else
        timeout 60 "$@" <"$out/input" >"$out/$result.out" 2>"$out/$result.err"
    fi
}

# check OUTPUT CODE PROGRAM [ARGUMENT...]: standard output must be the file OUTPUT of expected/, and standard error the file
# ERRORS where that is set. ENVIRONMENT holds options. With COMPARE=1 Node must do the same.
check() {
    case=${1%.out} code=$2 program=$out/$3.wasm
    shift 3
    [ -f "$program" ] || return
    begin
    run "$case" $argos ${ENVIRONMENT:-} "$program" "$@"
    found=$?
    [ "$found" = "$code" ] || fail "$case: exit code $found, not $code: $(head -c 300 "$out/$case.err")"
    same "$here/expected/$case.out" "$out/$case.out" "$case: standard output"
    if [ -n "${ERRORS:-}" ]; then
        same "$here/expected/$ERRORS" "$out/$case.err" "$case: standard error"
    fi
    if [ "${COMPARE:-0}" = 1 ] && [ -n "$node" ]; then
        run "$case.node" $node ${ENVIRONMENT:-} "$program" "$@"
        found=$?
        [ "$found" = "$code" ] || fail "$case: Node's exit code is $found, ours $code"
        cmp "$out/$case.node.out" "$out/$case.out" || fail "$case: Node's standard output is another"
    fi
    end
}

input() {
    printf "$1" >"$out/input"
}

input ''
ENVIRONMENT='--env GREETING=hi --env B=2=3' COMPARE=1 check arguments.out 0 arguments a 'b c' '' --env -x 'ü"$'
COMPARE=1 check arguments_none.out 0 arguments
COMPARE=1 check clocks.out 0 clocks
COMPARE=1 check random.out 0 random
ERRORS=absent.err check absent.out 0 absent

input 'one\ntwo three\n\nfour'
COMPARE=1 ERRORS=echo.err check echo.out 0 echo
PIPE=1 COMPARE=1 ERRORS=echo.err check echo.out 0 echo
# Longer than every buffer on the way.
i=0
while [ $i -lt 3000 ]; do
    echo "line $i of some length, so that a pipe is filled more than once, and a buffer of any size is too"
    i=$((i + 1))
done >"$out/input"
cp "$out/input" "$out/long.expected"
for PIPE in 0 1; do
    begin
    run long $argos "$out/echo.wasm" && cmp "$out/long.expected" "$out/long.out" || fail "echo of a long input with PIPE=$PIPE"
    end
done
PIPE=0

input 'line\n'
check waiting.out 0 waiting
PIPE=1 check waiting.out 0 waiting

input 'abcdefgh'
check streams.out 0 streams
PIPE=1 check streams.out 0 streams

input 'the cat and the dog and the bird\n'
COMPARE=1 check library_cpp.out 5 library_cpp
ENVIRONMENT='--env GREETING=hello' COMPARE=1 ERRORS=library_rust.err check library_rust.out 21 library_rust 1 'two three'

input ''
COMPARE=1 check return.out 0 ending return 0
COMPARE=1 check return.out 7 ending return 7
COMPARE=1 check return.out 255 ending exit 255
COMPARE=1 check quick.out 200 ending quick 200
check raise.out 0 ending raise 16
check quick.out 143 ending raise 15
check quick.out 134 ending trap
check quick.out 134 ending abort
check quick.out 134 ending deep

# A terminal, where there is a way to have one.
if command -v script >/dev/null; then
    begin
    script -qec "$argos $out/streams.wasm" /dev/null </dev/null 2>&1 | tr -d '\r' | grep -v '^seek' >"$out/terminal.out"
    same "$here/expected/terminal.out" "$out/terminal.out" "output to a terminal"
    end
else
    echo "tests/wasi: no script command, so nothing is run on a terminal"
    skipped=$((skipped + 1))
fi

# Nobody reads any more: the signal ends us, as it ends any program, and where it is ignored the program is told. Whoever
# runs this may have it ignored from the start. flood CODE [OTHER_CODE]
flood() {
    { timeout 60 $argos "$out/flood.wasm" 2>"$out/flood.err"; echo $? >"$out/flood.code"; } | head -n 1 >"$out/flood.out"
    same "$here/expected/flood.out" "$out/flood.out" "flood: standard output"
    code=$(cat "$out/flood.code")
    [ "$code" = "$1" ] || [ "$code" = "${2:-$1}" ] || fail "flood: exit code $code, not $1"
}
begin
flood 141 4
trap '' PIPE
flood 4
trap - PIPE
same "$here/expected/flood.err" "$out/flood.err" "flood: standard error"
end

# Input that comes later than it is asked for.
begin
{ sleep 0.5; echo late; sleep 0.2; } | timeout 60 $argos "$out/nonblocking.wasm" >"$out/nonblocking.out"
same "$here/expected/nonblocking.out" "$out/nonblocking.out" "nonblocking: standard output"
end

begin
timeout 120 $argos ${SEED:+--env SEED=$SEED} "$out/hostile.wasm" </dev/zero >/dev/null 2>"$out/hostile.err" ||
    fail "hostile: exit code $?"
end
cat "$out/hostile.err"

# Handlers that answer anything to anything; so a program may come to wait for what never comes, and be told.
make --no-print-directory --silent build/programs/tests/babble.wasm
babble=build/programs/tests/babble.wasm
seed=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
for step in 0 1 2 3; do
    begin
    timeout 60 $argos --env SEED=$((seed + step)) --grant console=$babble --grant clock=$babble --grant random=$babble "$out/hostile.wasm" \
        >/dev/null 2>"$out/babble.err"
    found=$?
    [ $found = 0 ] || grep -q 'it waits for a message' "$out/babble.err" || fail "babble with SEED=$((seed + step)): exit code $found"
    end
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
