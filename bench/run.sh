#!/usr/bin/env bash
# Native, Node and argos side by side: bench/run.sh [--smoke] [--only NAME] [--runs N] [--kernels|--starts|--compile]
#   --smoke    every kernel once at a hundredth of its size; only compares checksums, and the instructions of calls with their limits;
#              ends `N passed, M failed, K skipped`
#   --only     one kernel and nothing else
#   --runs     rounds of which the fastest counts; 3 unless told
#   --kernels  the table of kernels and nothing else
#   --starts   the table of starts and nothing else
#   --compile  the table of the compiler's speed and nothing else
# ARGOS_FLAGS goes to `argos run` (for example: --executor interpret), NODE names another node. docs/bench.md says how to
# read what is printed.
set -euo pipefail
cd "$(dirname "$0")/.."

smoke=0 only='' runs=3 extras=1 starts=0 compile=0
while [ $# -gt 0 ]; do
    case $1 in
    --smoke) smoke=1 ;;
    --only) only=$2 extras=0 && shift ;;
    --runs) runs=$2 && shift ;;
    --kernels) extras=0 ;;
    --starts) starts=1 ;;
    --compile) compile=1 ;;
    *) sed -n '2,11s/^# //p' "$0" && exit 2 ;;
    esac
    shift
done

out=build/bench
argos=${ARGOS:-build/argos}
node=$(tools/node || true)
read -r -a argos_flags <<<"${ARGOS_FLAGS:-}"
# Node's fast calls abort in node:wasi once a memory has grown; both ways of tiering do without them.
node_flags=(--no-warnings --no-turbo-fast-api-calls)
mkdir -p $out

# ---- Building ----

# newer FILE SOURCE...: whether FILE is there and newer than all sources.
newer() {
    local file=$1
    shift
    for source in "$@"; do
        [ "$file" -nt "$source" ] || return 1
    done
}

# The flags that a kernel asks for on its "wasm flags:" line.
wasm_flags() {
    sed -n 's/^.*wasm flags: *\([^*]*\).*$/\1/p' "$1"
}

build_kernel() {
    local source=bench/kernels/$1.c flags
    read -r -a flags <<<"$(wasm_flags "$source")"
    newer "$out/$1" "$source" bench/kernel.h || gcc -O2 -I. "$source" -o "$out/$1" -lm
    newer "$out/$1.wasm" "$source" bench/kernel.h ||
        clang --target=wasm32-wasi -O2 "${flags[@]}" -I. "$source" -o "$out/$1.wasm"
}

build_tools() {
    newer $out/driver bench/driver.c || gcc -D_GNU_SOURCE -O2 bench/driver.c -o $out/driver
    newer $out/hello.wasm bench/hello.c || clang --target=wasm32-wasi -O2 bench/hello.c -o $out/hello.wasm
}

build_decode() {
    [ -e build/wasm.a ] &&
        gcc -D_GNU_SOURCE= -std=c17 -O2 -I. bench/decode.c -o $out/decode -Wl,--start-group build/linux.a build/wasm.a build/base.a -Wl,--end-group
}

kernels() {
    if [ -n "$only" ]; then
        echo "$only"
    else
        find bench/kernels -name '*.c' -printf '%f\n' | sed 's/\.c$//' | sort
    fi
}

# ---- Executors ----

# command EXECUTOR KERNEL [SCALE]: its arguments, one a line, as the driver reads them.
command_of() {
    local executor=$1 kernel=$2
    shift 2
    case $executor in
    native) printf '%s\n' "$out/$kernel" "$@" ;;
    node) printf '%s\n' "$node" "${node_flags[@]}" bench/node_wasi.mjs "$out/$kernel.wasm" "$@" ;;
    node-opt) printf '%s\n' "$node" "${node_flags[@]}" --no-liftoff bench/node_wasi.mjs "$out/$kernel.wasm" "$@" ;;
    argos-check) printf '%s\n' "$argos" run --bounds check "${argos_flags[@]}" "$out/$kernel.wasm" "$@" ;;
    argos) printf '%s\n' "$argos" run "${argos_flags[@]}" "$out/$kernel.wasm" "$@" ;;
    esac
}

executors=(native)
[ -z "$node" ] || executors+=(node node-opt)
[ ! -x "$argos" ] || executors+=(argos argos-check)

# ---- Smoke: the same checksum everywhere ----

smoke_run() {
    local passed=0 failed=0 skipped=0 expected printed executor arguments
    for kernel in $(kernels); do
        build_kernel "$kernel"
        expected=$("$out/$kernel" 1)
        for executor in node argos argos-check; do
            if [[ " ${executors[*]} " != *" $executor "* ]]; then
                skipped=$((skipped + 1))
                continue
            fi
            mapfile -t arguments < <(command_of $executor "$kernel" 1)
            if printed=$("${arguments[@]}" 2>&1) && [ "$printed" = "$expected" ]; then
                passed=$((passed + 1))
            else
                echo "bench: $kernel on $executor printed '$printed', natively '$expected'"
                failed=$((failed + 1))
            fi
        done
    done
    if [ -z "$only" ] && [ -e build/wasm.a ]; then
        smoke_calls
    fi
    echo "$passed passed, $failed failed, $skipped skipped"
    [ $failed -eq 0 ]
}

