#!/bin/sh
# fleet/bench.sbatch under a real Slurm: munge, slurmctld and two slurmd of different features on this
# host's loopback, begun here and ended by their process ids.
# usage: slurm.sh DLBRICKS. Exit status 77: skipped, with the reason.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")

skip() {
    echo "skipped: $*"
    exit 77
}
for tool in munged slurmctld slurmd sbatch squeue scontrol scancel sinfo; do
    PATH=$PATH:/usr/sbin command -v $tool >/dev/null || skip "$tool is missing: ./setup.sh fleet-test"
done
[ "$(id -u)" = 0 ] || skip "the daemons of Slurm want root"
PATH=$PATH:/usr/sbin

work=$(mktemp -d)
chmod 755 "$work" # munged wants folders that nobody else may write
daemons=
stop() {
    scancel --quiet --user=root --full 2>/dev/null || true
    cat "$work"/pid.* 2>/dev/null | xargs -r kill -KILL 2>/dev/null || true
    for pid in $daemons; do kill "$pid" 2>/dev/null || true; done
    for pid in $daemons; do
        for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" 2>/dev/null && sleep 0.5; done
        kill -KILL "$pid" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 1' INT TERM

die() {
    echo "slurm.sh: $*"
    tail -n 20 "$work"/*.log "$work"/jobs/*.log 2>/dev/null
    exit 1
}

# run_until SECONDS COMMAND...: until the command succeeds.
run_until() {
    left=$(($1 * 4))
    shift
    until "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        [ $left -gt 0 ] || die "in vain: $*"
        sleep 0.25
    done
}

# ---- a cluster of two nodes -----------------------------------------------------------------

port=$((20000 + $$ % 20000))
mkdir "$work/state" "$work/n1" "$work/n2" "$work/jobs"
dd if=/dev/urandom of="$work/munge.key" bs=32 count=1 2>/dev/null
chmod 600 "$work/munge.key"
cat >"$work/slurm.conf" <<END
ClusterName=loopback
SlurmctldHost=$(hostname)(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket,cred_expire=5
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/%n
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd-%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SwitchType=switch/none
MpiDefault=none
MailProg=/bin/true
ReturnToService=2
SchedulerParameters=batch_sched_delay=0,sched_interval=2
NodeName=n1 NodeHostname=$(hostname) NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=$(nproc) Feature=cpu,big
NodeName=n2 NodeHostname=$(hostname) NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=$(nproc) Feature=cpu,small
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
END
SLURM_CONF=$work/slurm.conf
export SLURM_CONF

# start COMMAND...: in the background, with its output in a file.
start() {
    "$@" >"$work/$(basename "$1").$port.log" 2>&1 &
    daemons="$! $daemons"
    port=$((port + 1))
}
start munged --force --foreground --key-file="$work/munge.key" --socket="$work/munge.socket" \
    --pid-file="$work/munge.pid" --log-file="$work/munged.log" --seed-file="$work/munge.seed"
run_until 10 test -S "$work/munge.socket"
start slurmctld -D
start slurmd -D -N n1
start slurmd -D -N n2
idle() {
    [ "$(sinfo -h -N -t idle -o %N | sort | tr '\n' ' ')" = "n1 n2 " ]
}
run_until 60 idle

# ---- the jobs -------------------------------------------------------------------------------

# Stands for dlbricks: notes who runs where, that nobody else does, and the process to be killed.
cat >"$work/dlbricks" <<END
#!/bin/sh
run=\$SLURM_ARRAY_JOB_ID.\$SLURM_ARRAY_TASK_ID.\${SLURM_RESTART_COUNT:-0}
mkdir "$work/busy.\$SLURMD_NODENAME" || echo "\$run" >>"$work/not-alone"
echo "\$SLURMD_NODENAME" >"$work/ran.\$run"
"$program" "\$@" &
echo \$! >"$work/pid.tmp.\$run" && mv "$work/pid.tmp.\$run" "$work/pid.\$run"
wait \$!
status=\$?
rmdir "$work/busy.\$SLURMD_NODENAME"
exit \$status
END
chmod +x "$work/dlbricks"
DLBRICKS=$work/dlbricks
export DLBRICKS
cd "$work/jobs"

# submit ARRAY FEATURE ARGUMENT...: prints the job's number.
submit() {
    array=$1 feature=$2
    shift 2
    sbatch --parsable --array="$array" --constraint="$feature" "$root/fleet/bench.sbatch" "$@"
}
finished() {
    [ -z "$(squeue -h -j "$1")" ]
}
# The cache has a record of every brick. (Some may be noisy, on a machine that does other things.)
is_complete() {
    "$program" bench --dry-run --json --only-missing "$@" >"$work/list.json" || die "no work list"
    grep -q '"n_tasks": 0,' "$work/list.json"
}

echo "four shards over two equal nodes; the second one is killed"
set -- --cache "$work/cache" --threads 1 zoo:squeezenet1_1
job=$(submit 1-4 cpu "$@")
run_until 120 test -s "$work/pid.$job.2.0"
kill -KILL "$(cat "$work/pid.$job.2.0")"
run_until 300 finished "$job"
[ -s "$work/pid.$job.2.1" ] || die "the killed task was not run again"
for k in 1 3 4; do
    [ ! -e "$work/pid.$job.$k.1" ] || die "task $k was run twice without need"
done
is_complete "$@" || die "the shards are not the whole"
"$program" predict "$@" >"$work/predicted" 2>&1 || die "$(cat "$work/predicted")"
! grep 'passed over' "$work/predicted" || die "the cache does not verify"
[ ! -e "$work/not-alone" ] || die "two tasks shared a node: $(cat "$work/not-alone")"

echo "one task per type of node"
big=$(submit 1-1 big --cache "$work/types" --threads 1 "$root/tests/cli/data/small.onnx")
small=$(submit 1-1 small --cache "$work/types" --threads 1 --isa sse41 \
    "$root/tests/cli/data/small.onnx")
run_until 120 finished "$big"
run_until 120 finished "$small"
[ "$(cat "$work/ran.$big.1.0")" = n1 ] || die "big ran as $(cat "$work/ran.$big.1.0")"
[ "$(cat "$work/ran.$small.1.0")" = n2 ] || die "small ran as $(cat "$work/ran.$small.1.0")"
[ "$(find "$work/types" -name environment.json | wc -l)" = 2 ] || die "not two environments"

echo "a usage that is wrong is not repeated"
job=$(submit 1-1 cpu --cache)
run_until 60 finished "$job"
[ ! -e "$work/pid.$job.1.1" ] || die "wrong usage was repeated"
echo "passed"
