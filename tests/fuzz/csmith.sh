#!/usr/bin/env bash
# Random C programs (csmith): compiled by gcc, and by clang to WebAssembly in several ways, they must print the same checksum.
#
#   tests/fuzz/csmith.sh SECONDS [SEED]      program N of a seed is csmith's of the seed SEED + N
#
# Ends `N passed, M failed, K skipped`, counting programs. Those that differ are kept in build/fuzz/failures. Exits with 77 when a tool is not
# installed.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:?seconds}
seed=${2:-${SEED:-$(($(date +%s) % 1000000000))}}
failures=build/fuzz/failures
include=/usr/include/csmith
ways=('-O0' '-O1' '-O2 -msimd128 -mbulk-memory -msign-ext' '-O3 -mnontrapping-fptoint -mtail-call')
export ARGOS_CACHE=

for tool in csmith gcc clang build/argos; do
    if ! command -v $tool >/dev/null; then
        echo "csmith: $tool is not here (tools/setup test installs it)"
        echo "0 passed, 0 failed, 1 skipped"
        exit 77
    fi
done
mkdir -p $failures
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "csmith: SEED=$seed"

# run_ways NAME EXPECTED: false, and a line, when one of them prints something else.
run_ways() {
    local way options printed
    for way in "${ways[@]}"; do
        read -r -a options <<<"$way"
        clang --target=wasm32-wasi -w "${options[@]}" -I$include "$work/program.c" -o "$work/program.wasm"
        printed=$(timeout 120 build/argos run "$work/program.wasm" 2>&1) || true
        if [ "$printed" != "$2" ]; then
            echo "csmith --seed $1 --no-packed-struct, clang $way: \"${printed:0:200}\" instead of \"$2\""
            cp "$work/program.c" "$failures/csmith-$1.c"
            cp "$work/program.wasm" "$failures/csmith-$1.wasm"
            return 1
        fi
    done
}

passed=0 failed=0
for ((number = seed; SECONDS < seconds; number++)); do
    (cd "$work" && csmith --seed "$number" --no-packed-struct >program.c) # it leaves a file where it runs
    gcc -w -O1 -I$include "$work/program.c" -o "$work/native"
    # Some never end.
    expected=$(timeout 2 "$work/native") || continue
    if run_ways "$number" "$expected"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
