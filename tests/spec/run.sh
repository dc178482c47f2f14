#!/bin/sh
# Runs WebAssembly test scripts (*.wast): tests/spec/run.sh [build/spec [OPTION]...]
# First those of this project (tests/wast), then the specification's, where the folder ../shared/spec (or $SPEC) has
# them. Debian's wabt turns each into JSON and modules beside the runner, in spec-json/; what is newer than its script
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

# Convert script $1, as it is called from the current folder, into folder $2, whole or not at all. The exit code alone
# says that it failed: wabt complains about the types of function references, and writes the right thing.
convert() {
    name=$(basename "$1" .wast)
    [ "$2/$name.json" -nt "$1" ] && return
    rm -rf "$2" "$2.part"
    mkdir -p "$2.part"
    if ! wast2json --enable-all "$1" -o "$2.part/$name.json" 2>"$2.part/errors"; then
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

status=0
scripts=
for script in tests/wast/*.wast; do
    folder=$json/own/$(basename "$script" .wast)
    convert "$script" "$folder"
    scripts="$scripts $folder"
done
echo "The project's own scripts:"
# shellcheck disable=SC2086 # a list of folders whose names we make
"$runner" "$@" $scripts || status=1

if [ ! -d "$suite" ]; then
    echo "The specification's own tests are not here (no folder $suite), so only the project's scripts ran."
    exit $status
fi

# The threads proposal's tests assert version 1.0 and shared memory; exceptions.def says what holds of them here.
cd "$suite"
scripts=
for script in *.wast proposals/*/*.wast; do
    folder=$json/suite/${script%.wast}
    convert "$script" "$folder"
    scripts="$scripts $folder"
done
echo "The specification's scripts:"
# shellcheck disable=SC2086
"$runner" "$@" $scripts || status=1
exit $status
