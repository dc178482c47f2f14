# shellcheck shell=bash
# The tour of ./run, which is an app like all others: part of tests/command/run.sh, whose functions and counts it uses. It wants the compiler of no
# language: the bytes of the examples are kept.
run "the tour: apps in five languages ask each other" 0 "" "^wat: the other counter is at 2$" ../../../tools/tour "$argos" tour
if grep -q "^tour.wasm: it ended after 1 restart: out of bounds memory access" err; then ok "one misbehaves"; else not_ok "one misbehaves" "$(cat err)"; fi
if grep -q "^watch: count 12 of 12$" err; then ok "one is wrapped while it runs"; else not_ok "one is wrapped while it runs" "$(cat err)"; fi
run "the tour without what it needs" 1 "" "^argos: tour/tour.wasm: it wants apps to start what it shows and was not granted it; to allow it: --grant apps$" \
    "$argos" run tour/tour.wasm
