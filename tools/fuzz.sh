#!/bin/sh
# sh tools/fuzz.sh [SECONDS [TARGET...]]: each libFuzzer target (default: all) for so long (default 60) under the address
# and undefined-behaviour sanitizers, one per core at a time. New inputs that reach new code are kept beside the build, in
# build/fuzz/corpus; findings in build/fuzz/findings, and then the exit status is 1.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
seconds=${1:-60}
[ $# -eq 0 ] || shift
sh "$root/tools/install.sh"
build=$root/build/fuzz
cmake -S "$root" --preset fuzz >/dev/null
[ $# -gt 0 ] || set -- $(cd "$root/tests/fuzz" && ls fuzz_*.c | sed 's/^fuzz_//; s/\.c$//')
# shellcheck disable=SC2046
cmake --build "$build" --target $(printf 'fuzz_%s ' "$@") >&2
mkdir -p "$build/findings"

one() {
    mkdir -p "$build/corpus/$1"
    log=$build/findings/$1.log
    if "$build/tests/fuzz/fuzz_$1" -max_total_time="$seconds" -timeout=20 -print_final_stats=1 \
        -artifact_prefix="$build/findings/$1-" "$build/corpus/$1" "$root/tests/fuzz/corpus/$1" >"$log" 2>&1; then
        echo "$1: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions, no finding"
    else
        echo "$1: FINDING, see $log"
        return 1
    fi
}

failed=0
running=0
pids=
for target; do
    one "$target" &
    pids="$pids $!"
    running=$((running + 1))
    if [ $running -ge "$(nproc)" ]; then
        for pid in $pids; do wait "$pid" || failed=1; done
        running=0 pids=
    fi
done
for pid in $pids; do wait "$pid" || failed=1; done
exit $failed
