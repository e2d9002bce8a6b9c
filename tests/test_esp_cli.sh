#!/bin/sh
# espsim esp: exit codes, what is written and what is not, and packets drawn. `GOLDEN=write` refreshes the drawings.
set -u
subcommand=
. "$2/tests/command.sh"
tests=$2/tests
kernel=$tests/vectors/kernel

# golden NAME: `out` is as tests/golden/NAME.txt has it, and fits a terminal.
golden() {
    [ "${GOLDEN:-}" = write ] && cp out "$tests/golden/$1.txt"
    diff -u "$tests/golden/$1.txt" out || fail "$1: not as tests/golden/$1.txt"
    awk 'length > 80 { exit 1 }' out || fail "$1: a line over 80 columns"
}

row=$kernel/tunnel44-aes-gcm-16-128
plain=$row.plain.pcap

# what is asked wrongly, what can't be read: nothing appears
try 2 esp
try 2 esp enclose
says err "expected encap, decap or explain"
try 0 esp --help
says out explain
for op in encap decap explain; do
    try 0 esp $op --help
    try 2 esp $op
done
try 3 esp encap --sa missing.ini --in "$plain" --out x.pcap
try 3 esp encap --sa "$row.sa.ini" --in missing.pcap --out x.pcap
try 3 esp encap --sa "$row.sa.ini" --in "$row.sa.ini" --out x.pcap
try 3 esp encap --sa "$row.sa.ini" --in "$plain" --out missing/x.pcap
try 3 esp encap --sa "$row.sa.ini" --in "$plain" --out x.pcap --report missing/r
try 3 esp encap --sa "$row.sa.ini" --in "$plain" --out x.pcap --esp-sa missing/s
try 2 esp decap --sa "$row.sa.ini" --in "$plain" --out x.pcap --pcapng
sed 's/^spi.*/spi = 0x1g/; s/^encr_key = ../encr_key = /' "$row.sa.ini" >bad.ini
try 2 esp encap --sa bad.ini --in "$plain" --out x.pcap
says err "bad.ini:3: spi = 0x1g"
head -c 3000 "$plain" >cut.pcap
{ cat cut.pcap && head -c 4000 /dev/zero | tr '\0' '\377'; } >damaged.pcap
try 3 esp encap --sa "$row.sa.ini" --in damaged.pcap --out x.pcap
[ "$(ls)" = "$(printf 'bad.ini\ncut.pcap\ndamaged.pcap\nerr\nout')" ] || fail "left over: $(ls)"
try 0 esp encap --sa "$row.sa.ini" --in cut.pcap --out x.pcap
says err 'warning: cut.pcap: ends within the record behind packet 22; what stands before it is taken'

# there and back, through one file of several SAs and a report
for name in tunnel44-aes-gcm-16-128-esn transport66-aes-cbc-128-hmac-sha2-256-128 beet44-null-hmac-sha2-256-128-options; do
    for out in there.pcap there.pcapng; do
        try 0 esp encap --sa "$kernel/$name.sa.ini" --in "$kernel/$name.plain.pcap" --out $out --report r.jsonl \
            $([ $out = there.pcapng ] && echo --pcapng)
        try 0 esp decap --sa "$kernel/$name.sa.ini" --in $out --out back.pcap --report back.jsonl
        grep -v '"verdict": "ok"' back.jsonl && fail "$name: refused"
        [ "$(wc -l <r.jsonl)" -eq "$(wc -l <back.jsonl)" ] || fail "$name: reports differ in length"
        "$espsim" esp decap --sa "$kernel/$name.sa.ini" --in "$kernel/$name.esp.pcap" --out theirs.pcap
        tail -c +41 back.pcap | tail -c 60 >a
        tail -c +41 theirs.pcap | tail -c 60 >b
        [ "$(wc -c <back.pcap)" -eq "$(wc -c <theirs.pcap)" ] && cmp -s a b || fail "$name: not what the kernel's came to"
    done
done
sed 's/^spi.*/spi = 0x2000/' "$row.sa.ini" >two.ini
cat "$row.sa.ini" >>two.ini
try 0 esp decap --sa two.ini --in "$row.esp.pcap" --out back.pcap --report r.jsonl
grep -v '"verdict": "ok"' r.jsonl && fail "an SA file of two SAs: the second was not found"

# numbers of ESNs beyond what a signed integer holds; why there is nothing to open: no ESP, no IP, cut by the capture
sed 's/^seq.*/seq = 0xfffffffffffffffe/; s/^esn.*/esn = 1/' "$row.sa.ini" >far.ini
try 0 esp encap --sa far.ini --in "$plain" --out far.pcap --report r.jsonl
says r.jsonl '{"n": 1, "verdict": "ok", "seq": 18446744073709551615, "out": 1}'
says r.jsonl '"reason": "seq-overflow"'
try 0 esp decap --sa far.ini --in far.pcap --out back.pcap --report r.jsonl
says r.jsonl '{"n": 1, "verdict": "ok", "seq": 18446744073709551615, "out": 1}'
try 0 esp explain --sa far.ini --in far.pcap --packet 2 --json
says out '"seq": "18446744073709551615"'
try 0 esp decap --sa "$row.sa.ini" --in "$plain" --out back.pcap --report r.jsonl
says r.jsonl '"verdict": "no-sa", "reason": "not-esp"'
word() { printf '\\%03o\\%03o\\0\\0' $(($1 % 256)) $(($1 / 256)); } # 32 bits, little-endian
frame() { printf "$(word 0)$(word 0)$(word $1)$(word $2)"; head -c $1 "$3"; } # captured and real length, octets
head_of() { printf "\\324\\303\\262\\241\\2\\0\\4\\0$(word 0)$(word 0)$(word 65535)$(word $1)"; }    # link type
tail -c +41 "$row.esp.pcap" >octets
{ head_of 101 && frame 60 160 octets; } >cut.pcap
try 0 esp decap --sa "$row.sa.ini" --in cut.pcap --out back.pcap --report r.jsonl
says r.jsonl '"why": "the capture holds a part of it only'
try 0 esp explain --sa "$row.sa.ini" --in cut.pcap
says out "the capture holds a part of it only"
{ head_of 1 && printf "$(word 0)$(word 0)$(word 42)$(word 42)" && printf '%012d\010\006%028d' 0 0; } >arp.pcap
try 0 esp decap --sa "$row.sa.ini" --in arp.pcap --out back.pcap --report r.jsonl
says r.jsonl '"why": "the frame carries no IP"'
{ head_of 105 && frame 60 60 octets; } >wlan.pcap
try 3 esp decap --sa "$row.sa.ini" --in wlan.pcap --out x.pcap
says err "wlan.pcap: has the link type 105, IEEE802_11, in which no IP is looked for"

