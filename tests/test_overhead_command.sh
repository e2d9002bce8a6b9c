#!/bin/sh
# espsim overhead as a program meets it: names in the JSON, forms, refusals, a capture from a file and from a pipe.
set -u
subcommand=overhead
. "$2/tests/command.sh"

# holds EXPRESSION: a Python expression over the answer, j, and its rows, r
holds() {
    python3 -c "import json, sys; j = json.load(open('out')); r = j['rows']; sys.exit(not ($1))" ||
        fail "not so: $1 in $(head -c 600 out)"
}

try 0
says out 'ip-tfs'
says out 'RFC 9347'
says out 'since 6.14'
says out 'ip-tfs delays packets until an outer one is full'
narrow

try 0 --sizes 40,576 --modes tunnel,wildcard --algorithms aes-gcm-16-128 --json
holds 'len(r) == 4 and [x["ip_octets"] for x in r] == [96, 76, 632, 612]'
holds 'r[0]["size"] == 40 and r[0]["mode"] == "tunnel" and r[0]["algorithm"] == "aes-gcm-16-128"'
holds 'r[0]["ip_version"] == 4 and r[0]["udp"] is False and r[0]["framing"] == "p2p" and r[0]["link_octets"] == 98'
holds 'all(sum(x["ledger"].values()) == x["link_octets"] for x in r)'
holds 'r[0]["ledger"]["iv"] == 8 and r[0]["ledger"]["icv"] == 16 and all(x["sealed"] == 1 for x in r)'
try 0 --sizes 40 --modes tunnel,wildcard --framing ule-padded --json
holds '[x["link_octets"] for x in r] == [188, 188] and r[1]["saved"] == {"ip_octets_per_packet": 20, "link_octets_per_packet": 0}'
try 0 --sizes 100,1400 --modes all --rivals all --framing ethernet,gse --json
holds 'all(x["link_octets_saturated"] == x["link_octets"] for x in r) and len({x["framing"] for x in r}) == 2'
try 0 --sizes 100 --modes tunnel --framing ule-packed,ule-padded --json
holds 'r[0]["link_octets"] == r[1]["link_octets"] > r[0]["link_octets_saturated"] > r[0]["ip_octets"]'
try 0 --sizes 100 --modes tunnel --ip 4,6 --udp --json
holds '[(x["ip_version"], x["ip_octets"]) for x in r] == [(4, 164), (6, 184)] and all(x["udp"] for x in r)'
try 0 --sizes 20-1500 --modes all --json
holds 'len(r) == 1481 * len({x["mode"] for x in r}) >= 1481 * 5'
try 0 --imix --modes tunnel,wildcard --json
holds '[round(x["added_percent"], 2) for x in r] == [16.45, 10.58] and r[0]["size"] is None and r[0]["packets"] == 12'
try 0 --codec g729,g711 --modes wildcard --price 5/MB --json
holds 'r[0]["saved"]["packets_per_s"] == 50 and r[0]["saved"]["ip_octets_per_hour"] == 20 * 50 * 3600'
holds 'abs(r[0]["saved"]["money_per_month"] - 20 * 50 * 3600 * 730.5 / 1e6 * 5) < 1e-6'
try 0 --codec g729 --modes wildcard --price 5/MB
says out '13149.00'
narrow
try 0 --sizes 40 --rivals ip-tfs --modes plain --rate 10Mbit/s --json
holds 'abs(r[1]["added_delay_s"] - 1460 * 8 / 1e7) < 1e-12 and r[1]["linux"]["value"] == "partly" and r[1]["source"]'
holds 'abs(r[1]["ip_octets"] - 40 - 58 * 40 / 1442) < 1e-9'
try 0 --sizes 40 --rivals macsec --modes plain --framing ethernet --json
holds 'r[1]["link_octets"] == 40 + 24 + 38'
try 0 --sizes 40 --csv --modes tunnel
says out '40,40,1,tunnel,aes-gcm-16-128,4,0,p2p,40,96,98,98,140.000000,0,0,'
try 0 --imix --modes all --rivals all --algorithms all --framing all --ip 4,6 --csv

for words in "--modes tunel" "--sizes 19" "--sizes 40-30" "--sizes x" "--sizes 30 --ip 6" "--ip 5" "--price 5" "--price 5/kg" \
    "--price 0/MB" "--pps 0" "--rate 5" "--mtu 100" "--seal" "--pcap f --imix" "--rivals tfs" "--codec g728" "word" \
    "--algorithms aes-gcm-16-100" "--framing ule" "--framing gse --label 4" "--outer-ip 5"; do
    # shellcheck disable=SC2086
    try 2 $words
    [ ! -s out ] || fail "$words: printed results"
    [ -s err ] || fail "$words: gave no reason"
