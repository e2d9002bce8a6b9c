#!/bin/sh
# sh tools/run.sh [SCENARIO [options of `espsim run`]]: installs what is missing, builds, runs the scenario.
# Only the results go to standard output. Works from any folder.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -gt 0 ] || set -- "$root/scenarios/sat-link.ini"
sh "$root/tools/install.sh"
cmake -S "$root" --preset release >&2
cmake --build "$root/build/release" >&2
exec "$root/build/release/espsim" run "$@"
