#!/bin/sh
# The manual names every command and every key of a scenario, as the program has them.
sh "$2/tools/man.sh" --check "$1"
