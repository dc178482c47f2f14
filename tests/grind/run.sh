#!/usr/bin/env bash
# Hostile apps against the kernel, plain and under ASan and UBSan: tests/grind/run.sh [SECONDS]. The seed is new each time, printed, and taken back
# from the environment: SEED=17. A world that fails prints the command that runs it alone. With SOAK=1 the sanitizers get an hour.
set -euo pipefail
cd "$(dirname "$(realpath "$0")")/../.."

seconds=${1:-15}
[ -z "${SOAK:-}" ] || seconds=3600
seed=${SEED:-$(($(date +%s) % 1000000000))}
export ASAN_OPTIONS=${ASAN_OPTIONS:-abort_on_error=1:detect_leaks=1:detect_stack_use_after_return=0}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
log=build/grind.log

make --no-print-directory -j"$(nproc)" build/grind build/asan/grind >"$log" 2>&1 || {
    cat "$log"
    exit 1
}
echo "grind: SEED=$seed"
passed=0 failed=0
for program in build/grind build/asan/grind; do
    status=0
    "$program" --seconds "$seconds" --seed "$seed" >"$log" 2>&1 || status=$?
    grep -vE '^(grind: SEED=|[0-9]+ passed, )' "$log" | sed "s|^|$program: |"
    counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$log" | tail -n 1 || true)
    read -r program_passed _ program_failed _ <<<"${counts:-0 passed, 1 failed, 0 skipped}"
    [ $status -eq 0 ] || [ "$program_failed" -ne 0 ] || program_failed=1
    passed=$((passed + program_passed))
    failed=$((failed + program_failed))
done

echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
