#!/bin/sh
# `espsim export` as a person meets it: files, refusals, exit codes, and shell that a checker finds no fault with.
set -u
subcommand=export
. "$2/tests/command.sh"
scenario=$2/scenarios/sat-link.ini

# Each exporter writes the scenario's first mode that it offers, into a folder named for both.
for row in "ip-xfrm tunnel" "nft wildcard" "tc-bpf wildcard" "strongswan tunnel"; do
    exporter=${row% *} mode=${row#* }
    try 0 "$scenario" --to "$exporter"
    [ "$(cat out)" = "$(find "sat-link-$exporter-$mode" -type f | sort)" ] ||
        [ "$(sort out)" = "$(find "sat-link-$exporter-$mode" -type f | sort)" ] || fail "$exporter: other files than told"
    [ -z "$(find . -type f -path './sat-link-*' ! -perm 600)" ] || fail "$exporter: a file that is not 0600"
    says "sat-link-$exporter-$mode/gw1.sh" "espsim export $scenario --to $exporter --mode $mode"
    sh "sat-link-$exporter-$mode/gw1.sh" 2>err && fail "$exporter: a script without a command must fail"
    says err "up|down|status"
done

# A script begins only on the machine that it is for, and `down` undoes what `up` has noted, nothing else.
for exporter in ip-xfrm nft tc-bpf strongswan; do
    gw1=$(echo "$work/sat-link-$exporter"-*/gw1.sh)
    KEPT=$work/none WAN=no-such0 sh "$gw1" up 2>err && fail "$exporter: up without the interface"
    grep -qE "no interface no-such0|only root|no [a-z]* here" err || fail "$exporter: up without the interface: $(cat err)"
    KEPT=$work/none sh "$gw1" down 2>err || fail "$exporter: down of what is not up: exit $?"
    says err "nothing to undo"
    KEPT=$work/none sh "$gw1" status 2>err && fail "$exporter: status of what is not up"
    says err "is not up"
    [ ! -e none ] || fail "$exporter: up has begun"
done

# What is drawn anew is drawn anew.
try 0 "$scenario" --to ip-xfrm --out again
cmp -s again/gw1.sh sat-link-ip-xfrm-tunnel/gw1.sh && fail "two exports have the same keys"

# Nothing is written where the mode can't be installed; the reason names what can.
try 2 "$scenario" --to ip-xfrm --mode wildcard --out none
says err XfrmOutNoStates
says err "--to nft"
try 2 "$scenario" --to strongswan --mode wildcard --out none
says err TS_UNACCEPTABLE
try 2 "$scenario" --to nft --mode tunnel --out none
try 2 "$scenario" --to ip-xfrm --mode plain --out none
says err "nothing to install"
for exporter in ip-xfrm strongswan nft; do
    try 2 "$scenario" --to $exporter --set ipsec.algorithm=aes-gcm-16-iiv-128 --out none
    says err "RFC 8750"
    try 2 "$scenario" --to $exporter --set ipsec.algorithm=aes-cbc-128 --out none
    says err "without integrity"
done
try 2 "$scenario" --to tc-bpf --set ipsec.udp_encap=yes --out none
try 2 "$scenario" --to ip-xfrm --set ipsec.udp_encap=yes --out none
try 2 "$scenario" --to ip-xfrm --set ipsec.tfc=40B --out none
says err ipsec.tfc=0
try 2 "$scenario" --to tc-bpf --set lan1.prefix=10.0.0.0/8 --set lan2.prefix=172.16.0.0/12 --out none
try 2 "$scenario" --to nft --set ipsec.spi_gw1=0x1001 --out none
says err spi_gw1
[ ! -e none ] || fail "a refused export has left files"

# TCP's MSS is lowered on demand, or as the scenario has it.
says sat-link-nft-wildcard/gw1.sh 'CLAMP=${CLAMP:-no}'
try 0 "$scenario" --to ip-xfrm --set ipsec.mss_clamp=yes --out clamp
says clamp/gw1.sh 'CLAMP=${CLAMP:-yes}'
try 0 "$scenario" --to ip-xfrm --mode transport --set ipsec.mss_clamp=yes --out clamp-hosts
says err "ipsec.mss_clamp"

# By hand, SPIs are where the scenario says.
try 0 "$scenario" --to nft --set ipsec.spi_gw1=0x1001-0x1004 --out spis
says spis/gw1.sh "SPIS='0x1001-0x1004'"

# What real gateways do otherwise than the scenario is said.
try 0 "$scenario" --to nft --set ipsec.lookup=prefix --out lookup
says err "ipsec.lookup"

try 0 "$scenario" --to nft --set ipsec.on_collision=avoid --out deep/er/collision/
says err "ipsec.on_collision"
[ "$(stat -c %a deep/er/collision)" = 700 ] || fail "the folder of the keys is open to others"

# Of BEET, hosts that belong to no pair do not speak in the clear; a gateway forwards its LAN's IP version alone.
try 0 "$scenario" --to ip-xfrm --mode beet --out beet
says beet/gw1.sh "dir out action block priority 200"
grep -q ipv6 beet/gw1.sh && fail "an IPv4 gateway's script must leave IPv6 alone"
for row in "ip-xfrm tunnel" "ip-xfrm transport" "nft wildcard" "strongswan beet"; do
    try 0 "$scenario" --to "${row% *}" --mode "${row#* }" --set scenario.ip=6 --set lan1.prefix=2001:db8:1::/64 \
        --set lan2.prefix=2001:db8:2::/64 --set gw1.address=2001:db8::1 --set gw2.address=2001:db8::2 \
        --out "sat-link-6-${row% *}-${row#* }"
done

# The same machine has the same name in every form; what is said of one IP version is not said of the other.
for exporter in ip-xfrm strongswan; do
    try 0 "$scenario" --to $exporter --mode transport --out hosts-$exporter
    [ -e hosts-$exporter/host-10-1-0-1.sh ] || fail "$exporter: no host-10-1-0-1.sh: $(ls hosts-$exporter)"
done
says sat-link-nft-wildcard/gw1.sh "TCP's MSS is then 1426 at most"
says sat-link-nft-wildcard/gw1.sh nf_conntrack_max
says sat-link-6-nft-wildcard/gw1.sh "packet too big"
grep -q nf_conntrack_max sat-link-6-nft-wildcard/gw1.sh && fail "IPv6: no rule has ct"

try 2 "$scenario" --to ip-xfrn
says err 'ip-xfrm'
try 2 "$scenario"
says err 'no --to'
try 2 --to nft
try 2 no-such.ini --to nft
try 3 "$scenario" --to nft --out /dev/null/x
try 0 "$scenario" --to nft --out json --json
says out '"wildcard"'

if command -v shellcheck >/dev/null; then
    shellcheck -e SC2317 sat-link-*/*.sh || fail "shellcheck"
fi
if command -v clang >/dev/null && [ -e /usr/include/linux/bpf.h ]; then
    clang -O2 -Wall -Wextra -Werror -target bpf -I"/usr/include/$(uname -m)-linux-gnu" -c \
        sat-link-tc-bpf-wildcard/gw1.bpf.c -o gw1.bpf.o || fail "the programs do not build"
fi
exit $failed
