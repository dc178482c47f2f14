#!/usr/bin/env bash
# Tries hostile modules on build/argos: tests/adversarial/run.sh [--verbose] [--only NAME]. SEED=... repeats the random
# ones. The modules of failing cases stay in the folder that a failing run names.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
argos=${ARGOS:-$root/build/argos}
mkdir -p "$root/build/adversarial"
folder=$(mktemp -d "$root/build/adversarial/XXXXXX")

[ -x "$argos" ] || {
    echo "there is no $argos: build it first, with make" >&2
    exit 1
}

gcc -std=c17 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE= -I. -o "$folder/adversarial" tests/adversarial/*.c tests/support/support.c

# Modules that work, to be spoiled: one with something of everything, and a C program with its library.
wat2wasm --enable-all --debug-names tests/adversarial/real.wat -o "$folder/real.wasm"
clang --target=wasm32-wasi -O2 -Wl,-s -o "$folder/c.wasm" -x c - <<'C'
#include <stdio.h>
int main(int count, char **words) {
    for (int i = 0; i < count; i++) puts(words[i] + (i & 1));
    return 0;
}
C
"$argos" run "$folder/real.wasm" | grep -qx hello

if "$folder/adversarial" "$argos" "$folder" "$@" "$folder/real.wasm" "$folder/c.wasm" >"$folder/log"; then
    cat "$folder/log"
    rm -rf "$folder"
else
    echo "modules are in $folder"
    cat "$folder/log"
    exit 1
fi
