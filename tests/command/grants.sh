# shellcheck shell=bash
# What an app is granted, and who is put between: part of tests/command/run.sh, whose functions and counts it uses. The programs are those of
# programs/servers, and programs/tests/visitor.

(cd ../../.. && make --no-print-directory programs >/dev/null) || exit 1
servers=$(realpath ../../programs/servers) visitor=$(realpath ../../programs/tests/visitor.wasm)
cp "$visitor" visitor.wasm
cp "$servers"/*.wasm .
head -c 300000 /dev/urandom >random_bytes

for executor in interpret compile; do
    app() { run "$1, $executor" "$2" "$3" "$4" "${input[@]}" "$argos" run --executor $executor "${@:5}"; }
    input=()
    app "no grant but the log" 0 "" "it wants console to repeat what you say and was not granted it; to allow it: --grant console$" visitor.wasm
    if [ "$(grep -c "to allow it" err)" = 2 ]; then ok "each refusal once"; else not_ok "each refusal once" "$(cat err)"; fi
    app "the clock, and its page" 0 "" "^visitor.wasm: page, and the year of the epoch: [5-9][0-9]$" --grant clock visitor.wasm clock
    app "a clock that a program fakes" 0 "" "^visitor.wasm: no page, and the year of the epoch: 29$" --grant clock=fake_clock.wasm visitor.wasm clock
    app "a wrapped clock has no page" 0 "" "^visitor.wasm: no page, " --grant clock --wrap clock=watch.wasm visitor.wasm clock
    app "random numbers" 0 "" "^visitor.wasm: random: 4096$" --grant random visitor.wasm random
    app "numbers of its own and of the kernel" 0 "" "^visitor.wasm: metrics: 3$" --grant metrics visitor.wasm metrics
    app "levels of the log" 0 "" "^visitor.wasm: warning: careful$" visitor.wasm log
    app "what is no UTF-8 is logged all the same" 0 "" "^visitor.wasm: a \? b$" visitor.wasm log
    app "a wrapped log says how much" 0 "" "^watch.wasm: log: operation 1, 5 bytes$" --wrap log=watch.wasm visitor.wasm log
    app "the last that an app logs comes through" 0 "" "^watch.wasm: a \? b$" --wrap log=watch.wasm visitor.wasm log
    app "a limited log" 2 "" "^limit.wasm: warning: careful$" --wrap log=limit.wasm visitor.wasm log
    if [ "$(grep -c careful err)" = 10 ]; then ok "ten of twelve"; else not_ok "ten of twelve" "$(cat err)"; fi
    app "a denied log" 12 "" "to allow it" --wrap log=deny.wasm visitor.wasm log
    app "an app that fails is started again, and given up" 134 "" "^argos: app_trap.wasm: it is started again$" --restart 2 app_trap.wasm
    if [ "$(grep -c "#0 function again" err)" = 3 ]; then ok "three reports of three runs"; else not_ok "three reports of three runs" "$(cat err)"; fi
    input=(bash -c 'echo hello | "$@"' -)
    app "text in and out" 0 "^hello$" "^visitor.wasm: bytes: 6$" --grant console visitor.wasm console
    app "two programs between, the last next to the app" 0 "^hello$" "^watch.wasm: console: operation 2, 6 bytes$" \
        --grant console --wrap console=limit.wasm --wrap console=watch.wasm visitor.wasm console
    input=(bash -c '(sleep 0.3; echo abcdefgh) | "$@"' -)
    app "a read that is taken back takes nothing" 0 "" "^visitor.wasm: abcde$" --grant console visitor.wasm cancel
    input=(bash -c '"$@" <random_bytes | (sleep 0.3; cmp - random_bytes && echo same)' -)
    app "text that nobody reads at once waits" 0 "^same$" "^visitor.wasm: bytes: 300000$" --grant console visitor.wasm console
done

# Apps that make apps: programs/tests/maker reads their programs from the console.
packed() { for file; do printf '%08d' "$(stat -c %s "$file")"; cat "$file"; done; }
cp ../../programs/tests/{maker,liar,caller}.wasm .
for executor in interpret compile; do
    input=(bash -c '"$@" <packed' -)
    made() { app "$1" 0 "" "$2" --grant console --grant clock --grant apps maker.wasm "$3"; }
    packed visitor.wasm >packed
    made "an app makes one, looks at it and waits for its end" "^made: a \? b$" one
    made "an app takes away what it gave, in the middle of a wait" "^made: tick 1$" take
    if grep -q "tick 9" err; then not_ok "it ticks no more" "$(cat err)"; else ok "it ticks no more"; fi
    app "names are registered, found, narrowed and let go" 0 "" "^caller.wasm: found$" --grant names=names.wasm caller.wasm
    loaded() { app "$1" "$2" "" "$3" --grant apps "${@:4}"; }
    name=$("$argos" hash visitor.wasm | cut -c1-64)
    loaded "an app by the name of its program" 0 "^loaded: warning: careful$" --grant loader=. maker.wasm load "$name"
    loaded "its loader watched" 0 "^watch.wasm: loader: operation 1$" --grant loader=. --wrap loader=watch.wasm maker.wasm load "$name"
    loaded "a program that the loader has not" 3 "" --grant loader=. maker.wasm load "${name//[0-4]/5}"
    loaded "a loader that gives other bytes" 3 "" --grant loader=liar.wasm maker.wasm load "$name"
    loaded "a loader that refuses" 3 "" --grant loader=deny.wasm maker.wasm load "$name"
    loaded "no loader" 3 "" maker.wasm load "$name"
    packed app_trap.wasm >packed
    made "an app learns why another one failed, and where" "^maker.wasm: unreachable in function again at offset 0x" fault
    if grep -qE "^maker.wasm: .* app [0-9]+ (end|trap) " err; then ok "and what it did last"; else not_ok "and what it did last" "$(cat err)"; fi
    packed visitor.wasm watch.wasm >packed
    made "apps that do not become any, do not fit, and do not stop" "" none
    made "a program is put between while both run" "^made: log: operation 1, 6 bytes$" wrap
    if [ "$(grep -c "made: tick" err)" = 10 ] && [ "$(grep -c operation err)" -lt 10 ]; then ok "no tick is lost"; else not_ok "no tick is lost" "$(cat err)"; fi
    packed echo.wasm >packed
    app "an app makes a WASI program one, with a console and without" 0 "^guest" "" --grant console --grant apps maker.wasm guest
    input=()
    app "a WASI program has a clock, a console and random numbers" $(($(date +%Y) - 1970)) "" "" year.wasm
    app "a clock that a program fakes for it" 29 "" "" --grant clock=fake_clock.wasm year.wasm
    app "its console watched" 0 "^echo.wasm" "^watch.wasm: console: operation 2, 10 bytes$" --wrap console=watch.wasm echo.wasm
    app "random numbers denied to it" 63 "" "" --wrap random=deny.wasm random.wasm
    app "a WASI program that fails is started again, and given up" 134 "" "^argos: trap.wasm: it is started again$" --restart 2 trap.wasm
    if [ "$(grep -c "unreachable in function innermost" err)" = 3 ]; then ok "three reports"; else not_ok "three reports" "$(cat err)"; fi
    app "a WASI program handles nothing for others" 126 "" "^argos: exit.wasm: it is no app, and so can handle nothing for others$" \
        --grant console --wrap console=exit.wasm visitor.wasm console
    app "an app that takes too long" 124 "" "^argos: app.wasm: stopped after 0.2 s, as --timeout says$" --timeout 0.2 app.wasm
    app "an app that never lets go" 124 "" "^argos: spin.wasm: stopped after 0.2 s, as --timeout says$" --timeout 0.2 spin.wasm
    app "a program between that never lets go" 124 "" "stopped after 0.2 s" --timeout 0.2 --grant console=spin.wasm echo.wasm
done

run "an app that ends is not started again" 7 "" "^app_log.wasm: two$" "$argos" run --restart 5 app_log.wasm
if [ "$(grep -c two err)" = 1 ]; then ok "it ran once"; else not_ok "it ran once" "$(cat err)"; fi
run "an interface by its hash" 0 "" "^visitor.wasm: random: 4096$" \
    "$argos" run --grant "$("$argos" interface | sed -n 's/  random$//p')" visitor.wasm random
run "an interface by its file" 0 "" "^visitor.wasm: random: 4096$" "$argos" run --grant ../../../interfaces/random.wit visitor.wasm random
run "an interface with a spelling mistake" 2 "" "there is no interface consle, did you mean console\?" "$argos" run --grant consle visitor.wasm
run "a second taker" 2 "" "somebody handles console already; to put a program between, write --wrap" "$argos" run --grant console --grant console=deny.wasm visitor.wasm
run "an interface that nobody handles" 2 "" "nobody here handles names; write --grant names=PROGRAM.wasm" "$argos" run --grant names visitor.wasm
run "nothing to put a program before" 2 "" "there is nothing to put it before; write --grant console, too" "$argos" run --wrap console=watch.wasm visitor.wasm
run "a handler that is not there" 126 "" "^argos: nowhere.wasm: no such file" "$argos" run --grant console=nowhere.wasm visitor.wasm
run "a trace is written" 134 "" "app 1 trap kind=" "$argos" run --trace last.trace app_trap.wasm
run "a trace is shown" 0 "us app 1 turn turn=0x1 messages=0x0$" "" "$argos" trace last.trace
run "a trace is shown as JSON" 0 '"name":"trap","ph":"i"' "" "$argos" trace --chrome last.trace
head -c 100 last.trace >cut.trace
run "a trace that was cut off" 1 "" "it is no trace, or not a whole one" "$argos" trace cut.trace
run "a trace that cannot be written" 134 "" "nowhere/t: the trace cannot be written" "$argos" run --trace nowhere/t app_trap.wasm
run "a trace of a WASI program" 1 "" "" "$argos" run --trace last.trace exit.wasm
run "its turn is shown" 0 "us app [0-9]+ end kind=0x0 code=1$" "" "$argos" trace last.trace
run "inspect shows what a program wants" 0 "^  console: to repeat what you say$" "" "$argos" inspect visitor.wasm
