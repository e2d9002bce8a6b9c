# Every scenario that has bounds beside it keeps them; every scenario asks its question.
# sh test_scenarios.sh BUILD SOURCE
set -u
build=$1
scenarios=$2/scenarios
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

for scenario in "$scenarios"/*.ini; do
    name=$(basename "$scenario" .ini)
    grep -q '^question = .' "$scenario" || { echo "$name: asks nothing"; failed=1; }
    [ -f "$scenarios/$name.expect" ] || continue
    "$build/espsim" run "$scenario" --no-pcap --quiet --timeout 5min --expect "$scenarios/$name.expect" \
        --out "$work/$name" >"$work/log" 2>&1
    code=$?
    if [ $code -ne 0 ]; then
        echo "$name: exit status $code"
        cat "$work/log"
        failed=1
    fi
done

# Bounds that are broken are told, one line each, and decide the exit status.
cat >"$work/wrong.expect" <<'END'
[too-few-octets]
metric = link.wire_octets
mode = all
max = 1
why = nobody sends nothing
[no-such-mode]
metric = mtu
mode = beet
min = 1
why = it does not run here
[no-such-metric]
metric = flows.mix.colour
mode = plain
min = 1
why = packets have none
[kept]
metric = flows.mix.duplicates
mode = plain
max = 0
why = nothing comes twice
END
"$build/espsim" run "$scenarios/imix.ini" --modes plain --set 'scenario.duration=100ms' --no-pcap --quiet \
    --expect "$work/wrong.expect" --out "$work/wrong" >"$work/log" 2>&1
[ $? -eq 1 ] || { echo "broken bounds: exit status not 1"; failed=1; }
for words in ':1: \[too-few-octets\]: run plain: link.wire_octets is [0-9]* octets; expected -inf to 1: nobody' \
    ':6: \[no-such-mode\]: the result has no run in mode beet' \
    ':11: \[no-such-metric\]: run plain has no number flows.mix.colour'; do
    grep -q "$words" "$work/log" || { echo "not told: $words"; cat "$work/log"; failed=1; }
done
[ "$(wc -l <"$work/log")" -eq 3 ] || { echo "told more than is broken"; cat "$work/log"; failed=1; }

# A file of bounds is checked before anything is run.
printf '[a]\nmetrik = x\nmode = all\nmin = 2\nmax = 1\n' >"$work/bad.expect"
"$build/espsim" run "$scenarios/imix.ini" --expect "$work/bad.expect" --out "$work/bad" >"$work/log" 2>&1
[ $? -eq 2 ] && [ ! -e "$work/bad" ] || { echo "bad bounds: exit status not 2, or it ran"; failed=1; }
grep -q ':2: metrik = x: unknown key; .*did you mean `metric`?' "$work/log" || { cat "$work/log"; failed=1; }

# A run that takes too long ends with a word, status 3, and nothing left.
"$build/espsim" run "$scenarios/geo-bulk.ini" --set 'scenario.duration=1h' --modes plain --no-pcap --timeout 1s \
    --out "$work/late" >"$work/log" 2>&1
[ $? -eq 3 ] && [ ! -e "$work/late" ] || { echo "--timeout: exit status not 3, or something was left"; failed=1; }
grep -q 'not done after 1 s (--timeout), and .* more would have been needed' "$work/log" ||
    { cat "$work/log"; failed=1; }
exit $failed