# Adds what bench/entry.sh counts.
smoke_calls() {
    local printed calls_passed=0 calls_failed=1 calls_skipped=0
    printed=$(bench/entry.sh --check) || true
    sed '$d' <<<"$printed"
    read -r calls_passed _ calls_failed _ calls_skipped _ <<<"$(tail -n 1 <<<"$printed")"
    passed=$((passed + calls_passed))
    failed=$((failed + calls_failed))
    skipped=$((skipped + calls_skipped))
}

# ---- The table ----

# One row: user CPU time of the native run, and how many times as long each other executor took.
measure_kernel() {
    local kernel=$1 files=() times i
    for executor in "${executors[@]}"; do
        command_of "$executor" "$kernel" >"$out/command.$executor"
        files+=("$out/command.$executor")
    done
    if ! times=$($out/driver -c -n "$runs" -o $out/output "${files[@]}"); then
        printf '%-12s failed\n' "$kernel"
        return 1
    fi
    for ((i = 1; i < ${#executors[@]}; i++)); do
        if ! cmp -s $out/output.0 "$out/output.$i"; then
            printf '%-12s failed: %s printed another checksum\n' "$kernel" "${executors[i]}"
            return 1
        fi
    done
    awk -v kernel="$kernel" '
        NR == 1 { native = $1 > 0 ? $1 : 0.01; printf "%-12s %9.0f", kernel, native }
        NR > 1 { printf " %11.2f", $1 / native }
        END { print "" }' <<<"$times"
}

table_run() {
    local failed=0 row
    printf '%-12s %9s' kernel 'native ms'
    printf ' %11s' "${executors[@]:1}"
    echo
    : >$out/rows
    for kernel in $(kernels); do
        build_kernel "$kernel"
        row=$(measure_kernel "$kernel") || failed=$((failed + 1))
        echo "$row"
        [[ $row == *failed* ]] || echo "$row" >>$out/rows
    done
    awk '{ for (i = 3; i <= NF; i++) sum[i] += log($i); columns = NF }
        END { if (NR > 0) { printf "%-12s %9s", "geomean", ""; for (i = 3; i <= columns; i++) printf " %11.2f", exp(sum[i] / NR); print "" } }' $out/rows
    [ $failed -eq 0 ]
}

# ---- Start, memory, decoding ----

# argument lines of one start: command_of, but for any program.
start_command_of() {
    local executor=$1
    shift
    case $executor in
    node) printf '%s\n' "$node" "${node_flags[@]}" bench/node_wasi.mjs "$@" ;;
    argos) printf '%s\n' "$argos" run "${argos_flags[@]}" --cache $out/start-cache "$@" ;;
    esac
}

# start_row NAME RUNS PROGRAM ARGS...: to the first byte of output and to the exit, in Node, in argos with an empty cache, and in argos
# with what the run before left there.
start_row() {
    local name=$1 rounds=$2 row
    shift 2
    printf '  %-24s' "$name"
    if [ -n "$node" ]; then
        start_command_of node "$@" >$out/command.node
        read -r _ _ whole _ first < <($out/driver -c -n "$rounds" $out/command.node)
        printf ' %9.1f %9.1f' "$first" "$whole"
    else
        printf ' %9s %9s' - -
    fi
    start_command_of argos "$@" >$out/command.argos
    for row in cold warm; do
        local removed=()
        [ $row = warm ] || removed=(-x "$out/start-cache")
        read -r _ _ whole _ first < <($out/driver "${removed[@]}" -c -n "$rounds" $out/command.argos)
        printf ' %9.1f %9.1f' "$first" "$whole"
    done
    echo
}

start_run() {
    local ruby status=0
    [ -x "$argos" ] || return 0
    echo
    echo "from start to the first byte of output and to exit, ms, median; cold: with an empty cache, warm: with what a run before left in it"
    printf '  %-24s %19s %19s %19s\n' '' node 'argos, cold' 'argos, warm'
    printf '  %-24s %9s %9s %9s %9s %9s %9s\n' '' first exit first exit first exit
    start_row "hello world" 21 $out/hello.wasm
    ruby=$(tests/programs/fetch.sh ruby) || status=$?
    if [ $status -eq 0 ]; then
        start_row "ruby --version" 5 "$ruby" --version
        start_row "ruby -e 'puts 1'" 5 "$ruby" -e 'puts 1'
    else
        echo "  ruby: $ruby"
    fi
    rm -rf $out/start-cache
}

# compile_row PROGRAM: what `argos compile` says of its time and of what it made, fully and fast, fastest of the runs; and the compiler's
# instructions, which the number of runs does not change.
compile_row() {
    local module mode status=0 speed machine times round
    module=$(tests/programs/fetch.sh "$1") || status=$?
    if [ $status -ne 0 ]; then
        echo "  $1: $module"
        return
    fi
    printf '  %-12s' "$1"
    for mode in '' --fast; do
        speed=0
        for ((round = 0; round < runs; round++)); do
            rm -rf $out/compile-cache
            times=$("$argos" compile ${mode:+"$mode"} --jobs 1 --cache $out/compile-cache "$module")
            machine=$(compile_ratio "$times")
            speed=$(sed -n 's|.*(\([0-9.]*\) MB/s).*|\1|p' <<<"$times" | awk -v best="$speed" '{ print ($1 > best ? $1 : best) }')
        done
        printf ' %9.1f %9.2f %12s' "$speed" "$machine" "$(compile_instructions "$mode" "$module" "$times")"
    done
    rm -rf $out/compile-cache
    echo
}

# The sizes of a line of `argos compile` in bytes: of WebAssembly, and of machine code.
compile_sizes() {
    sed -n 's/.*compiled, \([0-9.]*\) \([KM]iB\) of code.*, \([0-9.]*\) \([KM]iB\) of machine code.*/\1 \2 \3 \4/p' <<<"$1" |
        awk 'function bytes(count, unit) { return count * (unit == "MiB" ? 1048576 : 1024) } { printf "%d %d\n", bytes($1, $2), bytes($3, $4) }'
}

compile_ratio() {
    compile_sizes "$1" | awk '{ print $2 / $1 }'
}

# Counting takes fifty times as long as compiling, so only small programs are counted.
compile_instructions() {
    local code counted
    read -r code _ < <(compile_sizes "$3")
    if ! command -v valgrind >/dev/null || [ "$code" -gt 2097152 ]; then
        echo -
        return
    fi
    rm -rf $out/compile-cache
    counted=$(valgrind --tool=callgrind --toggle-collect=compile_function --callgrind-out-file=/dev/null \
        "$argos" compile ${1:+"$1"} --jobs 1 --cache $out/compile-cache "$2" 2>&1 | sed -n 's/.*Collected : \([0-9]*\).*/\1/p')
    awk -v counted="$counted" -v code="$code" 'BEGIN { printf "%.0f", counted / code }'
}

compile_run() {
    local program
    [ -x "$argos" ] || return 0
    echo
    echo "compiling on one core, fastest of $runs: MB of WebAssembly code a second, bytes of machine code and the compiler's instructions for each byte of it"
    printf '  %-12s %9s %9s %12s %9s %9s %12s\n' '' 'full MB/s' 'bytes' instructions 'fast MB/s' bytes instructions
    for program in ruby python yosys php flite nextpnr; do
        compile_row $program
    done
}

memory_run() {
    local executor files=() i=0
    for executor in "${executors[@]:1}"; do
        command_of "$executor" hello >"$out/command.$executor"
        files+=("$out/command.$executor")
    done
    echo
    echo "hello world, peak resident memory:"
    while read -r _ _ _ resident _; do
        i=$((i + 1))
        printf '  %-11s %8.1f MiB\n' "${executors[i]}" "$(awk "BEGIN { print $resident / 1024 }")"
    done < <($out/driver -c -n 3 "${files[@]}")
}

decode_run() {
    local module status=0
    build_decode || return 0
    echo
    module=$(tests/programs/fetch.sh yosys) || status=$?
    if [ $status -eq 0 ]; then
        echo "decode and validate the Yosys module, one core: $($out/decode "$module" 5)"
    else
        echo "decode and validate: no Yosys module ($module)"
    fi
    if command -v valgrind >/dev/null; then
        instructions_run
    fi
}

# Instructions per byte over one small module; what a run with no pass over the bytes takes is subtracted.
instructions_run() {
    local module=$out/trees.wasm some many size
    count_instructions() {
        valgrind --tool=callgrind --callgrind-out-file=/dev/null "$out/decode" "$module" "$1" 2>&1 >/dev/null |
            sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
    }
    build_kernel trees
    some=$(count_instructions 1)
    many=$(count_instructions 2)
    size=$(stat -c %s $module)
    echo "decode and validate, instructions a byte (valgrind, trees.wasm, $size bytes): $(awk "BEGIN { printf \"%.2f\", ($many - $some) / $size }")"
}

build_tools
if [ $smoke -eq 1 ]; then
    smoke_run
    exit
fi
if [ $starts -eq 1 ]; then
    start_run
    exit
fi
if [ $compile -eq 1 ]; then
    compile_run
    exit
fi
echo "user CPU time, fastest of $runs; columns behind it are ratios to native; ${ARGOS_FLAGS:+argos run $ARGOS_FLAGS; }node $([ -z "$node" ] || "$node" --version)"
status=0
table_run || status=1
if [ $extras -eq 1 ]; then
    start_run
    compile_run
    memory_run
    decode_run
    echo
    bench/entry.sh
fi
exit $status
