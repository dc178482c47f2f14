#!/usr/bin/env bash
# The command argos, from outside: tests/command/run.sh [ARGOS]. Modules are made from tests/command/*.wat.
# Each check prints ok or FAIL; the last line is `N passed, M failed, K skipped`.
# shellcheck disable=SC2016  # what is in single quotes is for an inner shell, or is not to be expanded
set -uo pipefail
cd "$(dirname "$(realpath "$0")")/../.." || exit 1

argos=$(realpath "${1:-build/argos}")
folder=build/tests/command
passed=0 failed=0 skipped=0

rm -rf "$folder"
mkdir -p "$folder"
for source in tests/command/*.wat; do
    wat2wasm --enable-all --debug-names "$source" -o "$folder/$(basename "$source" .wat).wasm" || exit 1
done
cd "$folder" || exit 1

ok() {
    echo "ok   $1"
    passed=$((passed + 1))
}

not_ok() {
    echo "FAIL $1: $2"
    sed 's/^/       | /' out err
    failed=$((failed + 1))
}

# run NAME CODE OUT ERR COMMAND...: the exit code, and extended regular expressions that standard output and standard error
# have to match; "" stands for nothing at all, '*' for anything.
run() {
    local name=$1 code=$2 out=$3 err=$4 status=0
    shift 4
    timeout 20 "$@" >out 2>err || status=$?
    verdict "$name" "$code" "$out" "$err" "$status"
}

verdict() {
    local name=$1 code=$2 out=$3 err=$4 status=$5
    if [ "$status" -ne "$code" ]; then
        not_ok "$name" "exit code $status, not $code"
    elif ! matches out "$out"; then
        not_ok "$name" "standard output is not /$out/"
    elif ! matches err "$err"; then
        not_ok "$name" "standard error is not /$err/"
    else
        ok "$name"
    fi
}

matches() {
    case $2 in
    '*') true ;;
    '') [ ! -s "$1" ] ;;
    *) grep -qE -- "$2" "$1" ;;
    esac
}

# same NAME EXPECTED: what the last command wrote to standard output, exactly.
same() {
    if printf '%s' "$2" | cmp -s - out; then
        ok "$1"
    else
        not_ok "$1" "standard output differs"
    fi
}

# lines_of NAME FILE COUNT
lines_of() {
    if [ "$(wc -l <"$2")" -eq "$3" ]; then
        ok "$1"
    else
        not_ok "$1" "$(wc -l <"$2") lines, not $3"
    fi
}

# ---- The command line ----

run "no command" 2 "" "Usage: argos COMMAND" "$argos"
run "--help" 0 "^  inspect  " "" "$argos" --help
run "-h" 0 "Usage: argos COMMAND" "" "$argos" -h
run "help" 0 "Usage: argos COMMAND" "" "$argos" help
run "--version" 0 "^argos [0-9]+\.[0-9]+\.[0-9]+$" "" "$argos" --version
for command in run validate inspect hash new build help; do
    run "help $command" 0 "^Usage: argos $command " "" "$argos" help "$command"
    cp out expected
    run "$command --help" 0 "^  --help" "" "$argos" "$command" --help
    same "help $command is $command --help" "$(cat expected)
"
done
run "help names each option of run" 0 "--timeout TIME " "" "$argos" run --help
run "unknown command" 2 "" "^argos: there is no command rnu, did you mean run\?" "$argos" rnu add.wasm
run "a file is no command" 2 "" "^argos: add.wasm is a file, not a command; to run it, write argos run add.wasm$" "$argos" add.wasm
run "help for an unknown command" 2 "" "did you mean inspect\?" "$argos" help inpsect
run "unknown option" 2 "" "^argos: run: there is no option --tiemout, did you mean --timeout\?" "$argos" run --tiemout 3 trap.wasm
run "option without its argument" 2 "" "--memory needs an argument: a size" "$argos" run --memory
run "wrong size" 2 "" "--memory cannot be 'lots'; it takes a size: 64MiB" "$argos" run --memory lots trap.wasm
run "wrong time" 2 "" "--timeout cannot be 'soon'" "$argos" run --timeout=soon trap.wasm
run "wrong variable" 2 "" "--env cannot be 'NAME'; it takes NAME=VALUE" "$argos" run --env NAME trap.wasm
run "unknown executor" 2 "" "interpret" "$argos" run --executor magic trap.wasm
run "no program" 2 "" "^argos: run: a file is missing; write argos run PROGRAM.wasm" "$argos" run
run "one file too many" 2 "" "two is one word too many" "$argos" inspect one two
run "control characters are made harmless" 2 "" 'no command \\x1b\[31m' "$argos" $'\e[31m'

# ---- Files that are not there, or are no programs ----

: >empty.wasm
printf '\0asm\1\0\0\0\1\x85\x80' >cut.wasm
printf '\0asm\2\0\0\0' >version.wasm
printf '\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\x0a\5\1\3\0\x6a\x0b' >invalid.wasm
echo 'not a module' >text.wasm
run "missing file" 127 "" "^argos: nothing.wasm: no such file; " "$argos" run nothing.wasm
run "a file is no folder" 127 "" "^argos: add.wasm/x: no such file; " "$argos" run add.wasm/x
run "folder" 126 "" "^argos: .: is a directory; " "$argos" run .
run "empty file" 126 "" "^argos: empty.wasm:0x0: " "$argos" run empty.wasm
run "text file" 126 "" "^argos: text.wasm:0x0: " "$argos" run text.wasm
run "cut module" 126 "" "^argos: cut.wasm:0x[0-9a-f]+: " "$argos" run cut.wasm
run "unknown version" 126 "" "^argos: version.wasm:0x4: " "$argos" run version.wasm
run "invalid module" 126 "" "^argos: invalid.wasm:0x[0-9a-f]+: " "$argos" run invalid.wasm
truncate -s $((1024 * 1024 * 1024 + 1)) large.wasm
run "file over the limit" 126 "" "^argos: large.wasm: larger than 1 GiB" "$argos" run large.wasm
rm -f large.wasm
lines_of "one line for one failure" err 1

# ---- Running ----

run "exit code" 3 "" "" "$argos" run exit.wasm a b
run "exit code has eight bits" 255 "" "" "$argos" run exit_code.wasm
run "program from standard input" 2 "" "" "$argos" run - a <exit.wasm
run "broken program from standard input" 126 "" "^argos: \(standard input\):0x0: " "$argos" run - <text.wasm
run "--executor interpret" 1 "" "" "$argos" run --executor interpret exit.wasm
run "-- ends the options" 2 "" "" "$argos" run -- exit.wasm -h
printf '%s\0' echo.wasm "" "two words" $'new\nline' "--env" "-" "--" $'\xff\xfe' "grüße" '$HOME' '*' >expected
run "arguments pass unchanged" 0 '*' "" "$argos" run echo.wasm "" "two words" $'new\nline' --env - -- $'\xff\xfe' "grüße" '$HOME' '*'
if cmp -s out expected; then ok "odd characters in arguments"; else not_ok "odd characters in arguments" "they differ"; fi
printf '%s\0' echo.wasm A=1 B= 'C=x=y z' >expected
run "--env" 0 '*' "" env SECRET=1 "$argos" run --env A=1 --env=B= --env "C=x=y z" ./echo.wasm
if cmp -s out expected; then ok "the environment is what --env says"; else not_ok "the environment is what --env says" "it differs"; fi
run "the program is told only its own name" 0 "echo.wasm" "" "$argos" run ../command/echo.wasm
printf 'echo.wasm\0' >expected
if cmp -s out expected; then ok "no path in argument 0"; else not_ok "no path in argument 0" "it differs"; fi
run "a closed standard input is an empty one" 0 "" "" bash -c 'exec "$0" run read.wasm <&-' "$argos"
run "standard input of nothing" 0 "" "" "$argos" run read.wasm </dev/null

# ---- Traps ----

run "trap" 134 "" "^argos: trap.wasm: unreachable in function innermost at offset 0x[0-9a-f]+$" "$argos" run trap.wasm
run "backtrace, innermost" 134 "" "^    #0 .*innermost.* at offset 0x" "$argos" run trap.wasm
run "backtrace, middle" 134 "" "^    #1 .*middle.* at offset 0x" "$argos" run trap.wasm
run "backtrace, outermost" 134 "" "^    #2 .*outer.* at offset 0x" "$argos" run trap.wasm
lines_of "a line for the trap and one for each call" err 4
# The first may compile and keep what it compiled, the second finds that in the cache, the third interprets.
for way in "--cache kept" "--cache kept" "--executor interpret"; do
    read -r -a options <<<"$way"
    run "a backtrace with $way" 134 "" "unreachable" "$argos" run "${options[@]}" trap.wasm
    [ -e err.first ] || cp err err.first
    if cmp -s err.first err; then ok "the same backtrace with $way"; else not_ok "the same backtrace with $way" "it differs"; fi
done
run "trap without names" 134 "" "^argos: bare.wasm: unreachable in function 0 at offset 0x" \
    bash -c 'wat2wasm ../../../tests/command/trap.wat -o bare.wasm && exec "$0" run bare.wasm' "$argos"
run "out of bounds" 134 "" "out of bounds memory access .*in function reader at offset 0x" "$argos" run bounds.wasm
run "out of bounds, checked" 134 "" "out of bounds memory access in function far at offset 0x" "$argos" run --bounds check --invoke far bounds.wasm
run "out of bounds, far away" 134 "" "out of bounds memory access .*in function far at offset 0x" "$argos" run --invoke far bounds.wasm
run "endless recursion" 134 "" "call stack exhausted in function again at offset 0x.*raise --stack" "$argos" run recurse.wasm
run "backtrace of many is cut" 134 "" "^    \.\.\. and [0-9]+ more$" "$argos" run recurse.wasm
run "--stack" 134 "" "call stack exhausted" "$argos" run --stack 64KiB recurse.wasm
run "--stack too small to be one" 2 "" "--stack cannot be '1KiB'" "$argos" run --stack 1KiB recurse.wasm

# ---- Time ----

mkfifo pipe # that is open at both ends: a read waits, and so does a write when it is full
started=$(date +%s%N)
run "--timeout ends a loop" 124 "" "^argos: loop.wasm: stopped after 0.3 s, as --timeout says$" "$argos" run --timeout 300ms loop.wasm
milliseconds=$((($(date +%s%N) - started) / 1000000))
if [ "$milliseconds" -ge 300 ] && [ "$milliseconds" -lt 5000 ]; then
    ok "a timeout takes its time"
else
    not_ok "a timeout takes its time" "$milliseconds ms"
fi
run "--timeout ends a start function" 124 "" "stopped after 0.2 s" "$argos" run --timeout 0.2 loop_start.wasm
run "--timeout ends a wait for input" 124 "" "stopped after 0.2 s" "$argos" run --timeout 0.2 read.wasm <>pipe
run "--timeout ends a write that is stuck" 124 "" "stopped after 0.5 s" bash -c 'exec "$0" run --timeout 0.5 yes.wasm 1<>pipe' "$argos"
run "--timeout of a program that is quick" 1 "" "" "$argos" run --timeout 10 exit.wasm
run "--timeout of nothing" 124 "" "stopped after 0 s" "$argos" run --timeout 0 loop.wasm

# ---- Memory ----

run "--memory that is enough" 0 "" "" "$argos" run --memory 128MiB big.wasm
run "--memory too small for the module" 126 "" "^argos: big.wasm: .*; it may use 16 MiB in all, so raise --memory$" "$argos" run --memory 16MiB big.wasm
lines_of "one line for memory" err 1
run "--memory too small for the file" 126 "" "^argos: big.wasm: .*raise --memory" "$argos" run --memory 10 big.wasm
run "--memory too small for anything but the file" 126 "" "^argos: big.wasm: .*raise --memory" "$argos" run --memory 600 big.wasm
run "--stack that nobody has" 126 "" "^argos: exit.wasm: there is no room for its stack" "$argos" run --stack 900TiB exit.wasm
run "memory.grow within --memory" 0 "" "" "$argos" run --memory 128MiB grow.wasm
run "memory.grow beyond --memory is refused" 1 "" "" "$argos" run --memory 16MiB grow.wasm
run "address space limit of the host" 126 "" "^argos: exit.wasm: .* see ulimit -v, or do without by --bounds check$" bash -c 'ulimit -v 4000000; exec "$0" run exit.wasm' "$argos"
run "checked bounds need little of it" 1 "" "" bash -c 'ulimit -v 1000000; exec "$0" run --no-cache --bounds check exit.wasm' "$argos"

# ---- Pipes ----

run "a reader that leaves early" 0 "^y$" "" bash -c '"$0" run --timeout 10 yes.wasm | head -1' "$argos"
run "SIGPIPE ends the program" 141 "" "" bash -c '"$0" run --timeout 10 yes.wasm | true; exit ${PIPESTATUS[0]}' "$argos"
run "where SIGPIPE is ignored, the program goes on" 124 "" "stopped after" \
    bash -c 'trap "" PIPE; "$0" run --timeout 0.5 yes.wasm | true; exit ${PIPESTATUS[0]}' "$argos"
run "our own output to a full device" 1 "" "^argos: standard output cannot be written" bash -c '"$0" hash add.wasm >/dev/full' "$argos"

# ---- What cannot be run ----

run "missing imports" 126 "" "^argos: imports.wasm: it imports what nobody supplies here: env.sleep \(func\), env.table \(table\)" "$argos" run imports.wasm
run "missing imports are cut at ten" 126 "" "m.e \(func\) and 2 more; build it for WASI preview 1" "$argos" run imports.wasm
run "program for preview 0" 126 "" "^argos: preview_0.wasm: it was made for WASI preview 0" "$argos" run preview_0.wasm
run "import of a wrong type" 126 "" "^argos: wrong_type.wasm: .*wasi_snapshot_preview1.proc_exit" "$argos" run wrong_type.wasm
run "library without _start" 126 "" "^argos: add.wasm: it has no _start to begin with; it exports add \(func\), .*--invoke" "$argos" run add.wasm
run "an option that is not for apps" 2 "" "^argos: app.wasm: it is an ArgOS app .*--env is not for those yet" "$argos" run --env A=1 app.wasm

# ---- Apps ----

run "an app that waits for nobody" 1 "" "^argos: app.wasm: it waits for a message, and there is nobody who could send one" "$argos" run app.wasm
run "what an app logs, and its exit code" 7 "" "^app_log.wasm: one.x1b.31m$" "$argos" run app_log.wasm
run "a line each" 7 "" "^app_log.wasm: two$" "$argos" run app_log.wasm
run "an app that traps" 134 "" "^argos: app_trap.wasm: unreachable in function again at offset 0x" "$argos" run app_trap.wasm
run "backtrace of an app" 134 "" "^    #0 function again at offset 0x" "$argos" run app_trap.wasm
run "an app that traps, interpreted" 134 "" "^    #0 function again at offset 0x" "$argos" run --executor interpret app_trap.wasm
run "an app that calls too early" 134 "" "^argos: app_early.wasm: log was called before the first turn, called from #0 function early at offset 0x" "$argos" run app_early.wasm
run "an app that calls another one too early" 134 "" "^argos: app_early_call.wasm: call was called before the first turn" "$argos" run app_early_call.wasm
run "an app that answers too early" 134 "" "^argos: app_early_answer.wasm: answer was called before the first turn" "$argos" run app_early_answer.wasm
run "an app that imports the context's functions" 0 "" "^app_imports.wasm: same$" "$argos" run app_imports.wasm
lines_of "both ways of logging" err 2
run "an app that imports the context's functions, interpreted" 0 "" "^app_imports.wasm: same$" "$argos" run --executor interpret app_imports.wasm
run "an app that imports what there is not" 126 "" "^argos: app_unknown.wasm: unknown import: argos.sing$" "$argos" run app_unknown.wasm
run "an app that imports with another type" 126 "" "^argos: app_type.wasm: incompatible import type: argos.answer$" "$argos" run app_type.wasm
run "calls between the executors have an end" 134 "" "^argos: nested.wasm: call stack exhausted$" "$argos" run nested.wasm
run "an app without room" 126 "" "^argos: app_log.wasm: " "$argos" run --memory 64KiB app_log.wasm
run "_start with parameters" 126 "" "its _start takes parameters" "$argos" run wrong_start.wasm

# ---- --invoke ----

run "--invoke" 0 "" "" "$argos" run --invoke nothing add.wasm
run "--invoke add" 0 "^42$" "" "$argos" run --invoke add add.wasm 40 0x2
run "--invoke with negative numbers" 0 "^-3$" "" "$argos" run --invoke add add.wasm -1 -2
run "--invoke wide" 0 "^-9223372036854775808$" "" "$argos" run --invoke wide add.wasm 0x8000000000000000
run "--invoke half" 0 "^0.05$" "" "$argos" run --invoke half add.wasm 0.1
run "--invoke third" 0 "^0.33333334$" "" "$argos" run --invoke third add.wasm 1
run "--invoke vector" 0 "^0x000102030405060708090a0b0c0d0e0f$" "" "$argos" run --invoke vector add.wasm 0x000102030405060708090a0b0c0d0e0f
run "--invoke with a reference" 0 "^null$" "" "$argos" run --invoke identity add.wasm null
run "--invoke with two results" 0 '*' "" "$argos" run --invoke pair add.wasm
same "a line for each result" $'-1\n7\n'
run "--invoke _start" 0 "^5$" "" "$argos" run --invoke _start wrong_start.wasm 5
run "--invoke of nothing" 126 "" "it exports no function sub to invoke; it exports add \(func\)" "$argos" run --invoke sub add.wasm 1 2
run "--invoke of a memory" 126 "" "it exports no function memory to invoke" "$argos" run --invoke memory add.wasm
run "--invoke with too few arguments" 2 "" "add takes 2 arguments, and 1 was given" "$argos" run --invoke add add.wasm 1
run "--invoke with a wrong argument" 2 "" "argument 2 of add is of type i32, and two is none" "$argos" run --invoke add add.wasm 1 two
run "--invoke of a reactor" 0 "^42$" "" "$argos" run --invoke state reactor.wasm
run "--invoke that ends the process" 9 "" "" "$argos" run --invoke leave reactor.wasm 9

# ---- compile ----

run "compile --jobs 1" 0 "^trap.wasm: [0-9]+ functions compiled, " "" "$argos" compile --jobs 1 --cache one trap.wasm
run "compile --jobs 3" 0 "^trap.wasm: [0-9]+ functions compiled, " "" "$argos" compile --jobs=3 --cache many trap.wasm
if cmp -s one/*.image many/*.image; then ok "one image, however many threads"; else not_ok "one image, however many threads" "they differ"; fi
run "compile as many as there are cores" 0 "^add.wasm: [0-9]+ functions compiled, " "" "$argos" compile --cache many add.wasm
run "compile again" 0 "^trap.wasm: nothing to compile$" "" "$argos" compile --cache one trap.wasm
run "compile --fast" 0 "^trap.wasm: [0-9]+ functions compiled, " "" "$argos" compile --fast --cache one trap.wasm
run "compile --fast again" 0 "^trap.wasm: nothing to compile$" "" "$argos" compile --fast --cache one trap.wasm
run "what was compiled fast is run" 134 "" "unreachable in function innermost" "$argos" run --fast --cache one trap.wasm
run "no threads" 2 "" "--jobs cannot be '0'" "$argos" compile --jobs 0 trap.wasm
run "too many threads" 2 "" "--jobs cannot be '257'; it takes a number of threads, at most 256" "$argos" compile --jobs 257 trap.wasm
run "what was compiled is run" 134 "" "unreachable in function innermost" "$argos" run --cache one trap.wasm

# ---- validate, hash, inspect ----

run "validate" 0 "^add.wasm: valid$" "" "$argos" validate add.wasm
run "validate many" 1 "^trap.wasm: valid$" "^argos: text.wasm:0x0: " "$argos" validate add.wasm text.wasm trap.wasm
run "validate what is missing" 1 "" "^argos: nothing.wasm: no such file" "$argos" validate nothing.wasm
run "validate standard input" 0 "^\(standard input\): valid$" "" "$argos" validate - <add.wasm
run "hash" 0 '*' "" "$argos" hash add.wasm text.wasm empty.wasm
same "hash is sha256sum" "$(sha256sum add.wasm text.wasm empty.wasm)
"
run "hash of what is missing" 1 "  add.wasm$" "^argos: nothing.wasm: no such file" "$argos" hash nothing.wasm add.wasm
run "inspect" 0 "^sha256  $(sha256sum imports.wasm | cut -d' ' -f1)$" "" "$argos" inspect imports.wasm
run "inspect shows imports" 0 '^  \(import "env" "sleep" \(func \(param i32\)\)\)$' "" "$argos" inspect imports.wasm
run "inspect shows who is asked" 0 '^  2 imports from wasi_snapshot_preview1 \(WASI preview 1\)$' "" "$argos" inspect imports.wasm
run "inspect shows exports" 0 '^  \(export "half" \(func \(param f64\) \(result f64\)\)\)$' "" "$argos" inspect add.wasm
run "inspect shows an app" 0 "an ArgOS context \(exports start\)" "" "$argos" inspect app.wasm
run "inspect shows memories" 0 "^  0: 2 pages \(128 KiB\), at most 16 pages \(1 MiB\)$" "" "$argos" inspect app.wasm
run "inspect shows tables" 0 "^  1: externref, 1 elements, at most 5$" "" "$argos" inspect app.wasm
run "inspect shows the start function" 0 '^  function 0 "begin"$' "" "$argos" inspect app.wasm
run "inspect shows sections" 0 '^  0x[0-9a-f]{8} +[0-9]+  custom "name"$' "" "$argos" inspect app.wasm
run "inspect shows limits" 0 "^ +2 +1000 +tables$" "" "$argos" inspect app.wasm
cat add.wasm <(printf '\0\x1c\x09producers\1\x08language\1\3C17\0') >broken_producers.wasm
cat add.wasm <(printf '\0\x1a\x09producers\1\x08language\1\3C17\0') >producers.wasm
run "inspect shows producers" 0 "^  language: C17$" "" "$argos" inspect producers.wasm
run "inspect survives a broken custom section" 1 '*' "^argos: broken_producers.wasm:0x" "$argos" inspect broken_producers.wasm
cat add.wasm <(printf '\0\x10\x09producers\x7f\x08lang') >broken_producers.wasm
run "inspect says that producers are broken" 0 "the rest of the section is malformed" "" "$argos" inspect broken_producers.wasm
cat add.wasm <(printf '\0\x20\x0bargos.wantsclock: to be\non\etime') >wants.wasm
run "inspect shows what a program wants" 0 '^  on\\x1btime$' "" "$argos" inspect wants.wasm
run "inspect of a broken module shows its hash" 1 "^sha256  [0-9a-f]{64}$" "^argos: text.wasm:0x0: " "$argos" inspect text.wasm

# ---- interface ----

cat >shop.wit <<'END'
package acme:shop;
interface parts { record part { size: u8 } }
interface till { use parts.{part}; use argos:os/types.{hash}; use near.{far}; sell: func(what: part, of: hash, to: far) -> string; }
END
echo 'package acme:shop; interface near { type far = u16; }' >near.wit
echo 'package acme:shop; interface till { sell: func(what: stream<u8>); }' >bad.wit
log_hash=$("$argos" interface | sed -n 's/  log$//p')
run "interface lists what argos comes with" 0 "^[0-9a-f]{64}  console$" "" "$argos" interface
run "interface by name" 0 "^hash       $log_hash$" "" "$argos" interface log
run "interface by hash" 0 "^interface  argos:os/log$" "" "$argos" interface "$log_hash"
run "interface by the start of a hash" 0 "^interface  argos:os/log$" "" "$argos" interface "${log_hash::12}"
run "interface of an unknown hash" 1 "" "^argos: no interface that argos comes with has the hash 0123456789" "$argos" interface 0123456789
run "interface of a file" 0 "^    sell: func\\(what: part, of: hash, to: far\\) -> string;$" "" "$argos" interface shop.wit
run "interface shows where arguments are" 0 "^      request  block of 48 bytes: \\+0 what, \\+8 of, \\+40 to$" "" "$argos" interface shop.wit
run "interface from standard input" 0 "^interface  acme:shop/near$" "" "$argos" interface - <near.wit
run "interface that is none" 1 "" "^argos: bad.wit:1:54: the type stream is not known here$" "$argos" interface bad.wit
run "interface of no file" 1 "" "^argos: nothing.wit: " "$argos" interface nothing.wit
"$argos" interface shop.wit | sed -n 's/^hash *//p' >before
sed -i 's/u8 }/u8, } \/* a comment *\//' shop.wit
"$argos" interface shop.wit | sed -n 's/^hash *//p' >after
run "a comment keeps the hash" 0 "" "" cmp before after
sed -i 's/u8, }/u16 }/' shop.wit
"$argos" interface shop.wit | sed -n 's/^hash *//p' >after
run "a type changes the hash" 1 '*' '*' cmp before after

