# argos new and argos build, a part of tests/command/run.sh, which reads this file: an app in each language is made, built and run as a stranger would.
# shellcheck shell=bash disable=SC2154,SC2016  # $argos and $skipped are those of run.sh; what is in single quotes is for an inner shell

root=$(realpath ../../..)
export PATH=$root/build/node/bin:$PATH
printf '%s\n' 'count 1 of 2' 'count 2 of 2' >counted

# logs NAME FILE: what the last command wrote to standard error is what the file says, each line with the program's name in front.
logs() {
    if sed "s/^/$2: /" "$3" | cmp -s - err; then ok "$1"; else not_ok "$1" "it logs something else"; fi
}

# language LANGUAGE MAIN: from nothing to what the app logs.
language() {
    local name=in-$1 executor
    run "new $1" 0 "^in-$1/$2\$" "" "$argos" new "$1" "$name"
    if diff -r -x context.h -x counter.wit "$root/programs/examples/$1" "$name" >out 2>err && cmp "$root/programs/examples/counter.wit" "$name/counter.wit"; then ok "new $1 gives the example"; else not_ok "new $1 gives the example" "it differs"; fi
    run "build $1" 0 "^$name/$name.wasm: [0-9]+ bytes\$" "" "$argos" build "$name"
    for executor in interpret compile; do
        run "run $1, $executor" 0 "" '*' "$argos" run --no-cache --executor "$executor" "$name/$name.wasm" 2
        logs "what it logs in $1, $executor" "$name.wasm" counted
    done
}

language c main.c
language cpp main.cpp
language rust main.rs
if command -v asc >/dev/null; then
    language assemblyscript main.ts
    run "build from elsewhere" 0 "^../in-assemblyscript/in-assemblyscript.wasm: " "" bash -c 'cd in-c && exec "$0" build ../in-assemblyscript' "$argos"
else
    echo "AssemblyScript is not here (tools/setup test installs it): skipped"
    skipped=$((skipped + 12))
fi
language wat main.wat
run "one header for C and C++" 0 "" "" cmp in-c/context.h in-cpp/context.h

# ---- An app that handles another one's interface ----

asks() {
    run "an app in $1 asks one in $2" 0 "" "^in-$1.wasm: the other counter is at [0-3]\$" \
        "$argos" run --no-cache --grant "in-$1/counter.wit=in-$2/in-$2.wasm" "in-$1/in-$1.wasm"
    if [ "$(grep -c "^in-$1.wasm: the other" err)" = 3 ]; then ok "three answers"; else not_ok "three answers" "$(cat err)"; fi
}

asks c rust
asks rust cpp
asks cpp wat
if command -v asc >/dev/null; then
    asks wat assemblyscript
    asks assemblyscript c
fi

# ---- Names, folders and results ----

run "new without anything" 2 "" "^argos: new: a language or a name is missing; write argos new LANGUAGE NAME$" "$argos" new
run "new without a name" 2 "" "a language or a name is missing" "$argos" new c
run "new in an unknown language" 2 "" "^argos: new: there is no language rsut, did you mean rust\? There are c, cpp, rust, assemblyscript and wat$" "$argos" new rsut app
run "new in no language" 2 "" "^argos: new: there is no language fortran; there are c, " "$argos" new fortran app
for name in a/b ../app . "" 1app "two words" -- $'\e[31m' "$(printf 'a%.0s' {1..65})"; do
    run "new with the name $(printf %q "${name::12}")" 2 "" "cannot be an app's name; it takes a letter" bash -c '"$0" new c -- "$1"' "$argos" "$name"
done
lines_of "one line for a wrong name" err 1
run "new where there is one already" 1 "" "^argos: in-c: there is something of that name already$" "$argos" new c in-c
run "new where nothing can be made" 1 "" "^argos: app: it cannot be made: " bash -c 'mkdir gone && cd gone && rmdir ../gone && exec "$0" new c app' "$argos"
run "new that cannot be written" 1 "" "^argos: app: it cannot be written: File too large$" bash -c 'ulimit -f 1; trap "" XFSZ; exec "$0" new c app' "$argos"
if [ -e app ]; then not_ok "new leaves nothing half done" "app is there"; else ok "new leaves nothing half done"; fi

