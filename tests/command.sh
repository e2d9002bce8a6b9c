# shellcheck shell=sh
# command.sh - what the tests of commands share: a folder of their own to be in, and how a command's answer is judged.
# Sourced with build and source folder as $1 and $2, `subcommand` (may be empty) being the one that try calls.
espsim=$1/espsim
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

fail() {
    echo "FAILED: $*"
    failed=1
}

# try CODE WORD...: runs espsim; its output stays in `out` and `err`.
try() {
    code=$1
    shift
    "$espsim" ${subcommand:+"$subcommand"} "$@" >out 2>err </dev/null
    got=$?
    [ $got -eq "$code" ] || fail "espsim $subcommand $*: exit $got, expected $code: $(head -n 3 err)"
}

says() { # file, text
    grep -qF -e "$2" "$1" || fail "'$2' is not in $1: $(head -n 8 "$1")"
}

silent() {
    [ ! -s "$1" ] || fail "$1 is not empty: $(head -n 3 "$1")"
}

# Every line of `out` fits a terminal of 100 columns.
narrow() {
    [ "$(awk 'length > 100' out | wc -l)" = 0 ] || fail "wider than 100: $(awk 'length > 100' out | head -n 3)"
}