# ---- new, build ----

# shellcheck source=tests/command/develop.sh
source ../../../tests/command/develop.sh

# ---- disassemble ----

run "disassemble lists functions" 0 "^ +2 +[0-9]+ bytes at 0x[0-9a-f]{6}  sum$" "" "$argos" disassemble shown.wasm
lines_of "all but the imported" out 6
run "disassemble by index" 0 "^function 2 sum \(i32\) to \(i32\), [0-9]+ bytes; [0-9]+ bytes of machine code, a frame of [0-9]+$" "" "$argos" disassemble shown.wasm 2
cp out by_index
for name in total sum; do
    run "disassemble by the name $name" 0 "^0x[0-9a-f]{6}    call 0 +v[0-9]+ = call v[0-9]+ function=0 +[0-9a-f]{4}  " "" "$argos" disassemble shown.wasm "$name"
    if cmp -s by_index out; then ok "the same function"; else not_ok "the same function" "it differs"; fi
done
run "disassemble shows what was inlined" 0 "^0x[0-9a-f]{6}    \| i32.load offset=4 align=2 +v[0-9]+ = i32 i32.load v[0-9]+ offset=0x4 +[0-9a-f]{4}  " "" "$argos" disassemble shown.wasm sum
run "disassemble --dump list" 0 "^allocate$" "" "$argos" disassemble --dump list
for stage in $("$argos" disassemble --dump list); do
    run "disassemble --dump=$stage" 0 "; 0x[0-9a-f]+" "" "$argos" disassemble "--dump=$stage" shown.wasm sum
