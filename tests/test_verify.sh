#!/bin/sh
# `espsim verify`: every file of a result that was changed or taken away is named; report and compare say it and go on.
set -u
subcommand=
. "$2/tests/command.sh"

try 0 run "$2/tests/run_scenario.ini" --set scenario.duration=500ms --set flow.calls.start=0s --modes plain,tunnel --quiet --out r
try 0 verify r
says out "r: 12 files are as they were written"
try 0 verify r/result.json
try 0 verify r/ --json
python3 -c 'import json; a, = json.load(open("out")); assert a["unchanged"] and a["files"] == 12 and not a["changed"]' || fail "--json"

files=$(cd r && find . -type f ! -name manifest.json | sed 's|^\./||' | sort)
[ "$(echo "$files" | wc -l)" -eq 12 ] || fail "12 files were expected: $files"
for file in $files; do
    cp -p "r/$file" kept
    printf ' ' >>"r/$file"
    try 1 verify r
    says out "r/$file: was changed since it was written"
    [ "$(wc -l <out)" -eq 1 ] || fail "more than $file is named: $(cat out)"
    rm "r/$file"
    try 1 verify r
    says out "r/$file: is missing"
    ln -s "$PWD/kept" "r/$file"
    try 1 verify r
    says out "r/$file: was changed"
    rm "r/$file"
    cp -p kept "r/$file"
done
try 0 verify r

# What nobody listed is a note; a report has a manifest of its own.
echo mine >r/notes.txt
try 0 verify r
says out "note: r/notes.txt: is not in the manifest"
rm r/notes.txt
try 0 report r
try 0 verify r r/report
says out "r/report: "
echo >>r/report/report.md
try 1 verify r r/report
says out "r/report/report.md: was changed"

# Report and compare say it and go on as before.
cp -r r base
try 0 compare base r
silent err
sed -i 's/"link.rate_forward": "[0-9]*/&9/' r/result.json
try 1 verify r
says out "r/result.json: was changed since it was written"
says out "r/result.json: its settings were changed, too"
try 0 report r --out page
says err "note: r/result.json: was changed since it was written; \`espsim verify r\` says more"
"$espsim" compare base r >out 2>err
says err "note: r/result.json: was changed"
sed -i 's/"goodput_bps": [0-9.]*/"goodput_bps": 1.0/' base/result.json
try 1 verify base
! grep -q settings out || fail "the settings are as they were: $(cat out)"

# Without a manifest there is nothing to say; who takes one of another program for it is told.
rm base/manifest.json
try 3 verify base
says err "has no manifest.json that lists its files"
try 0 report base --out page2
silent err
echo '{"name": "web", "files": ["a"]}' >base/manifest.json
try 3 verify base
try 3 verify none
says err "No such file"
try 2 verify
exit $failed
