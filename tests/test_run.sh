#!/bin/sh
# `espsim run`: what lies in the result folder, that it depends on scenario and seed alone, and the words of the command.
set -u
subcommand=run
. "$2/tests/command.sh"
scenario=$2/tests/run_scenario.ini
modes="plain tunnel beet wildcard transport"
[ -x "$espsim" ] || { echo "FAILED: no $espsim"; exit 1; }
# The terminal tests ask for colours themselves, whatever the terminal or the CI that runs this.
unset NO_COLOR
export TERM=xterm

files() { # of a result folder, sorted
    (cd "$1" && find . -type f | LC_ALL=C sort)
}

# same A B: two results are equal octet by octet; manifest.json alone may tell them apart.
same() {
    [ "$(files "$1")" = "$(files "$2")" ] || fail "$1 and $2 hold other files"
    for file in $(files "$1"); do
        [ "$file" = ./manifest.json ] || cmp -s "$1/$file" "$2/$file" || fail "$1/$file and $2/$file differ"
    done
}

# ---- the folder ----

try 0 "$scenario" --out first
silent err
[ "$(ls -A)" = "err
first
out" ] || fail "something was left beside the result: $(ls -A)"
expected="./README.md
./manifest.json"
for mode in $modes; do
    for file in esp_sa lan1.pcap lan2.pcap sat.pcap series.json; do
        expected="$expected
./$mode/$file"
    done
done
expected="$expected
./result.json"
[ "$(files first)" = "$(echo "$expected" | LC_ALL=C sort)" ] || fail "the result folder holds: $(files first)"
says first/manifest.json '"commit"'
says first/manifest.json '"command"'
says first/manifest.json "$scenario"
says first/manifest.json '"ns-3'
! grep -qE '"20[0-9][0-9]-|wall|rss' first/result.json || fail "result.json knows the time"
[ "$(wc -L <out)" -le 100 ] || fail "the table is $(wc -L <out) columns wide, not 100 at most"
! grep -q "$(printf '\033')" out || fail "colours in a file"
for mode in $modes; do
    says out "$mode"
done
says out "Written to first"

# ---- the same again ----

mkdir elsewhere && cd elsewhere || exit 1
try 0 "$scenario" --out ../a/b/second
cd ..
same first a/b/second
try 0 --jobs 1 "$scenario" --out first # over the older result
cp out table
same first a/b/second
try 0 --jobs 5 "$scenario" --out third
same first third
sed 's/to first:/to third:/' table | cmp -s - out || fail "the table differs between two runs"
# Neither the place of things in memory, nor what was there before, nor the place on earth.
LC_ALL=de_DE.UTF-8 TZ=Asia/Kolkata MALLOC_PERTURB_=85 setarch -R "$espsim" run "$scenario" --out fourth --quiet ||
    fail "espsim run under setarch -R"
same first fourth
try 0 "$scenario" --seed 2 --out other
for file in result.json plain/sat.pcap plain/lan1.pcap tunnel/sat.pcap tunnel/esp_sa beet/sat.pcap wildcard/sat.pcap; do
    ! cmp -s first/$file other/$file || fail "$file does not depend on the seed"
done
says other/result.json '"seed": 2'

# A mode alone is as it is among others.
try 0 "$scenario" --modes wildcard --out alone
[ "$(ls alone)" = "README.md
manifest.json
result.json
wildcard" ] || fail "--modes wildcard: $(ls alone)"
for file in esp_sa lan1.pcap lan2.pcap sat.pcap series.json; do
    cmp -s first/wildcard/$file alone/wildcard/$file || fail "wildcard/$file differs when the mode is alone"
done

# ---- words ----

short="--set scenario.duration=400ms --set flow.calls.start=0s --set flow.upload.start=0s --modes tunnel"
try 0 "$scenario" $short --out json --json
cmp -s out json/result.json || fail "--json prints other than result.json"
silent err
try 0 "$scenario" $short --out quiet --quiet
silent out
silent err
try 0 "$scenario" $short --out bare --no-pcap
[ "$(files bare)" = "./README.md
./manifest.json
./result.json
./tunnel/series.json" ] || fail "--no-pcap: $(files bare)"
says bare/README.md "No captures"
try 0 "$scenario" $short --out closed --set ipsec.algorithm=chacha20-poly1305-256
says closed/README.md "cannot decrypt chacha20-poly1305-256"
grep -v '"sat.pcap"\|"lan[12].pcap"' json/result.json >json.but
grep -v '"sat.pcap"\|"lan[12].pcap"' bare/result.json >bare.but
[ "$(grep -c . json.but)" -ge 100 ] || fail "result.json is too short"
grep '_octets"\|_bps"\|packets' json.but >json.numbers
grep '_octets"\|_bps"\|packets' bare.but | cmp -s - json.numbers || fail "captures change the numbers"
try 0 "$scenario" $short
[ -f results/short/result.json ] || fail "results/short is not the default folder"
says out "results/short"
try 0 "$scenario" $short --set scenario.name=renamed
[ -f results/renamed/result.json ] || fail "scenario.name does not name the folder"
try 0 "$scenario" $short --set link.delay=7ms --json
says out '"link.delay": "7 ms"'

try 0 "$scenario" $short --modes wildcard --set ipsec.lookup=linux,spi,prefix --out lookups
[ -f lookups/wildcard+prefix/esp_sa ] || fail "no folder for a lookup policy"
[ "$(wc -L <out)" -le 100 ] || fail "the table of lookups is $(wc -L <out) columns wide, not 100 at most"
says out "with lookup linux the gateways"
says out "forwarded"

try 2
try 2 "$scenario" "$scenario"
try 2 "$scenario" --jobs 0
try 2 "$scenario" --jobs x
try 2 "$scenario" --modes tunnle --out wrong
says err 'did you mean `tunnel`?'
try 2 "$scenario" --seed -1 --out wrong
try 2 "$scenario" --set link.delay=7 --out wrong
says err '--set: link.delay = 7: has no unit'
try 2 "$scenario" --set nonsense --out wrong
try 2 "$scenario" --out ""
[ ! -e wrong ] || fail "a refused scenario left a folder"
silent out

# ---- a terminal ----

# Long enough to be drawn in the middle of either mode, however fast the machine.
long="--set scenario.duration=300s --modes tunnel,wildcard --jobs 1 --no-pcap"
script -qec "stty cols 100; '$espsim' run '$scenario' $long --out tty" terminal >/dev/null </dev/null
says terminal "wildcard"
grep -q '[0-9] %.*  wildcard [0-9]* %' terminal || fail "no progress on a terminal"
grep -q 's left' terminal || fail "no time to go on a terminal"
grep -q "$(printf '\033')\\[[0-9;]*m" terminal || fail "no colours on a terminal"
NO_COLOR=1 script -qec "'$espsim' run '$scenario' --out tty --quiet" terminal >/dev/null </dev/null
! grep -q '%' terminal || fail "progress in spite of --quiet"
exit $failed
