#!/bin/sh
# Scenarios that failed once, each of which must run; then some sixty random ones (tests/nightly/scenarios.py: more of
# them, with other seeds, in sh tools/nightly.sh).
set -u
build=$1
source=$2
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0
for scenario in "$source"/tests/nightly/found/*.ini; do
    "$build/espsim" run "$scenario" --out "$work/found" --quiet --timeout 1min >"$work/said" 2>&1 ||
        { echo "$scenario: exit status $?: $(cat "$work/said")"; failed=1; }
done
python3 "$source/tests/nightly/scenarios.py" "$build" 300 1 --count 60 --light --keep "$work/keep" || failed=1
exit $failed
