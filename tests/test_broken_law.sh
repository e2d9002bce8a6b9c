#!/bin/sh
# A run that breaks a law of the simulation says so, with exit status 3, and leaves a small file that repeats it: the
# settings in effect, the seed, the law, and where the missing packets stand.
set -u
. "$2/tests/command.sh"
scenario=$2/tests/run_scenario.ini
export ESPSIM_ENGINE="$1/tests/losing_engine.so" REAL_ENGINE="$1/espsim-engine.so"

# reported FILE: `err` names it in one line, and it is what a report needs.
reported() {
    [ "$(wc -l <err)" -eq 1 ] || fail "not one line: $(cat err)"
    says err 'packets neither arrived nor were dropped; please report this with '"$1"
    says "$1" "$("$espsim" --version | sed -n '1s/^espsim \([^ ]*\).*/# espsim \1/p')"
    says "$1" ', commit '
    says "$1" '# run plain, seed 77'
    says "$1" 'packets neither arrived nor were dropped'
    n=$(sed -n 's/^# missing: \([0-9]*\) packets.*/\1/p' "$1")
    stand=$(sed -n 's/^# link .* in the queue, \([0-9]*\) on the link$/\1/p' "$1" | awk '{ n += $1 } END { print n }')
    [ "${n:-0}" -gt 0 ] && [ "$n" = "$stand" ] || fail "$n packets are missing, $stand stand on the link: $(grep '^#' "$1")"
    ESPSIM_ENGINE='' try 0 check "$1"
    mv out again
    ESPSIM_ENGINE='' try 0 check "$scenario" --set scenario.seed=77 --set scenario.modes=plain
    [ "$(settings out)" = "$(settings again)" ] || fail "$1: other settings than those of the run"
    ! grep -qi '^key *=\|0x[0-9a-f]\{16\}' "$1" || fail "a key is in $1"
}

settings() { # without where they came from
    sed 's/ *;.*//; /^# /d' "$1"
}

lose() { # file that is expected, word...
    file=$1
    shift
    try 3 run "$scenario" --seed 77 --modes plain --no-pcap --quiet --out lost/ "$@"
    silent out
    [ ! -e lost ] || fail "a broken run left a result"
    reported "$file"
}

lose lost.broken-law.ini
cp lost.broken-law.ini first
lose lost.broken-law-2.ini
cmp -s first lost.broken-law.ini || fail "an older report was overwritten"
cmp -s first lost.broken-law-2.ini || fail "the same run, another report: $(diff first lost.broken-law-2.ini)"

# The file repeats it.
try 3 run first --no-pcap --quiet --out lost
says err 'please report this with lost.broken-law-3.ini'


# A sweep, too: beside its store.
"$espsim" sweep "$scenario" --seeds 1 --modes plain --quiet --out swept.jsonl >out 2>err </dev/null
[ $? -eq 3 ] || fail "a sweep with a broken law: exit status not 3: $(cat err)"
says err 'please report this with swept.jsonl.broken-law.ini'
ESPSIM_ENGINE='' try 0 check swept.jsonl.broken-law.ini
exit $failed
