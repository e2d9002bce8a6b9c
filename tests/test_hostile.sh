#!/bin/sh
# What strangers write into results, stores, series, manifests, scenarios and captures is refused or text: it starts no
# program, writes no file, sends nothing to the terminal and breaks no page, table or figure.
exec python3 "$2/tests/hostile.py" "$1/espsim" "$1/tests/test_report_fixture" "$2/tests/sweep/s.ini"