# two runs with one key share no IV
try 0 esp encap --sa "$row.sa.ini" --in "$plain" --out a.pcap
try 0 esp encap --sa "$row.sa.ini" --in "$plain" --out b.pcap
cmp -s a.pcap b.pcap && fail "two runs made the same octets under one key"

# nor do two SAs; where that cannot be, the file is refused, but only to seal
sed 's/^encr = .*/encr = aes-gcm-16-iiv/; s/^iv = .*/iv =/' "$row.sa.ini" >implied.ini
try 0 esp encap --sa implied.ini --in "$plain" --out a.pcap
sed 's/^\[sa\]/[sa2]/; s/^spi.*/spi = 0x2000/' implied.ini >second.ini
cat second.ini >>implied.ini
try 2 esp encap --sa implied.ini --in "$plain" --out b.pcap
says err "SAs number 1 and 2 share a key"
try 0 esp decap --sa implied.ini --in a.pcap --out back.pcap
sed 's/-iiv//' implied.ini >drawn.ini
try 0 esp encap --sa drawn.ini --in "$plain" --out b.pcap

# drawn
try 0 esp explain --size 100 --mode tunnel --algorithm aes-gcm-16-128
golden esp_explain_tunnel
try 0 esp explain --size 60 --mode wildcard --algorithm aes-cbc-128-hmac-sha2-256-128 --ip 6 --udp
golden esp_explain_wildcard_udp
try 0 esp explain --sa "$kernel/beet44-aes-gcm-16-128-options.sa.ini" \
    --in "$kernel/beet44-aes-gcm-16-128-options.esp.pcap" --packet 3
golden esp_explain_beet_options
sed 's/^encr_key = ../encr_key = ff/' "$row.sa.ini" >wrong.ini
try 0 esp explain --sa wrong.ini --in "$row.esp.pcap"
golden esp_explain_wrong_key
# what is not on the link: an ESN's high half, an implicit IV; extension headers inside ESP, and more boxes than fit
octets() { for o in "$@"; do printf "\\$(printf %03o 0x"$o")"; done; }
{
    head_of 101 && printf "$(word 0)$(word 0)$(word 68)$(word 68)"
    octets 60 00 00 00 00 1c 00 3f fd 00 00 01 00 00 00 00 00 00 00 00 00 00 00 10
    octets fd 00 00 02 00 00 00 00 00 00 00 00 00 00 00 20
    octets 3c 00 01 04 00 00 00 00 11 00 01 04 00 00 00 00 c3 50 c3 51 00 0c 1e c2 65 73 70 2e
} >chain.pcap
cat >chain.ini <<EOF
[sa]
mode = beet
spi = 0x8750
encr = aes-gcm-16-iiv
encr_key = 000102030405060708090a0b0c0d0e0f
salt = 10111213
esn = 1
seq = 0x700000009
outer_src = 2001:db8::1
outer_dst = 2001:db8::2
inner_src = fd00:1::10
inner_dst = fd00:2::20
EOF
try 0 esp encap --sa chain.ini --in chain.pcap --out chain.esp.pcap
try 0 esp explain --sa chain.ini --in chain.esp.pcap
golden esp_explain_beet_unsent
try 0 esp explain --sa two.ini --in "$plain"
says out "no-sa"
try 0 esp explain --sa "$kernel/beet44-aes-gcm-16-128-options.sa.ini" \
    --in "$kernel/beet44-aes-gcm-16-128-options.esp.pcap" --packet 2
awk 'length > 80 { exit 1 }' out || fail "a drawing over 80 columns"
for size in 40 41 48; do # no room for UDP, and no dummy packet
    try 0 esp explain --size $size --mode wildcard --algorithm aes-gcm-16-128 --ip 6
    says out 'Verdict: ok'
done
for mode in tunnel beet wildcard transport; do
    try 0 esp explain --size 1400 --mode $mode --algorithm chacha20-poly1305-256 --json
    says out '"verdict": "ok"'
done
try 2 esp explain --size 19 --mode tunnel --algorithm aes-gcm-16-128
try 2 esp explain --size 100 --mode plain --algorithm aes-gcm-16-128
try 2 esp explain --size 100 --mode tunnel --algorithm aes-gcm-16
try 2 esp explain --size 65536 --mode tunnel --algorithm aes-gcm-16-128
says err '--size 65536: expected 1 to 65535'
try 2 esp explain --size 65535 --mode tunnel --algorithm aes-gcm-16-128
try 2 esp explain --sa "$row.sa.ini" --in "$row.esp.pcap" --packet 100000
says err "has"
exit $failed
