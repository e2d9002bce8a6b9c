#!/bin/sh
# sh tools/slurm-lab.sh            runs the Slurm recipe of espsim-sweep(1), as printed, on a Slurm of its own
# sh tools/slurm-lab.sh --missing  says which packages are missing to run (nothing: exit 0, else 77), and does nothing
#
# One node on the loopback: munged, slurmctld and slurmd of Debian's slurm-wlm, as the user who calls, with
# configuration, keys, sockets and spool in a temporary folder; all of it is ended and removed at the end.
# The recipe is given to sbatch as an array of jobs, and what `espsim merge` makes of the shards must be the store of one
# unsharded sweep byte for byte; so must it be after a job of the array was cancelled half-way and submitted again.
# Exit status: 0 the same, 1 something differs, 3 it could not run.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
PATH=$PATH:/usr/sbin:/sbin

say() {
    echo "slurm-lab: $*" >&2
}
fail() {
    say "$*"
    exit 3
}

missing() {
    for pair in munged:munge slurmctld:slurmctld slurmd:slurmd sbatch:slurm-client; do
        command -v "${pair%%:*}" >/dev/null || echo "${pair#*:}"
    done
}
gone=$(missing | tr '\n' ' ')
case ${1-} in
--missing)
    [ -z "$gone" ] || { echo "missing: $gone"; exit 77; }
    exit 0
    ;;
?*) sed -n '2,3s/^# //p' "$0" >&2; exit 2 ;;
esac
[ -z "$gone" ] || fail "missing: $gone(apt-get install --no-install-recommends slurm-wlm munge)"

espsim=${ESPSIM:-}
if [ -z "$espsim" ]; then
    sh "$root/tools/install.sh"
    cmake -S "$root" --preset release >&2
    cmake --build "$root/build/release" --target espsim >&2
    espsim=$root/build/release/espsim
fi

# ---- a Slurm of one node ------------------------------------------------------------------------------------------------

work=$(mktemp -d "${TMPDIR:-/tmp}/slurm-lab.XXXXXX")
pids=
end() { # the daemons, youngest first; each is waited for, so that the folder is theirs no more
    for pid in $pids; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM HUP

start() { # start LOG PROGRAM...: in the background, ended by its process number
    log=$work/$1.log
    shift
    "$@" >"$log" 2>&1 &
    pids="$! $pids"
}
wait_for() { # wait_for WHAT COMMAND...: at most 20 s
    what=$1
    shift
    for _ in $(seq 100); do
        if "$@" >/dev/null 2>&1; then
            return 0
        fi
        sleep 0.2
    done
    tail -n 5 "$work"/*.log >&2
    fail "$what has not come up; the ends of its logs are above"
}

chmod 700 "$work"
mkdir "$work/munge" "$work/state" "$work/spool" "$work/jobs"
dd if=/dev/urandom of="$work/munge/key" bs=128 count=1 2>/dev/null
chmod 400 "$work/munge/key"
# the folder is the caller's alone, which munged would rather have searchable by all: --force
start munged munged --foreground --force --num-threads=1 --key-file="$work/munge/key" --socket="$work/munge/socket" \
    --pid-file="$work/munge/pid" --log-file="$work/munge/log" --seed-file="$work/munge/seed"
wait_for munged munge --socket="$work/munge/socket" --no-input

host=$(hostname -s)
user=$(id -un)
port=$((20000 + $$ % 10000 * 2))
cat >"$work/slurm.conf" <<CONF
ClusterName=lab
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
CredType=cred/munge
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=1
KillWait=1
ReturnToService=2
SlurmdParameters=config_overrides
NodeName=lab NodeHostname=$host NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=all Nodes=lab Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF="$work/slurm.conf"
start slurmctld slurmctld -D
start slurmd slurmd -D -N lab
node_is_idle() {
    sinfo --noheader --format=%t | grep -qx idle
}
wait_for "the node" node_is_idle
say "$(slurmd -V), node $(sinfo --noheader --format='%N with %c processors')"

# ---- the recipe -----------------------------------------------------------------------------------------------------------

. "$root/tests/sweep/recipe.sh"
man=$root/docs/man/espsim-sweep.1
cd "$work/jobs"
cp "$root/tests/sweep/s.ini" s.ini
mkdir bin
ln -s "$espsim" bin/espsim
PATH=$work/jobs/bin:$PATH
recipe "$man" 2 >sweep.sh
recipe "$man" 3 >submit
recipe "$man" 4 >again
grep -q 'SBATCH --array=1-8' sweep.sh && grep -q sbatch submit && grep -q 'array=3' again ||
    fail "the recipes of $man are not where they were"

differs() {
    say "$*"
    tail -n 3 slurm-*.out >&2 2>/dev/null || true
    exit 1
}
cat sweep.sh submit >&2
sh submit >&2 || differs "the recipe failed"
espsim sweep s.ini --vary link.loss=0:0.02:0.005 --seeds 5 --quiet --out one.jsonl # as in the recipe
cmp one.jsonl all.jsonl || differs "the merged shards are not what one unsharded sweep writes"

head -n 4 part3.jsonl | head -c -100 >cut # as an end in the middle of the third run leaves it
mv cut part3.jsonl
rm all.jsonl
! espsim merge --out all.jsonl part*.jsonl || differs "merge took shards that lack runs"
cat again >&2
sh again >&2 || differs "the recipe for a task that was ended failed"
cmp one.jsonl all.jsonl || differs "a task that was submitted again made another store"
echo "slurm-lab: all the same: $(grep -c unit one.jsonl) lines by $(ls part*.jsonl | wc -l) tasks on $(slurmd -V)"
