#!/bin/sh
# sh tools/test.sh [PRESET...]: installs what is missing, builds, runs every test of each preset (default: release).
# The last line is `N passed, N failed, N skipped`; a preset that does not build counts as one failure.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -gt 0 ] || set -- release
sh "$root/tools/install.sh" || exit 3

passed=0 failed=0 skipped=0
count() { # attribute of the first line of ctest's JUnit file
    sed -n "/<testsuite/,/>/s/.*$1=\"\([0-9]*\)\".*/\1/p" "$2" | head -n 1
}
for preset; do
    build="$root/build/$preset"
    junit="$build/tests.xml"
    rm -f "$junit"
    if ! cmake -S "$root" --preset "$preset" || ! cmake --build "$build"; then
        echo "tools/test.sh: preset $preset does not build" >&2
        failed=$((failed + 1))
        continue
    fi
    ESPSIM_LAB=${ESPSIM_LAB:-all} ctest --test-dir "$build" --output-on-failure --no-tests=error -j "$(nproc)" --output-junit "$junit"
    if [ ! -f "$junit" ]; then
        failed=$((failed + 1))
        continue
    fi
    n=$(count tests "$junit") f=$(count failures "$junit") s=$(count skipped "$junit") d=$(count disabled "$junit")
    passed=$((passed + n - f - s - d)) failed=$((failed + f)) skipped=$((skipped + s + d))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
