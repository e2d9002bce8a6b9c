#!/bin/sh
# Every command that writes, into every place that is not quite its own, and killed at each of its steps.
exec python3 "$2/tests/own_place.py" "$1/espsim" "$2"
