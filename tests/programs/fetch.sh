#!/usr/bin/env bash
# Gets the programs of tests/programs/packages from npm into a cache and prints the path of each, one a line:
#   tests/programs/fetch.sh [NAME...]     all of them unless named
# The cache is ${XDG_CACHE_HOME:-~/.cache}/argos-programs; a file in it is named by its hash and is checked each time.
# Exits with 77 and "registry unreachable" when npm or its registry is not there, and with 1 when a package is there but
# is not what it should be. With OFFLINE=1 only the cache is looked at.
set -euo pipefail
list=$(dirname "$0")/packages
cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/argos-programs

# sha256_is HASH FILE
sha256_is() {
    [ -e "$2" ] && [ "$(sha256sum "$2" | cut -d ' ' -f 1)" = "$1" ]
}

# download PACKAGE VERSION FOLDER: the package's archive in the folder, with three tries.
download() {
    local try
    if [ "${OFFLINE:-0}" = 1 ]; then
        echo "registry unreachable: $1@$2 is not in the cache"
        exit 77
    fi
    if ! command -v npm >/dev/null; then
        echo "registry unreachable: npm is not installed (tools/setup test installs it)"
        exit 77
    fi
    for try in 1 2 3; do
        if npm pack --loglevel=error --pack-destination "$3" "$1@$2" >"$3/npm.log" 2>"$3/npm.err"; then
            return 0
        fi
        # These say that the registry answered, and that what it has is wrong.
        if grep -qE 'E404|ETARGET|EINTEGRITY' "$3/npm.err"; then
            echo "fetch: $1@$2: $(head -n 3 "$3/npm.err")"
            exit 1
        fi
        sleep $((try * 2))
    done
    echo "registry unreachable: $1@$2: $(grep -m 1 'code ' "$3/npm.err" || true)"
    exit 77
}

# fetch PACKAGE VERSION: every listed file of a package into the cache.
fetch() {
    local folder package=$1 version=$2 name other other_version path hash
    folder=$(mktemp -d "$cache/download.XXXXXX")
    trap 'rm -rf "$folder"' EXIT
    download "$package" "$version" "$folder"
    while read -r name other other_version path hash; do
        if [ "$other $other_version" != "$package $version" ]; then
            continue
        fi
        tar -xzf "$folder"/*.tgz -C "$folder" "package/$path"
        if ! sha256_is "$hash" "$folder/package/$path"; then
            echo "fetch: $package@$version: $path is not the pinned $name ($hash)"
            exit 1
        fi
        mv "$folder/package/$path" "$cache/$hash.wasm"
    done < <(grep -v '^#' "$list")
    rm -rf "$folder"
    trap - EXIT
}

mkdir -p "$cache"
if [ $# -gt 0 ]; then
    names=("$@")
else
    mapfile -t names < <(grep -v "^#" "$list" | cut -d " " -f 1)
fi
for wanted in "${names[@]}"; do
    line=$(grep "^$wanted " "$list") || { echo "fetch: no program $wanted in $list" && exit 1; }
    read -r _ package version _ hash <<<"$line"
    sha256_is "$hash" "$cache/$hash.wasm" || fetch "$package" "$version"
    echo "$cache/$hash.wasm"
done
