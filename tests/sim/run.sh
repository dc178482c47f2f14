#!/usr/bin/env bash
# The kernel simulated from seeds: tests/sim/run.sh [build/sim]
# First that a seed replays exactly, then as many seeds as two minutes allow, from a random one (or SEED). SOAK=1 runs a million. The last line
# counts runs. `build/sim --seed NUMBER --verbose` shows one.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
sim=${1:-build/sim}
jobs=$(nproc)
passed=0 failed=0

for seed in 1 2 3 4; do
    first=$("$sim" --seed $seed | tail -n 1)
    second=$("$sim" --seed $seed | tail -n 1)
    third=$("$sim" --seed $seed --steps 2999 | tail -n 1)
    if [[ $first == *hash* && $first == "$second" && $first != "$third" ]]; then
        passed=$((passed + 1))
    else
        printf 'seed %s does not replay:\n  %s\n  %s\n' "$seed" "$first" "$second"
        failed=$((failed + 1))
    fi
done

options=(--seconds "${SIM_SECONDS:-120}")
[ "${SOAK:-0}" = 0 ] || options=(--count 1000000)
[ -z "${SEED:-}" ] || options+=(--first "$SEED")
log=$(mktemp)
trap 'rm -f "$log"' EXIT
"$sim" "${options[@]}" --jobs "$jobs" | tee "$log" || true
read -r runs_passed _ runs_failed _ < <(grep -E '^[0-9]+ passed, [0-9]+ failed, 0 skipped$' "$log" | tail -n 1)
passed=$((passed + ${runs_passed:-0})) failed=$((failed + ${runs_failed:-1}))
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
