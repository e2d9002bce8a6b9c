#!/bin/sh
# espsim lookup: who gets what, as tests/lookup/NAME.txt has it for NAME.ini. `GOLDEN=write` refreshes the answers.
set -u
subcommand=
. "$2/tests/command.sh"
rows=$2/tests/lookup

for ini in "$rows"/*.ini; do
    txt=${ini%.ini}.txt
    try 0 lookup "$ini"
    [ "${GOLDEN:-}" = write ] && cp out "$txt"
    diff -u "$txt" out || fail "$ini: not as $txt"
    awk 'length > 100 { exit 1 }' out || fail "$ini: a line over 100 columns"
    try 0 lookup --json "$ini"
    n=$(grep -c '"policy"' out)
    n_policies=$("$espsim" list lookup | grep -c '^  [a-z]')
    n_packets=$(grep -c '^\[packet\]' "$ini")
    [ "$n" -eq $((n_policies * n_packets)) ] || fail "$ini: $n answers for $n_packets packets and $n_policies policies"
done

# refused, with line and remedy
cat >"$work/bad.ini" <<'INI'
[gateway]
addresses = 192.0.2.2, 192.0.2.300
[sa]
spi = 0x100000000
mode = plain
dst_ = 10.0.0.1
sel_src = 10.0.0.1/24
[packet]
spi = 1
src = 10.0.0.1
[packets]
[sa]
name = twice
spi = 1
mode = beet
sel_src = 10.0.0.0/8
[sa]
name = twice
spi = 2
mode = beet
[sa]
spi = 3
mode = beet
sel_src = 10.0.0.0/8
sel_dst = 2001:db8::/32
[sa]
spi = 4
mode = beet
proto = icmp
udp = maybe
mark = 0x100/0xff
[sa]
spi = 5
mode = transport
proto = ah
udp = yes
mark = 0x1/0x1ffffffff
[packet]
spi = 5
src = 10.0.0.1
dst = 10.0.0.2
proto = ah
udp = yes
INI
try 2 lookup "$work/bad.ini"
for line in ':2: addresses' ':4: spi' ':5: mode' ':6: dst_ .*did you mean `dst`' ':7: sel_src .*10.0.0.0/24' ':8: \[packet\]: dst: is not set' \
    ':29: proto = icmp: .*expected esp or ah' ':30: udp = maybe: .*expected no or yes' ':31: mark = .*outside of its mask' \
    ':37: mark .*out of range' ':38: \[packet\]: udp: .*not AH' \
    ':11: \[packets\]: unknown section' ':17: \[sa\]: name: .*`twice`' ':21: \[sa\]: sel_src and sel_dst'; do
    grep -q "bad.ini$line" err || fail "nothing is said of $line: $(cat err)"
done
printf '[sa]\nspi = 1\nmode = tunnel\n' >"$work/empty.ini"
try 2 lookup "$work/empty.ini"
try 2 lookup
try 3 lookup "$work/missing.ini"
try 0 lookup --help
exit $failed
