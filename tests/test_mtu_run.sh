#!/bin/sh
# Sizes that vanish: what a run with filtered ICMP loses is what `espsim mtu` predicts, octet by octet, and each cure
# cures: ICMP let through, MSS clamped, fragmentation before and after ESP with reassembly where it is due.
set -u
subcommand=run
. "$2/tests/command.sh"
scenario=$2/scenarios/mtu-blackhole.ini

run() { # exit code, folder, option...
    code=$1
    folder=$2
    shift 2
    "$espsim" run "$scenario" --quiet --no-pcap --out "$folder" "$@" >out 2>err </dev/null
    got=$?
    [ $got -eq "$code" ] || fail "$folder: exit $got, expected $code: $(head -n 3 err)"
}

# ask FOLDER PYTHON: lines that an expression over `runs` (name -> run) and `flow(run, name)` prints.
ask() {
    python3 - "$1" "$2" <<'EOF'
import json, sys
runs = {r["name"]: r for r in json.load(open(sys.argv[1] + "/result.json"))["runs"]}
def flow(run, name):
    return next(f for f in runs[run]["flows"] if f["name"] == name)
def count(run, kind, name):
    return sum(p.get(name, 0) for p in runs[run][kind].values())
exec(sys.argv[2])
EOF
}

predicted() { # mode
    "$espsim" mtu --json --framing ppp --modes "$1" |
        python3 -c 'import json, sys
v = json.load(sys.stdin)["rows"][0]["vanish"]
print(v["first"] if v else 1501)'
}

# ---- the interval, a flow for each length around each edge ----

sizes=""
for mode in tunnel beet wildcard plain; do
    first=$(predicted $mode)
    sizes="$sizes $((first - 2)) $((first - 1)) $first $((first + 1))"
done
sizes="576 $(echo "$sizes" | tr ' ' '\n' | sort -nu | awk '$1 > 0 && $1 <= 1500') 1500"
cat >edges.ini <<EOF
[scenario]
duration = 2 s
modes = plain, tunnel, beet, wildcard
[link]
delay = 10 ms
rate_forward = 50 Mbit/s
rate_return = 50 Mbit/s
[ipsec]
lookup = spi
icmp_filtered = yes
EOF
for size in $(echo $sizes | tr ' ' '\n' | sort -nu); do
    printf '[flow.ip%d]\nkind = cbr\nfrom = lan1:1\nto = lan2:1\nsize = %d B\nrate = 500 kbit/s\ndf = yes\n' \
        "$size" $((size - 28)) >>edges.ini
done
"$espsim" run edges.ini --quiet --no-pcap --out edges >out 2>err || fail "edges: $(head -n 3 err)"
for mode in plain tunnel beet wildcard; do
    first=$(predicted $mode)
    seen=$(ask edges "
gone = [int(f['name'][2:]) for f in runs['$mode']['flows'] if f['packets_received'] == 0]
kept = [int(f['name'][2:]) for f in runs['$mode']['flows'] if f['packets_received'] == f['packets_sent'] > 0]
assert len(gone) + len(kept) == len(runs['$mode']['flows']), 'some sizes pass in part'
assert not gone or max(kept) < min(gone), 'no interval'
print(max(kept) + 1, runs['$mode']['mtu'] + 1)")
    [ "$seen" = "$first $first" ] || fail "$mode: first that vanishes, and MTU + 1: $seen; predicted $first"
done

# ---- what TCP makes of it, and the cures ----

small="--set scenario.duration=20s --set flow.web.stop=8s"
run 1 hole $small
grep -q "run tunnel: flow web has stalled" err || fail "no word about the stall: $(cat err)"
"$espsim" run "$scenario" $small --no-pcap --out words >out 2>/dev/null
tr -s ' \n' '  ' <out >flat
for words in "1447 octets and more vanish" "1459 octets and more vanish" "1467 octets and more vanish" \
    "small ones pass"; do
    grep -qF "$words" flat || fail "'$words' is not in the table of the run"
done
[ "$(ask hole "print(*[flow(m, 'web')['stalled'] for m in ('plain', 'tunnel', 'beet', 'wildcard')])")" = \
    "False True True True" ] || fail "TCP stalls in every mode with ESP and in no other"

run 0 clamped $small --set ipsec.mss_clamp=yes
run 0 told $small --set ipsec.icmp_filtered=no
for folder in clamped told; do
    [ "$(ask $folder "print(all(not flow(m, 'web')['stalled'] and flow(m, 'web')['pages'] for m in runs))")" = True ] ||
        fail "$folder: pages do not come"
done
[ "$(ask told "print(*[count(m, 'counters', 'icmp_sent') > 0 for m in ('plain', 'tunnel', 'beet', 'wildcard')])")" = \
    "False True True True" ] || fail "ICMP is made where something is too big"
[ "$(ask hole "print(sum(count(m, 'counters', 'icmp_sent') for m in runs))")" = 0 ] || fail "a filtered ICMP was sent"
"$espsim" run "$scenario" $small --set ipsec.icmp_filtered=no --no-pcap --out again >out 2>/dev/null
! tr -s ' \n' '  ' <out | grep -qF "octets and more vanish" || fail "sizes are said to vanish though ICMP passes"

# ---- without DF: cut after ESP, or before it ----

free=""
for flow in ip576 ip1446 ip1447 ip1458 ip1459 ip1466 ip1467 ip1500; do
    free="$free --set flow.$flow.df=no"
done
delivered="print(*['%g' % (1 - flow(m, 'ip1500')['loss_ratio']) for m in ('plain', 'tunnel', 'beet', 'wildcard')])"
cut="print(*[count(m, 'counters', 'fragments_sent') > 0 for m in ('plain', 'tunnel', 'beet', 'wildcard')])"
clamp="--set ipsec.mss_clamp=yes"
# After ESP the tunnel's other end puts together what is addressed to itself; ESP in transit it leaves alone.
run 0 after $small $free $clamp
[ "$(ask after "$cut")" = "False True True True" ] || fail "after: $(ask after "$cut")"
[ "$(ask after "$delivered")" = "1 1 1 0" ] || fail "after ESP: 1500 octets: $(ask after "$delivered")"
run 0 joined $small $free $clamp --set ipsec.reassemble_link=yes
[ "$(ask joined "$delivered")" = "1 1 1 1" ] || fail "reassemble_link: $(ask joined "$delivered")"
# Before ESP each fragment is a packet of its own to a tunnel; what transports a payload cannot take it.
run 0 before $small $free $clamp --set ipsec.fragmentation=before
[ "$(ask before "$delivered")" = "1 1 0 0" ] || fail "before ESP: $(ask before "$delivered")"
exit $failed
