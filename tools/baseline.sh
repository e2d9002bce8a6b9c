#!/bin/sh
# sh tools/baseline.sh ESPSIM OUT: the runs that results/baseline holds, made anew into the folder OUT.
# The regression test compares them; `sh tools/baseline.sh build/release/espsim DIR && build/release/espsim compare
# --update results/baseline DIR` renews the baseline on purpose (docs/ci.md).
set -eu
espsim=$1
out=$2
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
