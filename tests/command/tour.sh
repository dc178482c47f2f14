# shellcheck shell=bash
# The tour of ./run, which is an app like all others: part of tests/command/run.sh, whose functions and counts it uses. It wants the compiler of no
# language: the bytes of the examples are kept.
kept=$(realpath ../../../tests/contexts/88) apps=$(realpath ../../programs/apps)
mkdir -p tour
cp "$kept"/{c,cpp,rust,assemblyscript,wat}.wasm "$apps"/mischief.wasm watch.wasm tour
tour=("counter=$("$argos" interface ../../../programs/examples/counter.wit | sed -n 's/^hash *//p')")
for name in c cpp rust assemblyscript wat mischief watch; do
    tour+=("$name=$("$argos" hash tour/$name.wasm | cut -c 1-64)")
done
run "the tour: apps in five languages ask each other" 0 "" "^wat: the other counter is at 2$" \
    "$argos" run --grant apps --grant loader=tour --grant clock "$apps/tour.wasm" "${tour[@]}"
if grep -q "^tour.wasm: it ended after 1 restart: out of bounds memory access" err; then ok "one misbehaves"; else not_ok "one misbehaves" "$(cat err)"; fi
if grep -q "^watch: count 12 of 12$" err; then ok "one is wrapped while it runs"; else not_ok "one is wrapped while it runs" "$(cat err)"; fi
run "the tour without what it needs" 1 "" "it wants|^$|" "$argos" run "$apps/tour.wasm"
