#!/bin/sh
# espsim collide as a program meets it: names in the JSON, exit codes, the same bytes for any number of jobs.
set -u
espsim=$1/espsim
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

wrong() {
    echo "$*"
    failed=1
}

# json WORDS...: the answer, in $work/json
json() {
    "$espsim" collide --json "$@" >"$work/json" 2>"$work/err"
}

# holds WHAT EXPRESSION: a Python expression over the answer, j
holds() {
    python3 -c "import json, sys; j = json.load(open(sys.argv[1])); sys.exit(not ($2))" "$work/json" ||
        wrong "$1: not so: $2 in $(cat "$work/json")"
}

quick="--trials 2000 --collisions 40"

json --host-allocator strongswan --gateway-allocator strongswan --host-sas 1000 --gateway-sas 1000 --rekey 1h $quick ||
    wrong "a thousand each: exit $?: $(cat "$work/err")"
holds "5.6 days" 'abs(1 / j["rate_per_s"] / 86400 - 5.59) < 0.01'
holds "the interval holds the formula" 'j["p_any"]["ci99"][0] <= j["p_any"]["exact"] <= j["p_any"]["ci99"][1]'
holds "the rate, too" 'j["simulated"]["rate_per_s"]["ci99"][0] <= j["rate_per_s"] <= j["simulated"]["rate_per_s"]["ci99"][1]'
holds "names" 'all(k in j for k in ("expected_pairs", "mean_time_to_first_s", "mean_duration_s", "agrees", "never"))'
holds "half an hour" 'j["mean_duration_s"] == 1800 and j["agrees"] and not j["never"]'

holds "birthday" 'j["birthday"]["half_at"] == 19291 and abs(j["birthday"]["p_hosts_alike"] / 1.85905e-3 - 1) < 1e-5'
holds "nothing unknown" 'j["why_unknown"] is None'

json --host-allocator sequential --gateway-allocator sequential --host-sas 3 --gateway-sas 2 $quick || wrong "counters: exit $?"
holds "two counters" 'j["rate_per_s"] is None and "both sides count" in j["why_unknown"] and j["p_any"]["exact"] == 1'
holds "their average" 'abs(j["averaged"]["rate_per_s"] * (2 ** 32 - 256) * 3600 / 12 - 1) < 1e-9 and abs(j["averaged"]["mean_duration_s"] - 1800) < 1e-6'
for words in "cilium-keyid:0x10-0xff, which cilium-keyid never" "vpp:No block is safe: vpp gives any number"; do
    "$espsim" collide --host-allocator "${words%%:*}" --gateway-allocator vpp --host-sas 60000 --gateway-sas 60000 \
        --trials 100 --collisions 0 >"$work/text"
    grep -q "${words#*:}" "$work/text" || wrong "the way out of ${words%%:*}: $(tail -n 3 "$work/text")"
done
json --host-spis 1,2 --host-spis 5 --gateway-spis 5 $quick || wrong "a list said twice: exit $?"
holds "the last list" 'j["case"]["host"]["sas"] == 1 and j["expected_pairs"] == 1'

json --host-allocator strongswan --gateway-allocator linux-pfkey $quick || wrong "disjoint: exit $?"
holds "never" 'j["never"] and j["p_any"]["exact"] == 0 and j["p_any"]["estimate"] == 0'
holds "no time to the first" 'j["mean_time_to_first_s"] is None and j["simulated"]["new_pairs"] == 0'
"$espsim" collide --host-allocator strongswan --gateway-allocator linux-pfkey $quick >"$work/text"
grep -q 'never a collision' "$work/text" || wrong "the text does not say never"

json --host-allocator vpp --gateway-allocator vpp --host-sas 1 --gateway-sas 1 $quick || wrong "rare: exit $?"
holds "2^-32 is estimated" 'abs(j["p_any"]["estimate"] * 2 ** 32 - 1) < 0.02 and j["p_any"]["ci99"][0] > 0'

json $quick --sites 3 --overlap 5min --redraw 10s --observe 30d --jobs 1 || wrong "one job: exit $?"
cp "$work/json" "$work/one"
json $quick --sites 3 --overlap 5min --redraw 10s --observe 30d --jobs 3 || wrong "three jobs: exit $?"
cmp -s "$work/one" "$work/json" || wrong "three jobs give other bytes than one"
"$espsim" collide $quick --sites 3 --overlap 5min --redraw 10s --observe 30d | awk 'length > 100' >"$work/wide"
[ ! -s "$work/wide" ] || wrong "wider than 100 columns: $(cat "$work/wide")"

for words in "--host-allocator strongwan" "--range 5-9" "--rekey 5" "--rekey 0s" "--gateway-spis 1,1" "--hosts 5000" \
    "--at-once --overlap 1s" "--gateway-allocator manual" "--range 0x100-0x110" "--host-allocator vpp --host-range 256-300" \
    "--plot x" "--sweep q=1" "--overlap 2h" "word" "--host-sas 0" "--jobs 0" "--method fast" \
    "--gateway-allocator cilium-keyid --redraw 1s"; do
    # shellcheck disable=SC2086
    "$espsim" collide $words >"$work/out" 2>"$work/err"
    code=$?
    [ $code -eq 2 ] || wrong "collide $words: exit $code"
    [ ! -s "$work/out" ] || wrong "collide $words: printed results"
    [ -s "$work/err" ] || wrong "collide $words: gave no reason"
done
exit $failed
