#!/bin/sh
# sh tools/man.sh [--check] [BUILD]: fills the parts of docs/man that espsim knows itself (commands, keys of a scenario)
# from BUILD/espsim (default build/release); with --check only says whether they are right.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
check=
[ "${1-}" != --check ] || { check=yes; shift; }
espsim=${1-$root/build/release}/espsim
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fill PAGE: puts standard input between the marks of the page.
fill() {
    cat >"$work/part"
    awk -v part="$work/part" '
        /^\.\\" made by tools\/man.sh$/ { print; while ((getline line < part) > 0) print line; skip = 1 }
        /^\.\\" end$/ { skip = 0 }
        !skip { print }' "$1" >"$work/page"
    cmp -s "$work/page" "$1" && return
    if [ -n "$check" ]; then
        echo "$1 is out of date; to mend: sh tools/man.sh"
        : >"$work/stale"
    else
        cp "$work/page" "$1"
    fi
}

"$espsim" --help | awk '
    /^Commands:$/ { on = 1; next }
    on && !NF { exit }
    on { name = $1; sub(/^ *[^ ]+ +/, ""); gsub(/-/, "\\-"); print ".TP\n.B espsim " name "\n" $0 "." }' |
    fill "$root/docs/man/espsim.1"
"$espsim" check --keys=man | fill "$root/docs/man/espsim-scenario.5"
[ ! -f "$work/stale" ]
