#!/bin/sh
# docs/answer.md: each number in it against the command that it names.
set -eu
espsim=$1/espsim
source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$espsim" run "$source/scenarios/sat-link.ini" --modes tunnel,wildcard,transport --no-pcap --quiet --out "$work/run"
"$espsim" run "$source/scenarios/sat-link.ini" --set adversary.attack=swap --modes tunnel,beet,wildcard --no-pcap --quiet \
    --out "$work/swap"
python3 - "$espsim" "$source/docs/answer.md" "$work" <<'PY'
import json, re, subprocess, sys

espsim, page, work = sys.argv[1:]
with open(page) as f:
    text = re.sub(r'\s+', ' ', f.read())
bad, held = [], 0


def ask(words):
    return json.loads(subprocess.run([espsim] + words.split() + ['--json'], check=True, capture_output=True, text=True).stdout)


def says(pattern, *values):
    """The page has this, and the groups of the pattern are the values."""
    global held
    held += 1
    found = re.search(pattern, text)
    if not found:
        bad.append('no longer on the page: %s' % pattern)
    elif found.groups() != values:
        bad.append('the page has %s, the command gives %s: %s' % (found.groups(), values, found.group(0)))


def overhead(words):
    tunnel, wildcard = ask('overhead %s --modes tunnel,wildcard' % words)['rows']
    return tunnel, wildcard


def octets(row, kind='ip_octets'):
    return '%g' % row[kind]


GCM = ' --algorithms aes-gcm-16-128'
tunnel, wildcard = overhead('--codec g729' + GCM)
says(r'a G\.729 packet of (\d+) octets \| (\d+) \| (\d+) \|', octets(tunnel, 'inner_octets'), octets(tunnel), octets(wildcard))
says(r'per month \| \| ([\d.]+) GB less', '%.2f' % (wildcard['saved']['ip_octets_per_month'] / 1e9))
says(r'(\d+) octets a packet, (\d+) over IPv6', *('%g' % (a['ip_octets'] - b['ip_octets']) for a, b in (
    (tunnel, wildcard), overhead('--codec g729 --ip 6' + GCM))))
sizes = ','.join(str(size) for size in range(40, 72))
rows = ask('overhead --sizes %s --modes tunnel,wildcard --algorithms aes-cbc-128-hmac-sha2-256-128' % sizes)['rows']
saved = {a['ip_octets'] - b['ip_octets'] for a, b in zip(rows[::2], rows[1::2])}
says(r'with AES-CBC (\d+) or (\d+)', *('%g' % n for n in sorted(saved)))
tunnel, wildcard = overhead('--imix' + GCM)
says(r'IMIX 7:4:1 \| \+([\d.]+) % \| \+([\d.]+) %', *('%.2f' % row['added_percent'] for row in (tunnel, wildcard)))
tunnel, wildcard = overhead('--codec g729 --framing ule-padded' + GCM)
says(r'ULE padding \| (\d+) \| \*\*(\d+)\*\*', *(octets(row, 'link_octets') for row in (tunnel, wildcard)))

mtu = {row['mode']: '%d' % row['max_inner'] for row in ask('mtu')['rows'] if row['framing'] == 'p2p'}
says(r'the MTU is (\d+) \(`espsim mtu`\), of BEET on Linux (\d+), of tunnel mode (\d+)', mtu['wildcard'], mtu['beet'],
     mtu['tunnel'])

years = ask('collide --host-sas 20 --gateway-sas 2 --rekey 1h')['mean_time_to_first_s'] / 31557600
says(r'once in (\d+) years', '%d' % (round(years / 10) * 10))
days = ask('collide --host-sas 1000 --gateway-sas 1000 --rekey 1h')['mean_time_to_first_s'] / 86400
says(r'1,000 against 1,000 in one range of 2\^28 every ([\d.]+) days', '%.1f' % days)
disjoint = ask('collide --host-allocator strongswan --gateway-allocator linux-pfkey --host-sas 20 --gateway-sas 2 --rekey 1h')
says('With SPIs of disjoint ranges never')
if not disjoint['never']:
    bad.append('disjoint ranges do collide')


def runs(name):
    with open('%s/%s/result.json' % (work, name)) as f:
        return {run['mode']: run for run in json.load(f)['runs']}


def tcp(run):
    return sum(flow['goodput_bps'] for flow in run['flows'] if 'retransmits' in flow and 'r_factor' not in flow)


def worst(run):
    return min(flow['r_factor_worst'] for flow in run['flows'] if 'r_factor_worst' in flow)


def overhead(run):
    link = run['link']
    return (link['wire_octets'] - link['inner_octets']) / link['inner_packets']


run = runs('run')
drops = sum(n for place in ('gw1', 'gw2', 'hosts', 'link') for n in run['transport']['drops'][place].values())
says(r'row `transport`: (\d+) % delivered, ([\d,]+) packets dropped',
     '%d' % (100 * sum(flow['packets_received'] for flow in run['transport']['flows'])), '{:,}'.format(drops))
tunnel, wildcard = run['tunnel'], run['wildcard']
link = tunnel['link']
says(r'GEO link \| ([\d.]+) MB \| ([\d.]+) MB \(-([\d.]+) % a packet\)', '%.1f' % (link['wire_octets'] / 1e6),
     '%.1f' % (wildcard['link']['wire_octets'] / 1e6),
     '%.1f' % (100 * (overhead(tunnel) - overhead(wildcard)) / (link['wire_octets'] / link['inner_packets'])))
says(r'TCP gains ([\d.]+) %', '%.1f' % (100 * (tcp(wildcard) / tcp(tunnel) - 1)))
says(r'R within one point')
if abs(worst(wildcard) - worst(tunnel)) >= 1:
    bad.append('R: %.1f in tunnel mode, %.1f in wildcard' % (worst(tunnel), worst(wildcard)))
swap = {mode: run['counters']['adversary']['misled'] for mode, run in runs('swap').items()}
says(r'Tunnel mode and BEET let none of it through')
if swap['tunnel'] or swap['beet'] or not swap['wildcard']:
    bad.append('swap: %s' % swap)

for line in bad:
    print('test_answer:', line)
print('test_answer: %d statements held' % (held - len(bad)))
sys.exit(1 if bad else 0)
PY
