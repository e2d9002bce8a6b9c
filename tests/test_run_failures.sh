#!/bin/sh
# `espsim run` when something goes wrong: one clear line, the right exit status, no half result, nobody left running.
set -u
build=$1
espsim=$1/espsim
scenario=$2/tests/run_scenario.ini
[ -x "$espsim" ] || { echo "FAILED: no $espsim"; exit 1; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0
skipped=

fail() {
    echo "FAILED: $*"
    failed=1
}

says() { # text: in `err`
    grep -qF -e "$1" err || fail "'$1' is not in: $(head -n 5 err)"
}

# refused CODE TEXT WORD...: `espsim run` ends with CODE, says TEXT in one line, and leaves this folder as it is.
refused() {
    code=$1 text=$2
    shift 2
    ls -lAR --time-style=full-iso . >../before.$$
    "$espsim" run "$@" --quiet >../out.$$ 2>../err.$$ </dev/null
    got=$?
    ls -lAR --time-style=full-iso . >../after.$$
    mv ../err.$$ ../err
    [ $got -eq "$code" ] || fail "espsim run $*: exit $got, expected $code: $(head -n 3 ../err)"
    [ "$(wc -l <../err)" -eq 1 ] || fail "espsim run $*: not one line: $(cat ../err)"
    grep -qF -e "$text" ../err || fail "espsim run $*: '$text' is not in: $(cat ../err)"
    [ ! -s ../out.$$ ] || fail "espsim run $*: wrote to standard output: $(head -n 3 ../out.$$)"
    cmp -s ../before.$$ ../after.$$ || fail "espsim run $*: left something: $(diff ../before.$$ ../after.$$)"
}

mkdir here
cd here || exit 1

# ---- what was asked ----

refused 2 "no-such.ini: cannot be read: No such file" no-such.ini
: >empty.ini
refused 2 "empty.ini: is empty" empty.ini
head -c 4096 /bin/sh >binary.ini
refused 2 "not a text file" binary.ini
refused 2 "is a folder" .
printf '[scenario]\nduration = 1 s\n' >half.ini
"$espsim" run half.ini --out half 2>../err
[ $? -eq 2 ] || fail "half a scenario is run"
[ ! -e half ] || fail "half a scenario left a result"
if [ "$(id -u)" -ne 0 ]; then
    cp "$scenario" secret.ini
    chmod 000 secret.ini
    refused 2 "Permission denied" secret.ini
fi

# ---- where to ----

mkdir foreign
echo precious >foreign/thesis.txt
refused 3 "holds other files than a result of espsim" "$scenario" --out foreign
refused 3 "is no folder" "$scenario" --out empty.ini
refused 3 "choose another place with --out" "$scenario" --out empty.ini/result
refused 3 "choose another place with --out" "$scenario" --out /proc/no/such
[ "$(cat foreign/thesis.txt)" = precious ] || fail "a foreign file was changed"

# A folder on a small file system, and one that is read only, in a mount namespace of our own.
cat >../mounted.sh <<'EOF'
set -u
mkdir small fixed
mount -t tmpfs -o size=300k none small || exit 77
mount -t tmpfs none fixed && mkdir fixed/result && mount -o remount,ro none fixed || exit 77
"$1" run "$2" --out small/result --quiet 2>err.full
echo $? >code.full
ls -A small >left.full
"$1" run "$2" --out fixed/result --quiet 2>err.fixed
echo $? >code.fixed
EOF
cd ..
if [ "$(id -u)" -eq 0 ]; then unshare="unshare -m"; else unshare="unshare -rm"; fi
if $unshare sh mounted.sh "$espsim" "$scenario"; then
    [ "$(cat code.full)" -eq 3 ] || fail "a full disk: exit $(cat code.full)"
    [ "$(wc -l <err.full)" -eq 1 ] && grep -q "No space left on device" err.full || fail "a full disk: $(cat err.full)"
    [ ! -s left.full ] || fail "a full disk keeps $(cat left.full)"
    [ "$(cat code.fixed)" -eq 3 ] || fail "a read-only disk: exit $(cat code.fixed)"
    grep -q "Read-only file system" err.fixed || fail "a read-only disk: $(cat err.fixed)"
else
    skipped="no mount namespaces: full and read-only disks"
fi
rm -rf small fixed
# A limit on the size of files does the same without a namespace; the signal ends the run's process.
(ulimit -f 64 && "$espsim" run "$scenario" --out here/limited --quiet 2>err)
[ $? -eq 3 ] || fail "a limit on files: exit is not 3"
[ "$(wc -l <err)" -eq 1 ] || fail "a limit on files: $(cat err)"
says "File size limit exceeded"
[ -z "$(ls -A here | grep limited)" ] || fail "a limit on files left $(ls -A here)"

# ---- the engine ----

cd here || exit 1
export ESPSIM_ENGINE=/dev/null/none
refused 3 "ESPSIM_ENGINE = /dev/null/none: cannot be read" "$scenario"
for words in list mtu --version --help; do
    "$espsim" $words >/dev/null 2>../err || fail "espsim $words needs the engine: $(head -n 3 ../err)"
done
"$espsim" check "$scenario" >/dev/null 2>../err || fail "espsim check needs the engine: $(head -n 3 ../err)"
printf 'not a library' >not.so
ESPSIM_ENGINE=$PWD/not.so
refused 3 "not.so" "$scenario"
ESPSIM_ENGINE=$build/tests/crashing_engine.so
[ -f "$ESPSIM_ENGINE" ] || fail "no $ESPSIM_ENGINE"
CRASH=abort refused 3 ": was ended by signal 6 (Aborted)" "$scenario"
CRASH=segv ASAN_OPTIONS=handle_segv=0 refused 3 "was ended by signal 11" "$scenario"
CRASH=kill refused 3 "was ended by signal 9 (Killed)" "$scenario"
CRASH=exit refused 3 "ended without a word" "$scenario"
CRASH=error refused 3 "the engine gave up" "$scenario"
CRASH=abort refused 3 "run tunnel: was ended by signal 6" "$scenario" --modes tunnel --no-pcap
unset ESPSIM_ENGINE
ldd "$espsim" >../libraries || fail "ldd"
! grep ns3 ../libraries || fail "espsim itself is linked to ns-3"
LD_DEBUG=files "$espsim" check "$scenario" >/dev/null 2>../libraries
grep -q libjansson ../libraries || fail "LD_DEBUG tells nothing"
! grep -q 'libns3\|espsim-engine' ../libraries || fail "espsim check loads the engine"
cd ..

# ---- an end in the middle ----

is_alive() { # pid: runs, and is not only waited for
    [ -d "/proc/$1" ] && ! grep -q '^State:.*[ZX]' "/proc/$1/status" 2>/dev/null
}

# begin: starts runs that take for ever, and waits until they are under way: $parent, $children.
begin() {
    ESPSIM_ENGINE=$build/tests/crashing_engine.so CRASH=hang "$espsim" run "$scenario" --jobs 3 --out here/ended \
        --quiet >/dev/null 2>err &
    parent=$!
    for i in $(seq 200); do
        children=$(cat "/proc/$parent/task/$parent/children" 2>/dev/null)
        [ "$(echo $children | wc -w)" -lt 3 ] || return 0
        sleep 0.05
    done
    fail "the runs have not begun"
}

all_gone() { # no child of the run is alive within ten seconds
    for i in $(seq 200); do
        alive=
        for pid in $children; do
            ! is_alive "$pid" || alive="$alive $pid"
        done
        [ -n "$alive" ] || return 0
        sleep 0.05
    done
    fail "still running after signal $1:$alive"
}

begin
kill -9 $parent
wait $parent 2>/dev/null
all_gone 9
[ ! -e here/ended ] || fail "kill -9 left a result"
ls -A here | grep -q '^\.ended\.' || fail "kill -9 left no temporary folder, so that the next test is idle"
"$espsim" run "$scenario" --out here/ended --quiet --set scenario.duration=500ms --set flow.calls.start=0s --modes plain ||
    fail "a run after kill -9"
! ls -A here | grep '^\.ended\.' || fail "the next run did not take away what kill -9 left"
[ -f here/ended/result.json ] || fail "no result after kill -9"

# A folder with somebody's process number in its name proves nothing: it is left alone.
mkdir -p here/.same.$$/plain && echo old >here/.same.$$/plain/old
"$espsim" run "$scenario" --out here/same --quiet --set scenario.duration=500ms --set flow.calls.start=0s --modes plain ||
    fail "a run beside a folder with a number in its name"
[ "$(cat here/.same.$$/plain/old)" = old ] || fail "a folder with a number in its name was touched"

# Signals that ask: the older result stays as it was, and nothing else.
cp -a here/ended ended.before
for signal in TERM HUP INT; do
    if [ $signal = INT ]; then # shells ignore it in the background
        ESPSIM_ENGINE=$build/tests/crashing_engine.so CRASH=hang timeout -s INT 1 "$espsim" run "$scenario" \
            --out here/ended --quiet 2>err
        [ $? -eq 124 ] || fail "SIGINT: exit is not that of timeout"
    else
        begin
        kill -$signal $parent
        wait $parent 2>/dev/null
        [ $? -gt 128 ] || fail "SIG$signal: ends with an exit status, not by the signal"
        all_gone $signal
    fi
    says "interrupted; nothing was written"
    ! ls -A here | grep '^\.ended\.' || fail "SIG$signal left a temporary folder"
    diff -r here/ended ended.before || fail "SIG$signal changed the older result"
done

# A child that somebody kills ends the others.
begin
kill -9 ${children%% *}
wait $parent
[ $? -eq 3 ] || fail "a killed child: exit is not 3"
says "was ended by signal 9 (Killed)"
[ "$(wc -l <err)" -eq 1 ] || fail "a killed child: $(cat err)"
all_gone 9
! ls -A here | grep '^\.ended\.' || fail "a killed child: a temporary folder is left"
diff -r here/ended ended.before || fail "a killed child changed the older result"

[ -z "$skipped" ] || echo "SKIPPED: $skipped"
[ $failed -ne 0 ] || [ -z "$skipped" ] || exit 77
exit $failed
