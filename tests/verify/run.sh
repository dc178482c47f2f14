#!/usr/bin/env bash
# Verifies compiled code: tests/verify/run.sh [build/verify]
# First the cases by hand; then all code that the compiler makes of the specification's modules (where `make spec` left them), of modules
# that wasm-opt makes of random bytes, of the fuzzers' modules, of the samples and the programs from npm (where tests/programs left them), with some
# of the emitted bits changed. The last line counts modules and cases. SOAK=1 changes more.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
verify=$(realpath "${1:-$root/build/verify}")
build=$(dirname "$verify")
cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/argos-programs
seed=${SEED:-$(($(date +%s) % 1000000000))}
bits=20 random_modules=40 random_pairs=25 jobs=$(nproc)
if [ "${SOAK:-0}" = 1 ]; then
    bits=200 random_modules=2000 random_pairs=5000
fi
cd "$root"
echo "SEED=$seed"
export SEED=$seed
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

# count COMMAND...: runs the verifier, and adds its counts.
count() {
    local line
    "$@" >"$work/out" || true
    grep -vE '^[0-9]+ passed, |^SEED=' "$work/out" || true
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$work/out" | tail -n 1 || true)
    if [ -z "$line" ]; then
        echo "the verifier did not come to its end"
        failed=$((failed + 1))
        return
    fi
    read -r one_passed _ one_failed _ one_skipped _ <<<"$line"
    passed=$((passed + one_passed)) failed=$((failed + one_failed)) skipped=$((skipped + one_skipped))
}

skip() {
    echo "$*: skipped"
    skipped=$((skipped + 1))
}

# The modules of the fuzzers: those of tests/random, and where Node is, those of tests/fuzz/differential.
make_fuzzed() {
    local node
    mkdir -p "$work/fuzzed"
    "$build/random" --seed "$seed" --count $random_pairs --write "$work/fuzzed"
    node=$(tools/node || true)
    if [ -n "$node" ] && command -v wasm-opt wasm2wat wat2wasm >/dev/null; then
        "$node" tests/fuzz/differential/generate.mjs "$work/fuzzed" "$seed" 0 $((random_pairs / 2)) >/dev/null
    fi
}

# Modules that wasm-opt makes of bytes that a seed makes.
make_random() {
    local number
    mkdir -p "$work/random"
    for ((number = 0; number < random_modules; number++)); do
        openssl enc -aes-128-ctr -pass "pass:$seed.$number" -nosalt -pbkdf2 -iter 1 -in /dev/zero 2>/dev/null | head -c 4000 >"$work/bytes" || true
        wasm-opt -ttf --enable-simd --enable-bulk-memory --enable-sign-ext --enable-nontrapping-float-to-int --enable-multivalue \
            "$work/bytes" -o "$work/random/$number.wasm" 2>/dev/null || true
    done
}

count "$verify" --cases
if [ -d "$build/spec-json" ]; then
    echo "the specification's modules:"
    count "$verify" --jobs "$jobs" --mutate "$bits" --percent 5 "$build/spec-json/own" "$build/spec-json/suite"
else
    skip "the specification's modules are not here (make spec makes them)"
fi
if command -v wasm-opt >/dev/null && command -v openssl >/dev/null; then
    make_random
    echo "random modules:"
    count "$verify" --jobs "$jobs" --mutate "$bits" --percent 5 "$work/random"
else
    skip "wasm-opt or openssl is not here"
fi
make_fuzzed
echo "the fuzzers' modules:"
count "$verify" --jobs "$jobs" --mutate "$bits" --percent 5 "$work/fuzzed"
mapfile -t programs < <(find "$build/programs" "$build/bench" "$cache" -name '*.wasm' -size +0 2>/dev/null | sort)
if [ ${#programs[@]} -gt 0 ]; then
    echo "samples and real programs:"
    count "$verify" --jobs "$jobs" --verbose --mutate 4 --percent 1 "${programs[@]}"
else
    skip "no program is here (tests/programs/run.sh makes and fetches them)"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
