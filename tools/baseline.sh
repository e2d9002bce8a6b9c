#!/bin/sh
# sh tools/baseline.sh ESPSIM OUT: the runs that results/baseline holds, made anew into the folder OUT.
# The regression test compares them. After a change on purpose: sh tools/baseline.sh build/release/espsim --renew
# writes results/baseline anew (docs/ci.md).
set -eu
espsim=$1
out=$2
baseline=$(cd "$(dirname "$0")/.." && pwd)/results/baseline
[ "$out" != --renew ] || out=$(mktemp -d)
scenarios=$(cd "$(dirname "$0")/.." && pwd)/scenarios
run() { # name scenario option...
    name=$1
    scenario=$2
    shift 2
    "$espsim" run "$scenarios/$scenario" --out "$out/$name" --set "scenario.name=$name" --quiet "$@"
}
run sat-link sat-link.ini --set scenario.duration=12s
run sat-link-v6 sat-link.ini --set scenario.duration=8s --set scenario.ip=6 --modes tunnel,beet,wildcard
run sat-link-cbc sat-link.ini --set scenario.duration=8s --modes tunnel,wildcard \
    --set ipsec.algorithm=aes-cbc-128-hmac-sha2-256-128 --set ipsec.esn=yes
run sat-link-loss sat-link.ini --set scenario.duration=8s --modes tunnel,wildcard --set link.loss=0.01 \
    --set link.framing=ule-padded
[ "$2" = --renew ] || exit 0
"$espsim" compare "$baseline" "$out" --all >/dev/null || "$espsim" compare "$baseline" "$out" || true
rm -rf "$baseline"
for folder in "$out"/*/; do
    name=$(basename "$folder")
    mkdir -p "$baseline/$name"
    cp "$folder/result.json" "$baseline/$name/"
done
rm -rf "$out"
