#!/bin/sh
# A new CPU arrives: every command of the story with what it prints, from the plan to the gate of a CI.
# Fails where a step does not do what it says; what held is printed as "holds: ...".
# usage: tests/perf/new_cpu.sh BUILD CACHE BUDGET MODEL MODEL...
#
# BUILD is a build folder, such as build/release. An instruction set below this CPU's best stands for
# the new CPU, which it is not; of that CACHE must hold nothing. What it lacks of this CPU as it is
# gets timed first. One core of this machine stands for a smaller size of it. BUDGET, such as 3s, is
# what the first bench may take.
set -eu
export LC_ALL=C
PATH=$(cd "$1" && pwd):$PATH
cache=$2
budget=$3
shift 3
[ $# -ge 2 ] || { echo "usage: new_cpu.sh BUILD CACHE BUDGET MODEL MODEL..." && exit 2; }
new="--isa avx2 --threads 1"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# run STATUS COMMAND...: shows a command and what it prints, but for the progress. STATUS, such as
# "0 4", are the exit statuses that are right.
run() {
    right=$1
    shift
    printf '\n$ %s\n' "$*"
    status=0
    "$@" --cache "$cache" >"$work/out" 2>&1 || status=$?
    grep -vE '^ *[0-9]+ %   batch [0-9]+:' "$work/out" || true
    [ "$status" = 0 ] || echo "[exit $status]"
    case " $right " in
    *" $status "*) ;;
    *) die "exit status $status instead of $right" ;;
    esac
}

die() {
    echo "new_cpu.sh: $*"
    exit 1
}

# holds CLAIM TEST...: what the last steps claim to have done.
holds() {
    claim=$1
    shift
    "$@" || die "does not hold: $claim ($*)"
    echo "holds: $claim"
}

# ask COMMAND...: its JSON, for the claims.
ask() {
    dlbricks "$@" --json --cache "$cache" >"$work/json" 2>"$work/notes" ||
        [ $? = 4 ] || die "$(cat "$work/notes")"
}
# ask_models OPTION...: what predict says of the models, without their steps.
ask_models() {
    ask predict "$@"
    sed -i '/^  \]/q' "$work/json"
}
# of FIELD: its values in what was asked for, one per line.
of() {
    sed -n 's/^ *"'"$1"'": "\{0,1\}\([^",]*\)"\{0,1\},\{0,1\}$/\1/p' "$work/json"
}
sum() {
    of "$1" | awk '{ s += $1 } END { printf "%d\n", s }'
}
# Width of the ranges over the latencies: their mean over the models, in percent.
width() {
    ask_models $new "$@"
    { of p50_ns && of low_ns && of high_ns; } |
        awk '{ x[NR] = $1 } END { n = NR / 3
            for (i = 1; i <= n; i++) s += (x[2 * n + i] - x[n + i]) / x[i]
            printf "%.1f\n", 100 * s / n }'
}
at_most() {
    awk -v a="$1" -v b="$2" 'BEGIN { exit !(a <= b) }'
}

echo "# the CPU that is there already"
dlbricks bench --threads 1 --label large --cache "$cache" "$@" >"$work/out" 2>&1 ||
    die "$(cat "$work/out")"
run 0 dlbricks machine list

