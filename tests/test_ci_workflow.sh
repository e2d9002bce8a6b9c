#!/bin/sh
# docs/ci.md as it is printed: the commands that make a baseline, then the workflow's step, on a scenario of seconds.
set -eu
doc=$2/docs/ci.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "test_ci_workflow: $1" >&2
    exit 1
}
cp "$2/tests/sweep/s.ini" "$work/my-link.ini"
cd "$work"
mkdir bin
ln -s "$1/espsim" bin/espsim
PATH=$work/bin:$PATH
unset CI
sed -n '/^## Your scenario/,/^As a GitHub/s/^    //p' "$doc" >by-hand
sed -n '/- name: run and compare/,/- uses/s/^          //p' "$doc" | sed 's|/opt/espsim/build/release/||' >step
grep -q -e '--update' by-hand && grep -q '^espsim compare' step || fail "the commands are not where they were"

sh -e by-hand >log 2>&1 || fail "the commands fail: $(tail -n 3 log)"
[ "$(ls baseline/*.json | wc -l)" = 3 ] || fail "a baseline of three seeds was to be made"
[ "$(du -sk baseline | cut -f1)" -lt 200 ] || fail "the baseline is no longer small"
rm -r new
GITHUB_STEP_SUMMARY=$work/summary.md CI=true sh -e step >log 2>&1 || fail "the step fails: $(tail -n 3 log)"
grep -q 'within tolerance' summary.md || fail "nothing is in the step's summary"
python3 -c 'import xml.dom.minidom as d; d.parse("compare.xml")' || fail "compare.xml is no XML"

# A changed count fails the step.
sed -i 's/"packets_sent": *\([0-9]*\)/"packets_sent": 1\1/' baseline/*seed2.json
rm -r new
set +e
CI=true sh -e step >log 2>&1
[ $? -eq 1 ] || fail "a changed count passes: $(tail -n 3 log)"
exit 0