done
run "disassemble --dump of no stage" 2 "" "--dump cannot be 'all'; it takes the name of a stage" "$argos" disassemble --dump all shown.wasm sum
run "disassemble --dump without a function" 2 "" "a file or a function is missing" "$argos" disassemble --dump cse shown.wasm
run "disassemble nothing" 2 "" "a file or a function is missing" "$argos" disassemble
run "disassemble an imported function" 1 "" "^argos: shown.wasm: function 0 is imported: it has no code$" "$argos" disassemble shown.wasm log
run "disassemble what is not there" 1 "" "there is no function totle, did you mean total\?" "$argos" disassemble shown.wasm totle
run "disassemble an index too large" 1 "" "there is no function 7; it has 7" "$argos" disassemble shown.wasm 7
run "disassemble what is interpreted" 1 "return_call 5" "function 6 is beyond the compiler's limits: it is interpreted" "$argos" disassemble shown.wasm refused
run "disassemble a name of two" 1 "" "2 functions have the name same: 0, 1; say which by its index" \
    bash -c 'printf "\0asm\1\0\0\0\1\4\1\x60\0\0\3\3\2\0\0\12\7\2\2\0\13\2\0\13\0\24\4name\1\15\2\0\4same\1\4same" | "$0" disassemble - same' "$argos"
