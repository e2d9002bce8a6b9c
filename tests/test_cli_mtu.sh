#!/bin/sh
# espsim mtu: its forms, and words that it refuses.
set -u
subcommand=mtu
. "$2/tests/command.sh"

try 0
says out '1447-1500'
[ "$(awk '{ if (length > 100) n++ } END { print n + 0 }' out)" = 0 ] || fail "wider than 100 columns"
try 0 --json --modes tunnel --framing ule-padded
says out '"max_inner": 1446'
says out '"first": 1447'
try 0 --json --modes plain
says out '"algorithm": null'
try 0 --csv --modes all --algorithms all --framing all
says out 'rle,wildcard,aes-gcm-16-128,4,0,1500,1466,1426,'
try 0 --ip 6 --udp --mtu 1400 --lan-mtu 1500 --modes tunnel --algorithms aes-cbc-128-hmac-sha2-256-128
says out 'IPv6'
try 0 --framing dvb-s2 --modcod 8psk-3/4 --modes plain
try 2 --modes tunel
says err 'did you mean `tunnel`?'
try 2 --algorithms aes-gcm-16-100
try 2 --framing ule
says err 'ule'
try 2 --framing gse --label 4
says err '0, 3 or 6'
try 2 --modcod 8psk-1/2
try 2 --mtu 67
says err '--mtu 67: expected 68 to 65535'
try 2 --ip 5
says err 'expected 4 or 6'
try 2 a-file
exit $failed
