#!/usr/bin/env bash
# The differential fuzzer: modules that `wasm-opt -ttf` makes of random bytes run in V8 (Node) and in our engine; results,
# traps, the memory after each call and all globals must be the same.
#
#   tests/fuzz/differential.sh SECONDS [SEED]         the seed also from the environment; a new one each time otherwise
#   tests/fuzz/differential.sh --replay FILE.wasm...  runs modules again and shows the difference
#
# Ends `N passed, M failed, K skipped`, counting modules. Those that differ are kept in build/fuzz/failures. Exits with 77
# when a tool is not installed.
set -euo pipefail
cd "$(dirname "$0")/../.."

batch_size=40
here=tests/fuzz/differential
failures=build/fuzz/failures
execute=build/fuzz/execute
node=$(tools/node || echo node-20)
node_flags=(--experimental-wasm-type-reflection --experimental-wasm-return-call)
archives=(build/support.a build/linux.a build/wasm.a build/base.a)

for tool in "$node" wasm-opt wasm2wat wat2wasm; do
    if ! command -v "$tool" >/dev/null; then
        echo "differential: $tool is not installed (tools/setup test installs it)"
        echo "0 passed, 0 failed, 1 skipped"
        exit 77
    fi
done
make -s "${archives[@]}"
mkdir -p $failures
gcc -std=c17 -D_GNU_SOURCE= -O2 -g -I. $here/execute.c -o $execute \
    -Wl,--undefined=panic -Wl,--start-group "${archives[@]}" -Wl,--end-group -lpthread

# compare FOLDER FILE...: all outputs into the folder, and what differs: the interpreter from V8, and compiled code, with and without
# checked bounds, from the interpreter, of which the frames of traps must be the same, too. Last the number of modules where nothing does.
compare() {
    local folder=$1 path argos_files=()
    shift
    for path in "$@"; do
        argos_files+=("$path")
        [ ! -e "${path%.wasm}.plain.wasm" ] || argos_files+=("${path%.wasm}.plain.wasm")
    done
    timeout 120 "$node" "${node_flags[@]}" $here/execute.mjs "$@" >"$folder/node.out" 2>"$folder/node.err" ||
        echo "differential: node ended with $?" >>"$folder/node.err"
    timeout 600 $execute "${argos_files[@]}" >"$folder/argos.out" 2>"$folder/argos.err" || true
    timeout 600 $execute --offsets "$@" >"$folder/interpreted.out" 2>>"$folder/argos.err" || true
    timeout 600 $execute --offsets --compile "$@" >"$folder/compiled.out" 2>>"$folder/argos.err" || true
    timeout 600 $execute --offsets --compile --bounds "$@" >"$folder/checked.out" 2>>"$folder/argos.err" || true
    "$node" $here/compare.mjs "$folder"
}

if [ "${1:-}" = --replay ]; then
    shift
    folder=$(mktemp -d)
    compare "$folder" "$@"
    cat "$folder/node.err" "$folder/argos.err"
    diff "$folder/node.out" <(awk '/^== / { plain = /\.plain\.wasm$/ } !plain' "$folder/argos.out") | head -n 40 || true
    for way in compiled checked; do
        diff "$folder/interpreted.out" "$folder/$way.out" | head -n 40 || true
    done
    rm -r "$folder"
    exit
fi

seconds=${1:?seconds}
seed=${2:-${SEED:-$(($(date +%s) % 1000000000))}}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo "differential: SEED=$seed"

passed=0 failed=0 first=0
while [ $SECONDS -lt "$seconds" ]; do
    rm -f "$folder"/*
    mapfile -t names < <("$node" $here/generate.mjs "$folder" "$seed" $first $batch_size)
    first=$((first + batch_size))
    [ ${#names[@]} -gt 0 ] || continue
    paths=("${names[@]/#/$folder/}")
    mapfile -t lines < <(compare "$folder" "${paths[@]/%/.wasm}" | sed "s|$folder/||")
    # A dead node leaves modules without output: they did not pass, whatever the count says.
    same=${lines[-1]}
    if ! [[ $same =~ ^[0-9]+$ ]]; then
        same=0
    fi
    passed=$((passed + same))
    failed=$((failed + ${#names[@]} - same))
    for line in "${lines[@]:0:${#lines[@]}-1}"; do
        name=${line%%:*}
        name=${name%.wasm}
        name=${name%.plain}
        cp "$folder/$name.wasm" "$folder/$name.plain.wasm" $failures/
        echo "$line"
        echo "    tests/fuzz/differential.sh --replay $failures/$name.wasm"
    done
    if [ "$(grep -c "^== " "$folder/node.out")" -ne ${#names[@]} ]; then
        cp "$folder/node.err" $failures/node.err
        echo "differential: Node did not run every module; its errors are in $failures/node.err"
    fi
done

echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
