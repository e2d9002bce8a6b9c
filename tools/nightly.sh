#!/bin/sh
# sh tools/nightly.sh [SECONDS [SEED]]: long checks under both sanitizers, each for its share of SECONDS (default 3600).
# Each tests/nightly/NAME.sh or NAME.py is one, called with build folder, seconds and seed (default: the day, so that
# each night has others); exit status 0: fine, 77: skipped. What fails prints how to repeat it.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
seconds=${1-3600}
seed=${2-$(date +%Y%m%d)}
build=$root/build/asan
cmake -S "$root" --preset asan >/dev/null && cmake --build "$build" || exit 3

parts=$(ls "$root"/tests/nightly/*.sh "$root"/tests/nightly/*.py 2>/dev/null)
share=$((seconds / $(echo "$parts" | wc -l)))
passed=0 failed=0 skipped=0
for part in $parts; do
    case $part in
    *.py) interpreter=python3 ;;
    *) interpreter=sh ;;
    esac
    echo "$(basename "$part"): $share s, seed $seed"
    $interpreter "$part" "$build" "$share" "$seed"
    case $? in
    0) passed=$((passed + 1)) ;;
    77) skipped=$((skipped + 1)) ;;
    *) failed=$((failed + 1)) && echo "FAILED: $interpreter $part $build $share $seed" ;;
    esac
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
