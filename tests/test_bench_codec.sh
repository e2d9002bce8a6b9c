#!/bin/sh
# bench_codec measures every suite that `espsim list` can make, on both sides, in the shape that CI reads. How fast is
# not asked here: other tests run beside it.
set -u
bench="$1/bench/bench_codec"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
fail() { echo "$*"; exit 1; }

"$bench" --json --ms 0.1 >"$work/all.json" 2>"$work/errors"
status=$?
[ $status -le 1 ] || fail "exit status $status: $(cat "$work/errors")"
python3 - "$work/all.json" <<'PY' || exit 1
import json, sys
root = json.load(open(sys.argv[1]))
assert set(root) == {"seal", "open"}, root.keys()
assert set(root["seal"]) == set(root["open"])
assert {"aes-gcm-16-128", "aes-cbc-256-hmac-sha2-512-256", "chacha20-poly1305-iiv-256", "null-aes-xcbc-96"} <= set(root["seal"])
for op in root.values():
    for suite, sizes in op.items():
        assert set(sizes) == {"64", "576", "1400"}, suite
        for size, row in sizes.items():
            assert abs(row["ratio"] - row["espsim_pps"] / row["bare_pps"]) < 1e-3 * row["ratio"], (suite, row)
            assert abs(row["espsim_gbps"] - row["espsim_pps"] * int(size) * 8 / 1e9) < 1e-3 * row["espsim_gbps"], (suite, row)
PY
[ "$("$bench" --suite aes-gcm-8-192 --ms 0.1 | grep -c '^aes-gcm-8-192 ')" -eq 3 ] || fail "--suite: not three rows"
"$bench" --suite aes-gcm-16 >/dev/null 2>"$work/errors"
[ $? -eq 2 ] || fail "a wrong suite must end with 2"
grep -q 'aes-gcm-16-128' "$work/errors" || fail "a wrong suite is not told the right one: $(cat "$work/errors")"