run "disassemble --fast" 0 "home.get" "" "$argos" disassemble --fast --dump build shown.wasm 2
run "disassemble a broken module" 1 "" "^argos: text.wasm:0x0: " "$argos" disassemble text.wasm 0

# ---- Debuggers and profilers ----

# in_gdb NAME PATTERN COMMAND...: what gdb prints when it breaks on a function of debug.wasm, in the code that is compiled now and in that of the cache.
in_gdb() {
    local name=$1 pattern=$2
    shift 2
    run "$name" 0 "$pattern" '*' gdb -nx -batch -ex 'set debuginfod enabled off' -ex 'set breakpoint pending on' "$@" \
        --args "$argos" run --cache gdb_cache --debug debug.wasm
}
if gdb -nx -batch -ex run --args true 2>/dev/null | grep -q 'exited normally'; then
    for way in compiled cached; do
        in_gdb "gdb breaks on a function, $way" '^Breakpoint 1, 0x[0-9a-f]+ in leaf \(\)$' -ex 'break leaf' -ex run
        in_gdb "gdb shows a backtrace, $way" '^#4  0x[0-9a-f]+ in walk \(\)$' -ex 'break leaf' -ex run -ex bt
        frames=$(sed -nE 's/^#[0-9]+ +0x[0-9a-f]+ in ([^ ]+) .*/\1/p' out | tr '\n' ' ')
        if [ "$frames" = "leaf walk walk walk walk _start enter_with_all " ]; then
            ok "gdb finds all frames, $way"
        else
            not_ok "gdb finds all frames, $way" "they are $frames"
        fi
    done
    in_gdb "gdb lets the program go on" 'exited with code 03' -ex 'break walk if $rdi == 1' -ex run -ex delete -ex continue
