#!/bin/sh
# Fresh runs against results/baseline: octets, counts and captures must be the same. A change on purpose renews the
# baseline (docs/ci.md) in the same commit.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sh "$2/tools/baseline.sh" "$1/espsim" "$work"
"$1/espsim" compare "$2/results/baseline" "$work"
