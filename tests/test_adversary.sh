#!/bin/sh
# Somebody on the link without keys: what each mode lets through (facts of a real kernel: addresses of transport formats
# are not authenticated; a change that keeps the checksum delivers a datagram to another host, with another source).
set -eu
espsim=$1/espsim
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/s.ini" <<'INI'
[scenario]
modes = plain, tunnel, beet, wildcard
duration = 4 s
[lan1]
hosts = 8
[lan2]
hosts = 8
[link]
delay = 270 ms
rate_forward = 10 Mbit/s
rate_return = 2 Mbit/s
[ipsec]
lookup = spi
[adversary]
rate = 10 %
[flow.calls]
kind = voip
from = lan1:1-4
to = lan2:1-4
calls = 4
both_ways = no
INI
for attack in none redirect swap replay corrupt inject drop; do
    "$espsim" run "$work/s.ini" --set adversary.attack=$attack --out "$work/$attack" --quiet --no-pcap
done
# ESP in UDP: what is changed is the text under the ICV.
for attack in corrupt inject; do
    "$espsim" run "$work/s.ini" --set adversary.attack=$attack --set ipsec.udp_encap=yes --modes tunnel,beet,wildcard \
        --out "$work/udp-$attack" --quiet --no-pcap
done
# LANs whose hosts do not begin at an octet's 1, one of them of two octets.
"$espsim" run "$work/s.ini" --set adversary.attack=swap --set lan1.prefix=172.20.4.0/23 --set lan1.hosts=300 \
    --set lan2.prefix=172.20.6.128/25 --set flow.calls.from=lan1:254-257 --set flow.calls.to=lan2:5-8 \
    --out "$work/elsewhere" --quiet --no-pcap
python3 - "$work" <<'PY'
import json, sys

work = sys.argv[1]
bad = []


def run(attack, mode):
    r = json.load(open('%s/%s/result.json' % (work, attack)))
    x = next(x for x in r['runs'] if x['mode'] == mode)
    f = x['flows'][0]
    drops = {}
    for place in x['drops'].values():
        for reason, n in place.items():
            drops[reason] = drops.get(reason, 0) + n
    a = x['counters'].get('adversary', {'attacked': 0, 'misled': 0})
    return f['packets_sent'], f['packets_received'], drops, a['attacked'], a['misled']


def expect(what, truth):
    if not truth:
        bad.append(what)


PROTECTED = ('tunnel', 'beet', 'wildcard')
for mode in ('plain',) + PROTECTED:
    sent, got, drops, attacked, misled = run('none', mode)
    expect('none %s: everything arrives' % mode, got == sent > 500 and not drops and not attacked)
    for attack in ('redirect', 'swap', 'replay', 'corrupt', 'inject', 'drop'):
        sent, got, drops, attacked, misled = run(attack, mode)
        expect('%s %s: is carried out' % (attack, mode), 20 < attacked < sent / 4)
        own_addresses = mode in ('plain', 'wildcard')  # the LAN addresses stand in the open
        if attack == 'redirect':
            expect('redirect %s' % mode, drops == ({'host-checksum': attacked} if own_addresses else {}))
        if attack == 'swap':
            expect('swap %s' % mode, misled == (attacked if own_addresses else 0) and sent - got == misled)
        if attack == 'replay' and mode in PROTECTED:
            expect('replay %s: the window refuses each' % mode, drops == {'replay': attacked} and got == sent)
        if attack == 'corrupt':
            expect('corrupt %s' % mode,
                   drops == {'icv' if mode in PROTECTED else 'host-checksum': attacked} and sent - got == attacked)
        if attack == 'inject' and mode in PROTECTED:
            expect('inject %s: no forged packet passes, none of the real ones is lost' % mode,
                   set(drops) <= {'icv', 'replay'} and sum(drops.values()) == attacked and got == sent)
        if attack == 'drop':
            expect('drop %s' % mode, drops == {'adversary': attacked} and sent - got == attacked)
        if mode not in ('plain', 'wildcard'):
            expect('%s %s: nobody is misled' % (attack, mode), misled == 0)
    for attack in ('corrupt', 'inject') if mode != 'plain' else ():
        sent, got, drops, attacked, misled = run('udp-' + attack, mode)
        expect('%s %s in UDP: %s' % (attack, mode, drops), attacked > 20 and set(drops) <= {'icv', 'replay'} and
               sum(drops.values()) == attacked and sent - got == (attacked if attack == 'corrupt' else 0))
for mode in PROTECTED:
    sent, got, drops, attacked, misled = run('elsewhere', mode)
    expect('swap %s, other LANs: %d of %d misled, drops %s' % (mode, misled, attacked, drops), attacked > 20 and not drops and
           misled == (attacked if mode == 'wildcard' else 0))
for line in bad:
    print('test_adversary:', line)
sys.exit(1 if bad else 0)
PY
# The page says it, beside what the mode saves.
"$espsim" report "$work/swap" --out "$work/page" >/dev/null
grep -q '^| *| hosts misled | no | of [0-9]* packets that the adversary took (swap), hosts accepted 0 ' "$work/page/report.md"
grep -q '^| *| hosts misled | yes | of ' "$work/page/report.md"
grep -q 'wildcard against .* octets less a packet.* no ICV covers the LAN addresses' "$work/page/report.md"
echo "test_adversary: passed"
