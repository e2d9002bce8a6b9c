#!/bin/sh
# A LAN slower than what the link brings: the gateway's LAN port drops what its buffer does not hold, and the run ends.
# Nothing is dropped that finds room, by whatever it is carried.
set -u
subcommand=run
. "$2/tests/command.sh"

# scenario NAME FLOW...: 20 Mbit/s each way; flows are `kind from to key=value...`.
scenario() {
    printf '[scenario]\nmodes = tunnel\nduration = 2 s\n[link]\ndelay = 20 ms\nrate_forward = 20 Mbit/s\n' >"$1.ini"
    printf 'rate_return = 20 Mbit/s\n[lan2]\nrate = 1 Mbit/s\n' >>"$1.ini"
    name=$1
    shift
    n=0
    for flow; do
        n=$((n + 1))
        # shellcheck disable=SC2086
        set -- $flow
        printf '[flow.f%d]\nkind = %s\nfrom = %s\nto = %s\n' $n "$1" "$2" "$3" >>"$name.ini"
        shift 3
        [ $# -eq 0 ] || printf '%s\n' "$@" >>"$name.ini"
    done
}

# expect NAME EXPRESSION [OPTION...]: runs NAME.ini; the expression over `run` holds.
expect() {
    name=$1
    expression=$2
    shift 2
    try 0 "$name.ini" --no-pcap --quiet --out result "$@"
    python3 - "$expression" <<'END' || fail "$name $*: not $expression"
import json, sys
run = json.load(open("result/result.json"))["runs"][0]
full = run["drops"]["gw2"].get("lan-queue", 0)
c = run["conservation"]
assert c["in"] == c["out"] + c["dropped"], c
sys.exit(not eval(sys.argv[1]))
END
}

scenario tcp 'tcp-bulk lan1:1 lan2:1'
scenario both 'tcp-bulk lan1:1 lan2:1' 'cbr lan2:1 lan1:1 rate=19Mbit/s'
scenario udp 'cbr lan1:1 lan2:1 rate=10Mbit/s size=972B'
scenario web 'request-response lan2:1 lan1:1 think=0s'

expect tcp 'full == 0'
expect tcp 'full > 0' --set flow.f1.initial_cwnd=1000 --set lan2.queue=20kB
expect tcp 'full == 0' --set flow.f1.initial_cwnd=1000 --set lan2.queue=2GiB --set lan2.rate=1kbit/s
expect tcp 'full > 0' --set pep.place=inside --set lan2.queue=5kB
expect both 'full == 0'
expect web 'full > 0' --set lan2.queue=3kB

# 1000 octets each 777.6 us, 2572 of them; the port sends one in 8 ms, 250 in 2 s, and holds 10 at the end.
expect udp '2310 <= full <= 2314' --set lan2.queue=10kB
expect udp 'full == 0' --set lan2.queue=10MB
# Waiting longer than the run lasted is no trouble.
expect udp 'full == 0 and run["flows"][0]["delay_max_s"] > 1000' --set lan2.queue=10MB --set lan2.rate=10kbit/s

# A young key: at its default results compare with those from before there was it, however it is written.
"$espsim" check tcp.ini --json >default
"$espsim" check tcp.ini --json --set lan1.queue=1.5MB >written
"$espsim" check tcp.ini --json --set lan1.queue=1MB >other
hash() { sed -n 's/.*"settings_hash": "\(.*\)".*/\1/p' "$1"; }
[ "$(hash default)" = "$(hash written)" ] || fail "the default counts in the hash"
[ "$(hash default)" != "$(hash other)" ] || fail "another value does not count in the hash"
exit $failed
