#!/usr/bin/env bash
# Runs programs that nobody here wrote in argos and in Node's WASI, and compares output, errors and exit code:
#   tests/programs/run.sh [CASE...]       all cases unless named
#
# A case is a file cases/NAME.case: the program and its arguments, one a line; then, behind an empty line, what it reads on
# standard input. ARGOS names another argos, ARGOS_FLAGS goes to `argos run`. Ends `N passed, M failed, K skipped`; programs
# that the registry did not give are skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."

argos=$(realpath "${ARGOS:-build/argos}")
here=$PWD/tests/programs
work=$PWD/build/programs
node=$(tools/node || true)
# Node's fast calls abort in node:wasi once a memory has grown.
node_flags=(--no-warnings --no-turbo-fast-api-calls)
read -r -a argos_flags <<<"${ARGOS_FLAGS:-}"
limit_s=120
passed=0 failed=0 skipped=0
mkdir -p "$work"

if [ $# -gt 0 ]; then
    cases=("${@/#/$here/cases/}")
    cases=("${cases[@]/%/.case}")
else
    cases=("$here"/cases/*.case)
fi

# Every program has its own name in one folder, and is run from there: so both engines tell it the same argument 0.
declare -A missing
while read -r name _ _ _ _; do
    status=0
    path=$("$here/fetch.sh" "$name") || status=$?
    case $status in
    0) ln -sf "$path" "$work/$name.wasm" ;;
    77)
        missing[$name]="${path##*$'\n'}"
        export OFFLINE=1 # one wait for the registry is enough
        ;;
    *)
        echo "programs: $name: ${path##*$'\n'}"
        failed=$((failed + 1))
        missing[$name]=failed
        ;;
    esac
done < <(grep -v '^#' "$here/packages")
if [ -z "$node" ]; then
    echo "programs: node is not installed (tools/setup test installs it)"
    echo "0 passed, $failed failed, ${#cases[@]} skipped"
    exit $((failed > 0))
fi

# run_case ENGINE COMMAND...: leaves its output, errors and exit code in files of the engine's name.
run_case() {
    local engine=$1 status=0
    shift
    (cd "$work" && exec timeout $limit_s "$@") <"$work/input" >"$work/$engine.out" 2>"$work/$engine.err" || status=$?
    echo "$status" >"$work/$engine.code"
}

cd "$work"
for file in "${cases[@]}"; do
    case=$(basename "$file" .case)
    mapfile -t words < <(sed '/^$/,$d' "$file")
    sed '1,/^$/d' "$file" >"$work/input"
    program=${words[0]}
    if [ -n "${missing[$program]:-}" ]; then
        echo "programs: $case skipped: ${missing[$program]}"
        skipped=$((skipped + 1))
        continue
    fi
    run_case node "$node" "${node_flags[@]}" "$here/node_wasi.mjs" "$program.wasm" "${words[@]:1}"
    start=$EPOCHREALTIME
    run_case argos "$argos" run "${argos_flags[@]}" "$program.wasm" "${words[@]:1}"
    seconds=$(awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $start }")
    # After a trap argos adds its kind, the place and a backtrace; of these Node has the kind.
    if [ "$(cat argos.code)" -eq 134 ]; then
        sed -i "s/^argos: $program.wasm: \(.*\) in function .*/trap: \1/; /^    #[0-9]* /d" argos.err
    fi
    different=
    for part in code out err; do
        cmp -s "$work/node.$part" "$work/argos.$part" || different+=" $part"
    done
    if [ -z "$different" ]; then
        passed=$((passed + 1))
        echo "$case: exit code $(cat argos.code), $(wc -c <argos.out) bytes out, $(wc -c <argos.err) bytes of errors, $seconds s"
    else
        failed=$((failed + 1))
        echo "$case: differs from Node in$different ($seconds s; Node's first)"
        for part in $different; do
            diff "$work/node.$part" "$work/argos.$part" | head -n 12 || true
        done
    fi
done

echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
