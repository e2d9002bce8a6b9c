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
cp "$2/tests/sweep/s.ini" "$work/s.ini"
cd "$work"
sweep() {
    "$espsim" sweep s.ini --seeds 2 --quiet "$@"
}
sweep --vary link.delay=10ms,20ms --vary link.loss=0:0.02:0.01 --out one.jsonl --csv one.csv --jobs 2
[ "$(wc -l <one.jsonl)" = 25 ] || fail "6 points, 2 seeds, 2 modes: expected 24 lines and a head"
grep -q '^10ms,0.01,tunnel,1,calls,packets_received,' one.csv || fail "one.csv lacks a number"
sweep --vary link.delay=10ms,20ms --vary link.loss=0:0.02:0.01 --out one.jsonl --csv /dev/stdout | cmp - one.csv ||
    fail "--csv /dev/stdout"
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

# Only these modes; what does not come to its end is told, and the rest is run.
sweep --modes wildcard --vary link.delay=10ms --out modes.jsonl
[ "$(grep -c '"run":"wildcard"' modes.jsonl)" = 2 ] && [ "$(wc -l <modes.jsonl)" = 3 ] || fail "--modes is not heeded"
status() {
    set +e
    "$@" >out 2>err
    code=$?
    set -e
    echo $code
}
[ "$(status sweep --vary link.delay=10ms --out one.jsonl)" = 3 ] && grep -q 'another sweep' err ||
    fail "a store of another sweep must be refused"
# A stranger's store: names that would be lines and commands of a plot, and texts of more than a line.
foreign() { # sed, what is said
    sed "$1" modes.jsonl >foreign.jsonl
    ! cmp -s modes.jsonl foreign.jsonl || fail "$1 changes nothing"
    [ "$(status sweep --modes wildcard --vary link.delay=10ms --out foreign.jsonl --csv foreign.csv)" = 3 ] &&
        grep -qF -e "$2" err && grep -q '^espsim: foreign.jsonl' err && [ ! -e foreign.csv ] ||
        fail "a store with $1: $(cat err)"
}
foreign '2s|"run":"wildcard"|"run":"x\\nEOD"|' 'unit 0: `run` = `x?EOD` is no name of a run'
foreign '2s|"run":"wildcard"|"run":"../x"|' 'unit 0: `run` = `../x` is no name of a run'
foreign '3s|"link.delay":"10ms"|"link.delay":"10\\tms"|' 'unit 1: `link.delay` has a control character'
foreign '3s|"link.delay":"10ms"|"link.daily":"10ms"|' 'unit 1: `link.delay` is missing'
foreign '3s|"point":0|"point":-1|' 'unit 1: `point` = -1 is negative'
foreign '3s|"name":"wildcard"|"name":"`x`"|' 'unit 1: `name` = `'
[ "$(status sweep --vary link.delya=10ms --out x.jsonl)" = 2 ] && grep -q '^--vary: link.delya = 10ms: .*did you mean' err || fail "unknown key"
[ ! -e x.jsonl ] || fail "a sweep that was asked wrongly wrote a store"
[ "$(status sweep --vary link.delay=10 --out x.jsonl)" = 2 ] && grep -q 'has no unit' err || fail "wrong unit"
# An axis that is none, or that would not do what it says.
while read -r axes text; do
    # shellcheck disable=SC2086
    [ "$(status sweep $(echo "$axes" | sed 's/;/ --vary /g; s/^/--vary /') --out x.jsonl)" = 2 ] ||
        fail "--vary $axes must be refused"
    grep -qF -e "$text" err || fail "--vary $axes: '$text' is not in: $(cat err)"
    [ ! -e x.jsonl ] || fail "--vary $axes wrote a store"
done <<'ROWS'
nonsense is no axis
link.delay= is no axis
link=1 is no axis
link.delay=10ms,,20ms has no value
link.delay=20:10:5ms is no range
link.delay=1:2:0ms is no range
link.delay=1:nan:1ms is no range
link.delay=1us:2:1ms is no range
link.delay=0:9999999:1us is no range
link.delay=1ms,2ms,1ms twice
link.delay=1ms;link.delay=2ms twice
scenario.seed=1,2 --seeds
link.loss=2 --vary: link.loss = 2: is not between
ROWS
[ "$(status sweep --modes tunel --set link.loss=2 --vary link.delay=7 --out x.jsonl)" = 2 ] || fail "--modes tunel"
[ "$(cut -d: -f1 err | tr '\n' ' ')" = "--modes --set --vary " ] || fail "errors are not told of what was typed: $(cat err)"
[ "$(status sweep --set scenario.seed=5 --out x.jsonl)" = 2 ] && grep -q -e '--seed' err || fail "a seed beside --seed"
# What could not be read back from the store is not written into one.
[ "$(status sweep --vary ' link.delay=10ms' --out x.jsonl)" = 2 ] && grep -q "no setting's key" err && [ ! -e x.jsonl ] ||
    fail "an axis with a blank before its key: $(cat err)"