printf '\n# the plan\n'
run 0 dlbricks bench --dry-run $new "$@"
ask bench --dry-run $new "$@"
all=$(of bricks | head -n 1)
holds "nothing is known of it yet" [ "$(of known | head -n 1)" = 0 ]
holds "all bricks are new, and all of them are on the list" [ "$(of new)" = "$all" ]
holds "each model waits for bricks" [ "$(of waits_for | grep -cv '^0$')" = $# ]
of model >"$work/models"
of signature | sort >"$work/whole"
for k in 1 2 3 4; do
    ask bench --dry-run --shard $k/4 $new "$@"
    of signature
done | sort >"$work/parts"
sort -u "$work/whole" -o "$work/whole"
holds "four shards are the whole" [ "$(sort -u "$work/parts")" = "$(cat "$work/whole")" ]

printf '\n# a quarter of it: the rest is estimated\n'
run "0 4" dlbricks bench --shard 1/4 $new "$@"
run 0 dlbricks predict $new "$@"
first_width=$(width "$@")
of p50_ns >"$work/first"
holds "every brick is measured or estimated" \
    [ $(($(sum known_bricks) + $(sum estimated_bricks))) = "$(sum bricks)" ]
holds "some are estimated" [ "$(sum estimated_bricks)" -gt 0 ]

printf '\n# a budget: what is worth most comes first, and the same command goes on\n'
begin=$(date +%s)
run "0 4" dlbricks bench --budget "$budget" $new "$@"
bench_status=$status
echo "$(($(date +%s) - begin)) s in all"
ask bench --dry-run $new "$@"
left=$(of n_tasks)
holds "exit status 4 if and only if there is more to do" \
    [ "$([ "$bench_status" = 4 ] && echo more || echo done)" = "$([ "$left" -gt 0 ] && echo more || echo done)" ]
run 0 dlbricks predict $new "$@"

printf '\n# killed within the rest, it loses nothing\n'
dlbricks bench $new --cache "$cache" "$@" >/dev/null 2>&1 &
bench=$!
sleep 1
kill -KILL $bench 2>/dev/null || true
wait $bench 2>/dev/null || true
run 0 dlbricks cache verify
ask bench --dry-run $new "$@"
holds "no more is to do than before: $(of n_tasks) after $left" [ "$(of n_tasks)" -le "$left" ]

printf '\n# the shards on other nodes, each into a cache of its own; then all in one\n'
for k in 2 3 4; do
    dlbricks bench --shard $k/4 $new --cache "$work/node$k" "$@" >"$work/out" 2>&1 || [ $? = 4 ] ||
        die "$(cat "$work/out")"
done
run 0 dlbricks cache merge "$work/node2" "$work/node3" "$work/node4"
run 0 dlbricks cache verify
ask bench --dry-run --only-missing $new "$@"
holds "no brick is missing" [ "$(of n_tasks)" = 0 ]
run 0 dlbricks predict $new "$@"
last_width=$(width "$@")
holds "nothing is estimated any more" [ "$(sum estimated_bricks)" = 0 ]
holds "the ranges are narrower: $last_width % after $first_width %" at_most "$last_width" "$first_width"
of p50_ns | paste "$work/models" "$work/first" - |
    awk '{ printf "%s: estimated from a quarter of the bricks %+.1f %%\n", $1, 100 * ($2 / $3 - 1) }'

printf '\n# another size of the machine: what it lacks is lent\n'
one=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*\([0-9]*\).*/\1/p' /proc/self/status)
smallest=$(tail -n 1 "$work/models")
if [ "$(nproc)" = 1 ]; then
    echo "skipped: this machine has one core"
else
    run "0 4" taskset -c "$one" dlbricks bench --threads 1 --label small --only "$smallest" "$@"
    run "0 4" dlbricks predict --threads 1 --machine small "$@"
    ask_models --threads 1 --machine small "$@"
    holds "nothing is lent unasked" [ "$(sum lent_bricks)" = 0 ]
    run 0 dlbricks predict --threads 1 --machine small --lent "$@"
    ask_models --threads 1 --machine small --lent "$@"
    holds "what it lacks is lent" [ "$(sum lent_bricks)" -gt 0 ]
    run 0 dlbricks predict --threads 1 --machine large,small --lent "$@"
fi

printf '\n# why: a brick that nobody knows; records that are of another instruction set; where it occurs\n'
run 0 dlbricks why $new --dim batch=3 brick:"dlb1 Relu i0:f32:3x7 > f32:3x7 | out s0"
grep -q 'new' "$work/out" || die "the brick is not new"
run 0 dlbricks why --isa sse41 --threads 1 "$1"
ask why --isa sse41 --threads 1 "$1"
holds "all are of another environment" [ "$(of reason | sort -u)" = environment ]
holds "and the field is named" grep -q 'isa avx[^,]*, not sse41' "$work/json"
brick=$(head -n 1 "$work/whole" | cut -c1-12)
run 0 dlbricks why "$brick" $new "$@"

printf '\n# the comparison\n'
run 0 dlbricks compare --threads 1 --machine large "$@"
ask compare --threads 1 --machine large "$@"
holds "unlike environments are pointed out" grep -q '"unlike[^"]*": "[^"]*isa' "$work/json"

printf '\n# the gate of a CI\n'
ask_models $new "$1"
a=$(of p50_ns)
ask_models $new "$2"
b=$(of p50_ns)
if at_most "$a" "$b"; then fast=$1 slow=$2; else fast=$2 slow=$1; fi
run 0 dlbricks predict $new "$fast" --baseline "$slow" --fail-above 5%
run 3 dlbricks predict $new "$slow" --baseline "$fast" --fail-above 5%
run 3 dlbricks predict $new "$slow" --max-ms "$(awk -v a="$a" -v b="$b" 'BEGIN { print (a > b ? a : b) / 2e6 }')"
printf '\nall of it holds\n'
