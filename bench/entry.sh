#!/usr/bin/env bash
# What calls between C and compiled code cost: bench/entry.sh [--check]
# Prints nanoseconds and instructions a round for each scenario of bench/entry.c, and of bench/message.c those of the kernel; then what grows with
# the number of apps, and what Linux takes for such things (bench/linux.c). docs/bench.md says what they are.
#   --check    only compares the instructions with the limits below; ends `N passed, M failed, K skipped`
set -euo pipefail
cd "$(dirname "$0")/.."

# Scenario, and the most instructions that a round may take: what it takes with Debian's gcc 12, and three. Whoever makes it take fewer
# lowers the number.
limits='
enter       60
call       225
import      34
native      50
array      272
nested     107
round-trip 147
wasi       110
kernel-call 486
kernel-turn 172
'
rounds=20000000
out=build/bench

# The words that run so many rounds of a scenario, in `command`.
command_for() {
    case $1 in
    kernel-turn) command=("$out/message" build/programs/tests/empty.wasm turn "$2") ;;
    kernel-*) command=("$out/message" build/programs/tests/round.wasm "${1#kernel-}" "$2") ;;
    *) command=("$out/entry" "$out/entry.wasm" "$1" "$2") ;;
    esac
}

count_instructions() {
    command_for "$1" "$2"
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "${command[@]}" 2>&1 >/dev/null |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

# Instructions of a round: what a run with more of them takes beyond one with fewer.
instructions_of() {
    local few many
    few=$(count_instructions "$1" 1000)
    many=$(count_instructions "$1" 3000)
    awk "BEGIN { printf \"%.0f\", ($many - $few) / 2000 }"
}

build() {
    mkdir -p $out
    wat2wasm bench/entry.wat -o $out/entry.wasm
    make --no-print-directory --silent build/programs/tests/{round,empty,touch}.wasm >&2
    local program
    for program in entry message; do
        gcc -D_GNU_SOURCE= -std=c17 -O2 -I. "bench/$program.c" -o "$out/$program" -Wl,--undefined=panic -Wl,--start-group \
            build/linux.a build/kernel.a build/wasi.a build/wasm.a build/base.a -Wl,--end-group -lpthread
    done
    gcc -D_GNU_SOURCE= -std=c17 -O2 bench/linux.c -o $out/linux -lpthread
}

has_valgrind() {
    command -v valgrind >/dev/null
}

check_run() {
    local passed=0 failed=0 skipped=0 name limit count
    while read -r name limit; do
        if [ -z "$name" ]; then
            continue
        elif ! has_valgrind; then
            echo "bench: entry $name skipped, valgrind is not installed"
            skipped=$((skipped + 1))
            continue
        fi
        count=$(instructions_of "$name")
        if [ "$count" -gt 0 ] && [ "$count" -le "$limit" ]; then
            passed=$((passed + 1))
        else
            echo "bench: entry $name takes $count instructions, at most $limit are allowed"
            failed=$((failed + 1))
        fi
    done <<<"$limits"
    echo "$passed passed, $failed failed, $skipped skipped"
    [ $failed -eq 0 ]
}

table_run() {
    local name limit count interpreted
    printf '%-12s %9s %13s %15s\n' entry ns instructions 'interpreted ns'
    while read -r name limit; do
        [ -n "$name" ] || continue
        count=-
        ! has_valgrind || count=$(instructions_of "$name")
        interpreted=-
        [[ $name == kernel-* ]] || interpreted=$($out/entry $out/entry.wasm "$name" $((rounds / 10)) interpret)
        command_for "$name" $((rounds / 10))
        printf '%-12s %9s %13s %15s\n' "$name" "$("${command[@]}")" "$count" "$interpreted"
    done <<<"$limits"
    printf '%-12s %9s\n' trap "$($out/entry $out/entry.wasm trap 20000)"
}

# fastest COMMAND...: the least of five runs.
fastest() {
    for _ in 1 2 3 4 5; do
        "$@"
    done | sort -n | head -n 1
}

apps_run() {
    local apps name
    printf '\n%-12s %9s %15s\n' 'turn of' 'empty ns' 'one word, ns'
    for apps in 10 1000 10000; do
        printf '%-12s %9s %15s\n' "$apps apps" "$(fastest $out/message build/programs/tests/empty.wasm turn 2000000 $apps)" \
            "$(fastest $out/message build/programs/tests/touch.wasm turn 2000000 $apps)"
    done
    printf '%-12s %9s\n' 'start' "$(fastest $out/message build/programs/tests/round.wasm start 5000)"
    printf '\n%-12s %9s\n' 'Linux' ns
    for name in eventfd pipe socket getpid spawn thread; do
        printf '%-12s %9s\n' "$name" "$(fastest $out/linux $name)"
    done
}

# A block that goes to another app, which looks at each page and answers; of what was moved two ways are in a round, the other goes back.
blocks_run() {
    local bytes mode rounds row
    printf '\n%-12s %9s %9s %9s %9s %9s %9s %9s\n' 'block, ns' copy move lend mutable share memcpy mremap
    for bytes in 64 4096 65536 1048576 16777216; do
        rounds=$((bytes > 65536 ? 3200 * 65536 / bytes : 20000))
        row=
        for mode in 1 2 3 4 5; do
            # No app has room for copies of more than 1 MiB.
            if [ $mode = 1 ] && [ $bytes -gt 1048576 ]; then
                row+=' -'
            else
                row+=" $(fastest $out/message build/programs/tests/round.wasm pass $rounds $bytes $mode)"
            fi
        done
        row+=" $(fastest $out/linux memcpy $bytes)"
        [ $bytes -lt 4096 ] && row+=' -' || row+=" $(fastest $out/linux mremap $bytes)"
        # shellcheck disable=SC2086
        printf '%-12s %9s %9s %9s %9s %9s %9s %9s\n' $bytes $row
    done
}

build
if [ "${1:-}" = --check ]; then
    check_run
else
    table_run
    apps_run
    blocks_run
fi
