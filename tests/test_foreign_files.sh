#!/bin/sh
# Files of strangers: names that lead elsewhere, pipes where files belong, captures that were cut. Called with build and
# source folder.
subcommand=
. "$2/tests/command.sh"
baseline=$2/results/baseline
espsim="timeout 60 $espsim"

# Without quotes: two words.
try() {
    code=$1
    shift
    $espsim "$@" >out 2>err </dev/null
    got=$?
    [ $got -eq "$code" ] || fail "espsim $*: exit $got, expected $code: $(head -n 3 err)"
}

one=$(find "$baseline" -name '*.json' | sort | head -n 1)
mkdir -p good && cp "$one" good/result.json

# broken WHAT SED SAYS: a result with one change is refused by its name, and nothing is written.
broken() {
    rm -rf cand base && mkdir cand base
    sed "$2" good/result.json >cand/result.json
    ! cmp -s good/result.json cand/result.json || fail "$1: nothing was changed"
    try 3 compare --update base/new cand
    says err "cand/result.json: "
    says err "$3"
    try 3 report cand
    says err "$3"
    [ -z "$(find base -type f)" ] || fail "$1: $(find base) was written"
}

broken "a scenario elsewhere" 's|"scenario": "[^"]*"|"scenario": "../../../OUTSIDE/evil"|' 'is no name; expected'
broken "a run elsewhere" 's|"name": "tunnel"|"name": "../tunnel"|' 'is no name of a run; expected'
broken "a capture elsewhere" 's|"sat.pcap"|"../../../../../../dev/zero"|' 'is no name; expected'
broken "a hidden capture" 's|"sat.pcap"|".pcap"|' 'is no name; expected'
broken "a command" 's|"framing": "|"framing": "`touch PWNED`|' 'is no name; expected'
broken "two lines" 's|"question": "|"question": "a\\nb|' 'has a control character'
broken "a delay before it began" 's|"delay_min_s": |"delay_min_s": -|' 'is negative'

# A pipe nobody writes to is passed over with a word; one that the user named is read.
mkdir folder && mkfifo folder/x.json
try 3 compare good folder
says err 'folder/x.json: is a device, a FIFO or a socket'
$espsim compare /dev/stdin good <good/result.json >out 2>err || fail "a file on standard input: $(cat err)"
cat good/result.json | $espsim compare /dev/stdin good >out 2>err || fail "a pipe that was named: $(cat err)"
mkdir -p good/tunnel && mkfifo good/tunnel/series.json
try 3 report good
says err 'good/tunnel/series.json: is a device, a FIFO or a socket'
rm good/tunnel/series.json && mkfifo good/tunnel/sat.pcap
try 3 compare good good
says err 'good/tunnel/sat.pcap: is a device, a FIFO or a socket'

# What a scenario names is a file.
mkfifo pipe
scenario() {
    printf '[scenario]\nduration = 1 s\nmodes = plain, tunnel\n[link]\nrate_forward = 1 Mbit/s\nrate_return = 1 Mbit/s\n'
    printf '%b' "$1" # of [link], then flows
}
flow='[flow.a]\nkind = cbr\nfrom = lan1:1\nto = lan2:1\n'
scenario "path = trace\ntrace = pipe\n$flow" >trace.ini
try 2 check trace.ini
says err 'trace.ini:8: trace = pipe: pipe: is a device, a FIFO or a socket'
scenario 'delay = 1 ms\n[flow.a]\nkind = replay\nfile = pipe\nfrom = lan1:1\nto = lan2:1\nmap = yes\n' >replay.ini
try 2 check replay.ini
says err 'replay.ini:10: file = pipe: pipe: is a device, a FIFO or a socket'

# A capture whose writer was killed: two packets of UDP and half of a third.
python3 - <<'EOF'
import struct
packet = bytes.fromhex("4500001c00000000401166cd0a0100010a020001" "0001000200080000")
record = lambda s: struct.pack("<IIII", s, 0, len(packet), len(packet)) + packet
head = lambda: struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
open("cut.pcap", "wb").write(head() + record(0) + record(0) + record(0)[:-9])
open("damaged.pcap", "wb").write(head() + record(0) + struct.pack("<IIII", 0, 0, 1 << 30, 28) + record(0))
EOF
cut='cut.pcap: ends within the record behind packet 2; what stands before it is taken'
try 0 overhead --pcap cut.pcap
says err "warning: $cut"
says out '2 IP packets'
try 3 overhead --pcap damaged.pcap
says err 'damaged.pcap: is damaged after packet 1'
sed 's/file = pipe/file = cut.pcap/' replay.ini >cut.ini
try 0 check cut.ini
says err "warning: $cut"
sed 's/file = pipe/file = damaged.pcap/' replay.ini >damaged.ini
try 2 check damaged.ini
says err 'damaged.ini:10: file = damaged.pcap: damaged.pcap: is damaged after packet 1'
if [ -e "$1/espsim-engine.so" ]; then
    try 0 run cut.ini --out ran
    [ "$(grep -c 'ends within' err)" = 1 ] || fail "run tells of the cut $(grep -c 'ends within' err) times"
    try 0 compare ran ran
fi

[ $failed = 0 ] && echo "test_foreign_files: passed"
exit $failed
