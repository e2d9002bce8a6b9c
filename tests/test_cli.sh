#!/bin/sh
# The command line: exit codes, results on standard output, reasons on standard error.
set -u
subcommand=
. "$2/tests/command.sh"
scenarios=$2/scenarios

try 0 --version
says out espsim
says out OpenSSL
says out libpcap
try 0 --help
! sed '1,/^Commands:/d; /^$/,$d' out | grep -v '^  [a-z]' || fail "a command does not fit its line of the help"
for command in $(sed -n 's/^    {"\([a-z]*\)".*/\1/p' "$2/sim/cli/commands.c"); do
    try 0 --help
    says out "  $command"
    try 0 "$command" --help
    says out "Usage: espsim $command"
    silent err
    try 2 "$command" --no-such-option
    silent out
done
# The pages of a command name its options and no others; one that has no page is told of in the others.
python3 - "$espsim" "$2/docs/man" $(sed -n 's/^    {"\([a-z]*\)".*/\1/p' "$2/sim/cli/commands.c") <<'PY' || fail "options of the manual"
import glob, os, re, subprocess, sys

espsim, folder, *commands = sys.argv[1:]
asked = '(?m)^ +(?:-., )?--([a-z0-9-]+)'
bad = []


def page(path):
    with open(path) as f:
        return f.read().replace('\\-', '-').replace('Fl -', '--')


everything = ' '.join(map(page, glob.glob(folder + '/*')))
for command in commands:
    words = [[command, w] for w in ('encap', 'decap', 'explain')] if command == 'esp' else [[command]]
    helps = ' '.join(subprocess.run([espsim, *w, '--help'], capture_output=True, text=True).stdout for w in words)
    path = '%s/espsim-%s.1' % (folder, command)
    text = page(path) if os.path.exists(path) else everything
    have = set(re.findall(asked, helps)) - {'usage', 'version', 'help'}
    bad += ['%s: --%s is in no page' % (command, o) for o in sorted(have) if not re.search('--%s(?![a-z0-9-])' % o, text)]
    if text is not everything:
        told = ' '.join(re.findall(r'(?m)^\.(?:BI?|It|Op) .*--.*', text))
        gone = set(re.findall('--([a-z][a-z0-9-]*)', told)) - set(re.findall('--([a-z0-9-]+)', helps))
        bad += ['%s: no option --%s' % (command, o) for o in sorted(gone)]
print('\n'.join(bad))
sys.exit(bool(bad) or len(commands) < 10)
PY
try 2
silent out
try 2 lsit
says err 'did you mean `list`?'
try 2 --no-such-option

try 0 list
silent err
for family in $(sed -n 's/^\([a-z]*\): .*/\1/p' out); do
    try 0 list "$family"
    try 0 list "$family"s
    silent err
done
try 0 list
says out cubic
try 0 list mode
says out wildcard
says out "RFC 4301"
try 2 list moed
says err 'did you mean `mode`?'
try 2 list mode lookup
try 0 list --json
says out '"family": "mode"'

try 0 check "$scenarios/sat-link.ini"
silent err
cp out first.ini
try 0 check first.ini
sed 's/ *;.*//' first.ini >first
sed 's/ *;.*//' out >second
cmp -s first second || fail "what check prints does not read back the same"
try 0 check --keys --json
python3 - <<'END' || fail "check --keys --json lacks keys, bounds or members"
import json, re
keys = json.load(open("out"))
row = next(k for k in keys if k["section"] == "flow" and k["key"] == "codec")
assert row["family"] == "codec" and row["only_for"] == ["voip"] and row["chosen_by"] == "kind", row
row = next(k for k in keys if k["section"] == "lan2" and k["key"] == "prefix")
assert row["default"] == "10.2.0.0/24" and row["default_ip6"] == "fd00:2::/64", row
row = next(k for k in keys if k["section"] == "link" and k["key"] == "mtu")
assert (row["min"], row["max"], row["type"]) == ("576 B", "65535 B", "a size"), row
END
[ "$("$espsim" check --keys | grep -c '^  [a-z]')" = "$(grep -c '"key":' out)" ] || fail "--json has other keys than text"
try 0 check --json "$scenarios/sat-link.ini"
says out settings_hash
try 0 check "$scenarios/sat-link.ini" --set link.delay=20ms
says out "= 20 ms"
says out "; --set"
try 2 check "$scenarios/sat-link.ini" --set link.dealy=20ms
says err '--set: link.dealy = 20ms: unknown key of [link]; did you mean `delay`?'
silent out
try 2 check
try 2 check a b
printf '[scenario]\nduration = 1\nfoo = 2\n' >bad.ini
try 2 check bad.ini
says err 'bad.ini:2: duration = 1: has no unit'
says err 'bad.ini:3: foo = 2: unknown key'
silent out
: >empty.ini
try 2 check empty.ini
says err 'empty.ini: is empty'
try 2 check .
says err 'is a folder'
try 2 check no-such.ini
says err 'no-such.ini: cannot be read: No such file'
head -c 4096 /bin/sh >binary.ini
try 2 check binary.ini
says err 'not a text file'
# A full disk is told.
"$espsim" check "$scenarios/sat-link.ini" >/dev/full 2>err
[ $? -eq 3 ] || fail "a full disk: exit is not 3"
says err 'cannot be written'
exit $failed