# The unit may stand behind each number of a range; an IPv6 address is no range.
sweep --modes tunnel --vary link.delay=10ms:20ms:10ms --out range.jsonl
grep -q '"values":\["10ms","20ms"\]' range.jsonl || fail "10ms:20ms:10ms is no range"
[ "$(status sweep --vary gw1.address=2001:db8::1,2001:db8::2 --out x.jsonl)" = 2 ] && ! grep -q range err ||
    fail "addresses are taken for ranges"

# A run that fails holds up no other; where all fail, the rest is not begun.
ESPSIM_ENGINE=$1/tests/crashing_engine.so
export ESPSIM_ENGINE
[ "$(CRASH=segv status sweep --vary link.delay=10ms,20ms --out bad.jsonl)" = 3 ] && grep -q '8 of 8 runs failed' err &&
    grep -q 'point 0, replicate' err || fail "eight failing runs: $(cat err)"
[ "$(CRASH=segv status sweep --seeds 20 --vary link.delay=10ms --jobs 1 --out bad2.jsonl)" = 3 ] &&
    grep -q '20 of 40 runs failed and the rest was not begun' err || fail "forty failing runs: $(cat err)"
unset ESPSIM_ENGINE
sweep --vary link.delay=10ms,20ms --out bad.jsonl
[ "$(wc -l <bad.jsonl)" = 9 ] || fail "runs that failed are not tried again"

[ "$(status "$espsim" merge --out m.jsonl a.jsonl c.jsonl)" = 3 ] && grep -q '8 of 24 runs are missing' err &&
    [ ! -e m.jsonl ] || fail "merging without a shard must be refused"
[ "$(status sweep --vary link.delay=10ms --timeout 1ns --out late.jsonl)" = 3 ] && grep -q '4 of 4 runs are not done' err ||
    fail "--timeout"
for shard in 0/2 3/2 2 2/-1 2/4x; do
    [ "$(status sweep --vary link.delay=10ms --shard $shard --out x.jsonl)" = 2 ] &&
        grep -q -e "--shard $shard: expected" err || fail "--shard $shard: $(cat err)"
done
[ "$(status sweep --vary link.delay=10ms --timeout never --out x.jsonl)" = 2 ] || fail "--timeout never"
[ "$(status "$espsim" merge --out m.jsonl one.jsonl more.jsonl)" = 3 ] && grep -q 'one sweep only' err || fail "merging two sweeps must be refused"
# What is no store is refused with the reason.
echo garbage >g.jsonl
printf '{"sweep":1' >begun.jsonl
while read -r file text; do
    [ "$(status "$espsim" merge --out m.jsonl "$file" one.jsonl)" = 3 ] && grep -qF "espsim: $file:" err && grep -qF "$text" err ||
        fail "merge $file: $(cat err)"
    [ "$(status "$espsim" merge --out m.jsonl "$file")" = 3 ] && [ ! -e m.jsonl ] || fail "merge $file alone: $(cat err)"
done <<'ROWS'
g.jsonl is no head of a sweep
begun.jsonl run its shard again
none.jsonl No such file
part[9]*.jsonl no file has such a name
ROWS
[ "$(status sweep --vary link.delay=10ms --out /dev/null/x.jsonl)" = 3 ] || fail "unwritable store"
# Values that are no numbers of one unit stand in the figure by their names.
if command -v gnuplot >/dev/null; then
    sweep --modes wildcard --vary ipsec.lookup=spi,source-spi --out names.jsonl --plot names
    grep -q source-spi names/goodput.svg || fail "the figure of values with names lacks them"
    sweep --vary link.delay=10ms,20ms --vary link.loss=0:0.02:0.01 --out one.jsonl --plot scale
    grep -q '> *0.02<' scale/r-factor.svg || fail "the axis lacks a loss of 0.02"
    grep -q '> *-' scale/r-factor.svg && fail "the axis goes below a loss of 0"
fi

# The recipe for GNU parallel, as printed, with this machine in the place of two hosts.
. "$2/tests/sweep/recipe.sh"
recipe "$2/docs/man/espsim-sweep.1" 1 >recipe
grep -q '^parallel' recipe || fail "the manual's recipe for GNU parallel is not where it was"
if command -v parallel >/dev/null; then
    mkdir bin home
    ln -s "$espsim" bin/espsim
    cp "$2/tests/sweep/ssh.sh" bin/ssh
    chmod +x bin/ssh
    HOME=$work/home PATH=$work/bin:$PATH PARALLEL_SSH="$work/bin/ssh" sh recipe || fail "the recipe for GNU parallel"
    [ "$(sort -u home/hosts | tr '\n' ' ')" = "host1 host2 " ] || fail "GNU parallel went to other hosts"
    sweep --vary link.loss=0:0.02:0.005 --seeds 5 --out whole.jsonl
    cmp whole.jsonl all.jsonl || fail "the recipe for GNU parallel makes another store than one sweep"
else
    echo "test_sweep: without GNU parallel, its recipe is not run"
fi
echo "test_sweep: passed"