run "build in the folder" 0 "^in-c.wasm: [0-9]+ bytes$" "" bash -c 'cd in-c && exec "$0" build' "$argos"
run "build -o" 0 "^-other.wasm: |^./-other.wasm: " "" "$argos" build -o -other.wasm in-c
run "equal sources, equal modules" 0 "" "" cmp ./-other.wasm in-c/in-c.wasm
cp -r in-wat ./-wat
run "build a folder that looks like an option" 0 "^./-wat/-wat.wasm: " "" "$argos" build -- -wat
run "build nothing" 1 "" "^argos: nothing: no such folder; argos new makes one$" "$argos" build nothing
mkdir -p empty both two
run "build an empty folder" 1 "" "^argos: empty: it has no main.c, main.cpp, main.rs, main.ts or main.wat, so " "$argos" build empty
touch both/main.c both/main.wat
run "build two languages" 1 "" "^argos: both: it has both main.c and main.wat, so its language is not clear$" "$argos" build both
run "build a folder without a name" 1 "" "^argos: build: the folder has no name; " "$argos" build ""
run "build a path that is too long" 1 "" "^argos: build: a path is too long$" "$argos" build "$(printf 'a/%.0s' {1..2000})"
run "build to a path that is too long" 1 "" "^argos: build: a path is too long$" "$argos" build -o "$(printf 'a/%.0s' {1..2100})" in-c
run "build the root" 1 "" "^argos: /: " "$argos" build /
cp in-c/context.h two
echo '#include "context.h"
int32_t other(void);
int32_t start(struct context *os) { os->mine->exit_code = other(); return TURN_EXIT; }' >two/main.c
echo '#include "context.h"
int32_t other(void); int32_t other(void) { return 42; }' >two/other.c
run "build two files" 0 "^two/two.wasm: " "" "$argos" build two
run "run two files" 42 "" "" "$argos" run two/two.wasm
cp -r in-wat unexported
sed -i 's/(export "start")//' unexported/main.wat
run "build what is no app" 1 "" "^argos: unexported/unexported.wasm: it exports no function start, so it is no app$" "$argos" build unexported

# ---- Errors of compilers, and compilers that are not there ----

# broken LANGUAGE PATTERN TEXT: an app with a line too many.
broken() {
    rm -rf broken
    cp -r "in-$1" broken
    rm -f broken/*.wasm
    echo "$3" >>"$(echo broken/main.*)"
    run "an error in $1" 1 "" "$2" "$argos" build broken
    if [ -e broken/broken.wasm ]; then not_ok "no module of an error in $1" "there is one"; else ok "no module of an error in $1"; fi
}

broken c "^broken/main.c:[0-9]+:[0-9]+: error: " 'int x'
broken cpp "^broken/main.cpp:[0-9]+:[0-9]+: error: declaration requires a global constructor" 'struct S { S(); int x; } s;'
broken rust "^ +--> broken/main.rs:[0-9]+:[0-9]+$" 'let'
command -v asc >/dev/null && broken assemblyscript "in broken/main.ts\([0-9]+,[0-9]+\)" 'let x: no = 1;'
broken wat "^broken/main.wat:[0-9]+:[0-9]+: error: " '(module'

absent() {
    run "$1 without its compiler" 1 "" "^argos: $2: $3 is built with $4, which is not here; .*$5.* brings it\$" env PATH=/nowhere "$argos" build "$2"
    lines_of "one line" err 1
}

mkdir -p ts && touch ts/main.ts
absent C in-c main.c clang "apt install clang lld"
absent C++ in-cpp main.cpp 'clang\+\+' "apt install clang lld"
absent Rust in-rust main.rs rustc "apt install rustc libstd-rust-dev-wasm32 lld"
absent AssemblyScript ts main.ts asc "npm install assemblyscript"
absent WAT in-wat main.wat wat2wasm "apt install wabt"
mkdir -p ts/node_modules/.bin bare
echo '#!/bin/sh
echo "asc $*"
exit 1' | tee bare/clang >ts/node_modules/.bin/asc
chmod +x bare/clang ts/node_modules/.bin/asc
run "what npm installed in the folder goes first" 1 "^asc -O2 --debug --runtime stub --use abort= -o ts/ts.wasm ts/main.ts$" "" "$argos" build ts
run "a compiler without its linker" 1 "^asc " "^argos: in-c: wasm-ld was not found beside bare/clang; apt install clang lld brings it$" env PATH=bare:/nowhere "$argos" build in-c
printf 'kill -9 $$\n' | tee bare/wat2wasm >/dev/null
chmod +x bare/wat2wasm
sed -i '1i #!/bin/sh' bare/wat2wasm
run "a compiler that is killed" 1 "" "^argos: bare/wat2wasm: it was ended by signal 9 " env PATH=bare:/bin "$argos" build in-wat
