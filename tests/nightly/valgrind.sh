#!/bin/sh
# Valgrind once over the main job: the release build of `espsim run`, a report of it, and a comparison.
#     sh tests/nightly/valgrind.sh BUILD SECONDS SEED
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
espsim=$root/build/release/espsim
command -v valgrind >/dev/null && [ -x "$espsim" ] || { echo "valgrind: no valgrind, or no release build"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
check() {
    timeout 3000 valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite --trace-children=no \
        --child-silent-after-fork=no "$@" 2>err
    code=$?
    [ $code -le 1 ] && ! grep -q '^==' err || { echo "FAILED: $*: exit $code"; head -n 40 err; exit 1; }
}
check "$espsim" run "$root/scenarios/sat-link.ini" --quiet --seed "$3" --set scenario.duration=12s --out result
check "$espsim" report result >/dev/null
check "$espsim" compare result result >/dev/null
check "$espsim" verify result >/dev/null
echo "valgrind: nothing found"
