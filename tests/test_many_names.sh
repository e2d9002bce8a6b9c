#!/bin/sh
# A result with many names of each kind is read, compared with itself, and reported in a time that grows as they do.
# Called with build and source folder.
build=$1
subcommand=
. "$2/tests/command.sh"

"$build/tests/test_report_fixture" "$work/whole" >/dev/null || fail "no fixture"

# make KIND N: a result folder of that name, in which one run has N of them.
make() {
    mkdir -p "$1-$2"
    python3 - whole/result.json "$1" "$2" >"$1-$2/result.json" <<'EOF' || fail "no $1"
import json, sys

result, kind, n = json.load(open(sys.argv[1])), sys.argv[2], int(sys.argv[3])
names = ["name%d" % (i * 7919 % n) for i in range(n)]
run = result["runs"][1]
if kind == "drops":
    run["drops"]["gw1"] = dict.fromkeys(names, 1)
elif kind == "places":
    run["counters"] = {name: {"opened": 1} for name in names}
elif kind == "flows":
    run["flows"] = [dict(run["flows"][0], name=name) for name in names]
elif kind == "episodes":
    run["episodes"] = run["episodes"][:1] * n
elif kind == "fingerprints":
    run["fingerprints"] = dict.fromkeys(names, "0" * 64)
elif kind == "settings":
    result["settings"].update(("link." + name, "x") for name in names)
elif kind == "runs":
    result["runs"] = [dict(run, name=name, flows=run["flows"][:1]) for name in names]
json.dump(result, sys.stdout)
EOF
}

# cpu WORD...: processor time of the command and what it starts, in hundredths of a second.
cpu() {
    python3 - "$@" <<'EOF'
import resource, subprocess, sys

code = subprocess.call(sys.argv[1:], stdout=open("out", "w"), stderr=open("err", "w"))
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(int(100 * (used.ru_utime + used.ru_stime)) if code == 0 else "failed")
EOF
}

# grows COMMAND KIND MANY [TWICE]: ten times as many names take at most 15 times as long, where that is to be seen at
# all; `took` is the time of MANY. TWICE: the command is given the folder two times.
grows() {
    few=$2-$(($3 / 10)) many=$2-$3
    short=$(cpu "$espsim" "$1" "$few" ${4:+"$few"})
    took=$(cpu "$espsim" "$1" "$many" ${4:+"$many"})
    echo "$1 of $few takes ${short}0 ms, of $many ${took}0 ms"
    case $short$took in
    *failed*) fail "$1 of $many: $(head -n 2 err)" ;;
    *) [ "$took" -le $((15 * (short + 5))) ] || fail "$1 of $few takes ${short}0 ms, of $many ${took}0 ms" ;;
    esac
}

# Sanitizers take their time: a tenth of the names shows as much of how it grows.
limit=500 part=1
! grep -q '^ESPSIM_SANITIZE:[A-Z]*=.' "$build/CMakeCache.txt" || limit=5000 part=10

for kind in drops:100000 places:50000 flows:10000 episodes:30000 fingerprints:50000 settings:100000 runs:2000; do
    many=$((${kind#*:} / part)) kind=${kind%:*}
    make "$kind" $((many / 10))
    make "$kind" "$many"
    grows compare "$kind" "$many" twice
    [ "$kind" != drops ] || [ "$took" -le $limit ] || fail "compare of 100,000 drops takes over 5 s"
done
grows report drops $((100000 / part))
[ "$took" -le $limit ] || fail "report of 100,000 drops takes over 5 s"

[ $failed = 0 ] && echo "test_many_names: passed"
exit $failed
