#!/bin/sh
# `espsim sweep` and `espsim merge`: shards make the same store as one process, a killed sweep goes on, adding points
# changes no other point, mistakes are told.
set -eu
espsim=$1/espsim
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "test_sweep: $1" >&2
    exit 1
}
cat >"$work/s.ini" <<'INI'
[scenario]
modes = tunnel, wildcard
duration = 2 s
[link]
delay = 10 ms
rate_forward = 2 Mbit/s
rate_return = 2 Mbit/s
[ipsec]
lookup = spi
[flow.calls]
kind = voip
from = lan1:1
to = lan2:1
INI
cd "$work"
sweep() {
    "$espsim" sweep s.ini --seeds 2 --quiet "$@"
}
sweep --vary link.delay=10ms,20ms --vary link.loss=0:0.02:0.01 --out one.jsonl --csv one.csv --jobs 2
[ "$(wc -l <one.jsonl)" = 25 ] || fail "6 points, 2 seeds, 2 modes: expected 24 lines and a head"
grep -q '^10ms,0.01,tunnel,1,calls,packets_received,' one.csv || fail "one.csv lacks a number"
sweep --vary link.delay=10ms,20ms --vary link.loss=0:0.02:0.01 --out a.jsonl --shard 1/3
sweep --vary link.delay=10ms,20ms --vary link.loss=0:0.02:0.01 --out b.jsonl --shard 2/3
sweep --vary link.delay=10ms,20ms --vary link.loss=0:0.02:0.01 --out c.jsonl --shard 3/3
"$espsim" merge --out merged.jsonl c.jsonl a.jsonl b.jsonl
cmp one.jsonl merged.jsonl || fail "three shards merged differ from one sweep"

# A store that ends in the middle of a line, as after kill -9: only what is missing is run.
head -n 11 one.jsonl >cut.jsonl
sed -n 12p one.jsonl | head -c 300 >>cut.jsonl
sweep --vary link.delay=10ms,20ms --vary link.loss=0:0.02:0.01 --out cut.jsonl
cmp one.jsonl cut.jsonl || fail "a resumed sweep differs from one in one piece"
"$espsim" sweep s.ini --seeds 2 --quiet --vary link.delay=10ms,20ms --vary link.loss=0:0.02:0.01 --out killed.jsonl --jobs 1 &
pid=$!
sleep 0.4
kill -9 "$pid" 2>/dev/null || true
wait "$pid" 2>/dev/null || true
sweep --vary link.delay=10ms,20ms --vary link.loss=0:0.02:0.01 --out killed.jsonl
cmp one.jsonl killed.jsonl || fail "a killed sweep differs from one in one piece"

# More points: those of before are as they were.
sweep --vary link.delay=10ms,20ms,30ms --vary link.loss=0:0.02:0.01 --out more.jsonl
results() {
    sed 1d "$1" | sed 's/^{"unit":[0-9]*,"point":[0-9]*,//' | grep -v '"30ms"' | sort
}
[ "$(results one.jsonl)" = "$(results more.jsonl)" ] || fail "adding points changed others"

status() {
    set +e
    "$@" >out 2>err
    code=$?
    set -e
    echo $code
}
[ "$(status sweep --vary link.delay=10ms --out one.jsonl)" = 3 ] && grep -q 'another sweep' err ||
    fail "a store of another sweep must be refused"
[ "$(status sweep --vary link.delya=10ms --out x.jsonl)" = 2 ] && grep -q 'did you mean' err || fail "unknown key"
[ ! -e x.jsonl ] || fail "a sweep that was asked wrongly wrote a store"
[ "$(status sweep --vary link.delay=10 --out x.jsonl)" = 2 ] && grep -q 'has no unit' err || fail "wrong unit"
[ "$(status sweep --vary nonsense --out x.jsonl)" = 2 ] || fail "no axis"
[ "$(status "$espsim" merge --out m.jsonl one.jsonl more.jsonl)" = 3 ] || fail "merging two sweeps must be refused"
echo garbage >g.jsonl
[ "$(status "$espsim" merge --out m.jsonl g.jsonl one.jsonl)" = 3 ] || fail "a foreign store must be refused"
[ "$(status sweep --vary link.delay=10ms --out /nonexistent/x.jsonl)" = 3 ] || fail "unwritable store"
echo "test_sweep: passed"
