#!/bin/sh
# sh tools/bench.sh WHAT [options]: builds the release preset and measures. Figures on standard output, the rest on
# standard error. Each WHAT is one function below.
#   codec [--json] [--layer packet|crypt] [--suite NAME] [--ms N]
#         packets/s and Gbit/s sealed and opened, beside a bare loop over EVP
#   engine [--json] [--runs N] [--only A,B,C] [--growth]
#         CPU seconds of simulated runs beside a plain ns-3 program (bench/plain_ns3.cc); how cost grows
#   collide [--json]
#         SPIs drawn and checked a second by espsim collide, beside bare loops over its generator
#   lookup [--json] [--sas N]
#         what a lookup costs in a SAD of up to a million SAs, for each policy
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build="$root/build/release"

usage() {
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "$0" >&2
    exit 2
}

built() { # target...
    sh "$root/tools/install.sh"
    cmake -S "$root" --preset release >&2
    cmake --build "$build" --target "$@" >&2
}

bench_codec() {
    built bench_codec
    exec "$build/bench/bench_codec" "$@"
}

bench_engine() {
    built espsim espsim-engine plain_ns3
    exec python3 "$root/bench/engine.py" "$build" "$root" "$@"
}

bench_collide() {
    built bench_collide
    exec "$build/bench/bench_collide" "$@"
}

bench_lookup() {
    built bench_lookup
    exec "$build/bench/bench_lookup" "$@"
}

[ $# -gt 0 ] || usage
what=$1
shift
case $what in
    codec | collide | engine | lookup) "bench_$what" "$@" ;;
    *) echo "tools/bench.sh: nothing is called $what" >&2; usage ;;
esac