done
try 2 --modes tunel
says err 'did you mean `tunnel`?'
try 3 --pcap no-such.pcap
says err 'no-such.pcap'
echo 'no capture at all, but text' >text
try 3 --pcap text
says err 'no pcap'

# A file, a pipe, and a file that ends too soon.
pcap=$2/tests/vectors/kernel/tunnel44-aes-gcm-16-128.plain.pcap
try 0 --pcap "$pcap" --modes plain,tunnel --json
holds 'r[0]["ip_octets"] == j["capture"]["octets"] and j["capture"]["packets"] == r[1]["packets"] > 0'
holds 'abs(r[0]["saved"]["packets_per_s"] - j["capture"]["packets"] / j["capture"]["duration_s"]) < 1e-6'
holds 'sum(int(n) * c for n, c in j["capture"]["lengths"].items()) == j["capture"]["octets"]'
holds 'j["capture"]["sealed"] == "one packet of each kind"'
cp out file
"$espsim" overhead --pcap - --modes plain,tunnel --json <"$pcap" >out 2>err || fail "a pipe: $(cat err)"
cmp -s out file || fail "a pipe gives another answer than the file"
try 0 --pcap "$pcap" --seal
says out 'Sealed: every packet'
narrow
# Stuffing: of sealed octets, the same the next time; tunnel mode saves nothing against itself. In clear, of the capture's
# own octets, here against a count of escapes in Python.
try 0 --pcap "$pcap" --seal --framing ppp,hdlc --modes plain,tunnel,wildcard --json
holds 'all(sum(x["ledger"].values()) == x["link_octets"] for x in r)'
holds '[x["saved"]["link_octets_per_packet"] for x in r if x["mode"] == "tunnel"] == [0, 0]'
cp out file
try 0 --pcap "$pcap" --seal --framing ppp,hdlc --modes plain,tunnel,wildcard --json
cmp -s out file || fail "sealed packets are stuffed otherwise the second time"
clear=$(python3 - "$pcap" <<'EOF'
import struct, sys
d, at, n = open(sys.argv[1], 'rb').read(), 24, 0
while at < len(d):
    size, = struct.unpack('<I', d[at + 8:at + 12])
    p, at, fcs = d[at + 16:at + 16 + size], at + 16 + size, 0xffff
    for octet in b'\xff\x03\x00\x21' + p:
        fcs ^= octet
        for _ in range(8):
            fcs = fcs >> 1 ^ (0x8408 if fcs & 1 else 0)
    body = p + struct.pack('<H', fcs ^ 0xffff)
    n += 5 + len(body) + body.count(b'\x7d') + body.count(b'\x7e')
print(n)
EOF
)
holds "r[0]['link_octets'] == $clear"
try 0 --pcap "$pcap" --seal --framing hdlc
says out 'stuffing of hdlc: counted'
narrow
try 0 --pcap "$pcap" --framing hdlc
says out 'stuffing of hdlc: the average'
narrow
head -c $(($(wc -c <"$pcap") - 5)) "$pcap" >cut.pcap
try 0 --pcap cut.pcap
says err 'warning: cut.pcap: ends within the record behind packet'
says out 'IP packets'
{ cat cut.pcap && head -c 4000 /dev/zero | tr '\0' '\377'; } >damaged.pcap
try 3 --pcap damaged.pcap
says err 'is damaged after packet'
says err 'editcap'
[ ! -s out ] || fail "a damaged capture: printed results"
head -c 24 "$pcap" >none.pcap
try 3 --pcap none.pcap
says err 'has no IP packet (0 frames'
says err 'tcpdump'
[ ! -s out ] || fail "an empty capture: printed results"

# What a Linux kernel really sent, octet for octet: the packets of PLAIN became those of ESP.
octets() { # words
    "$espsim" overhead --csv "$@" | awk -F, 'NR == 2 { print $10 }'
}
n=0
for plain in "$2"/tests/vectors/kernel/*.plain.pcap; do
    name=$(basename "$plain" .plain.pcap)
    mode=${name%%[46]*} suite=${name#*-} outer=${name%%-*}
    outer=${outer#"$mode"?}
    udp=
    case $suite in *-udp) udp=--udp suite=${suite%-udp} ;; esac
    suite=${suite%-options} suite=${suite%-extensions} suite=${suite%-esn}
    want=$(octets --modes plain --pcap "${plain%.plain.pcap}.esp.pcap")
    # shellcheck disable=SC2086
    got=$(octets --modes "$mode" --algorithms "$suite" --outer-ip "$outer" $udp --pcap "$plain")
    [ "$got" = "$want" ] || fail "$name: $got octets, the kernel sent $want"
    n=$((n + 1))
done
[ $n -gt 80 ] || fail "only $n captures of the kernel"
exit $failed
