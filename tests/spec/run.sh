#!/usr/bin/env bash
# Runs WebAssembly test scripts (*.wast): tests/spec/run.sh [build/spec [OPTION]...]
# Those of this project (tests/wast), and those of the specification where the folder ../shared/spec (or $SPEC) has them.
# Debian's wabt turns each into JSON and modules beside the runner, in spec-json/; what is newer than its script
# is kept. The last line counts: N passed, M failed, K skipped.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
runner=${1:-$root/build/spec}
[ $# -eq 0 ] || shift
case $runner in /*) ;; *) runner=$(pwd)/$runner ;; esac
suite=${SPEC:-$root/../shared/spec}
json=$(dirname "$runner")/spec-json

command -v wast2json >/dev/null || {
    echo "wast2json is not there: install the package wabt (tools/setup does)" >&2
    exit 1
}

# Convert script $1, as it is called from the current folder, into folder $2, whole or not at all. wabt complains about
# the types of function references and about results that cannot be, and writes the right thing; it failed when it wrote
# nothing.
convert() {
    name=$(basename "$1" .wast)
    [[ $2/$name.json -nt $1 ]] && return
    rm -rf "$2" "$2.part"
    mkdir -p "$2.part"
    if ! wast2json --enable-all "$1" -o "$2.part/$name.json" 2>"$2.part/errors" || [ ! -f "$2.part/$name.json" ]; then
        cat "$2.part/errors" >&2
        exit 1
    fi
    mv "$2.part" "$2"
}

# A runner that lets everything pass would be no test: each assertion of this script is wrong, and must fail.
cd "$root"
wrong=$json/wrong
convert tests/spec/wrong.wast "$wrong"
assertions=$(grep -c '^(assert_' tests/spec/wrong.wast)
modules=$(grep -c '^(module' tests/spec/wrong.wast)
if ! "$runner" "$wrong" | grep -qx "$modules passed, $assertions failed, 0 skipped"; then
    echo "the runner passes what is wrong: see $runner $wrong" >&2
    exit 1
fi

scripts=()
for script in tests/wast/*.wast; do
    folder=$json/own/$(basename "$script" .wast)
    convert "$script" "$folder"
    scripts+=("$folder")
done

# The threads proposal's tests assert version 1.0 and shared memory; exceptions.def says what holds of them here.
if [ -d "$suite" ]; then
    cd "$suite"
    for script in *.wast proposals/*/*.wast; do
        folder=$json/suite/${script%.wast}
        convert "$script" "$folder"
        scripts+=("$folder")
    done
else
    echo "The specification's own tests are not here (there is no folder $suite): only the project's scripts run."
fi
if [ $# -gt 0 ]; then
    "$runner" "$@" "${scripts[@]}"
    exit
fi

ways=('--executor interpret' '--executor interpret --bounds check' '--executor compile' '--executor compile --bounds check' '--executor compile --features none')
# Other ways to compile: each pass left out, each alone, fast, without features, with the checkers. SOAK=1 tries all, else the seed chooses four.
other=('--fast' '--fast --check' '--fast --features none' '--fast --bounds check' '--check' '--features none --check' '--bounds check --check')
while read -r pass; do
    other+=("--without $pass" "--only $pass" "--without $pass --check" "--only $pass --check" "--only $pass --features none")
done < <(sed -n 's/^PASS([^"]*"\([a-z]*\)".*/\1/p' "$root/wasm/compile/optimize/passes.def")
if [ "${SOAK:-0}" != 1 ]; then
    export SEED=${SEED:-$(($(date +%s) % 1000000000))}
    echo "SEED=$SEED"
    mapfile -t other < <(printf '%s\n' "${other[@]}" | shuf -n 4 --random-source=<(yes "$SEED"))
fi
for way in "${other[@]}"; do
    ways+=("--executor compile $way")
done

# Each way of running code must pass all of it, and tell of each trap the same: where it was, and all calls that led there.
passed=0 failed=0 skipped=0
traps=$(dirname "$runner")/spec-traps
rm -rf "$traps"
mkdir "$traps"
for way in "${ways[@]}"; do
    echo "$way:"
    read -r -a options <<<"$way"
    output=$("$runner" "${options[@]}" --traps "$traps/$way" "${scripts[@]}") || true
    echo "$output"
    if ! difference=$(diff "$traps/--executor interpret" "$traps/$way"); then
        echo "$difference" | head -n 20
        failed=$((failed + $(grep -c '^[<>]' <<<"$difference")))
    fi
    read -r way_passed _ way_failed _ way_skipped _ <<<"$(tail -n 1 <<<"$output")"
    passed=$((passed + way_passed)) failed=$((failed + way_failed)) skipped=$((skipped + way_skipped))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