else
    echo "gdb is not there, or may not trace: skipped"
    skipped=$((skipped + 5))
fi

# A map outlives its process, whose number nobody tells: it is the one that is new.
run "--perf-map" 3 "" "" bash -c '"$0" run --no-cache --perf-map debug.wasm & wait $!; code=$?; mv "/tmp/perf-$!.map" perf.map; exit $code' "$argos"
if [ "$(stat -c %a perf.map)" = 600 ] && [ "$(sed -E 's/^[0-9a-f]+ [0-9a-f]+ //' perf.map | sort | tr '\n' ' ')" = "_start leaf walk " ]; then
    ok "a line for each function, for its owner alone"
else
    not_ok "a line for each function, for its owner alone" "$(ls -l perf.map; cat perf.map)"
fi
run "--perf-map of an image" 3 "" "" bash -c '"$0" run --cache gdb_cache --perf-map debug.wasm & wait $!; code=$?; mv "/tmp/perf-$!.map" perf.map; exit $code' "$argos"
if [ "$(wc -l <perf.map)" = 3 ]; then ok "a line for each loaded function"; else not_ok "a line for each loaded function" "$(cat perf.map)"; fi

# shellcheck source=tests/command/grants.sh
. ../../../tests/command/grants.sh
# shellcheck source=tests/command/tour.sh
. ../../../tests/command/tour.sh

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
