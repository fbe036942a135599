#!/bin/sh
# The experiment of DLBricks: what does timing bricks save over measuring the models, and what does
# it cost in accuracy? For each list of models and each granularity: unique bricks, the speed-up by
# the paper's formula (latencies of all models over latencies of the unique bricks), the speed-up
# by the wall-clock until both ways have the same error (`bench` on an empty cache, measuring the
# machine's limits included, against preparing and running the models), and the errors.
# How few bricks are unique needs no timing and is said of G = 1 to 10 in any case. Then, from the
# same records: the costliest bricks, and what a network costs whose family is known.
# usage: [GRANULARITIES="1 2 4"] [THREADS=2] [VISITS=20] tests/perf/experiment.sh BUILD WORK LIST...
#
# BUILD is a build folder with tests, such as build/release after ./setup.sh test. A LIST is a file
# with an argument of dlbricks per line (# begins a comment), or what zoo: selects (dlbricks50,
# modern, resnet); with :distinct behind it, only distinct architectures are kept (suite_distinct.c).
# WORK/NAME/report.md and figure.svg are the result; everything else in WORK is kept as well, so that
# the same command goes on where it was interrupted or killed. VISITS of half a second per model are
# the measurement of the models: 20 or more. GRANULARITIES are those that are timed; granularities
# that an earlier run has timed completely stay in the report.
set -eu
export LC_ALL=C
build=$1
work=$2
shift 2
all_granularities="1 2 3 4 5 6 7 8 9 10"
granularities=${GRANULARITIES:-$all_granularities}
threads=${THREADS:-2}
visits=${VISITS:-20}
dlbricks=$build/dlbricks
tools=$build/tests

# decompose DIR GRANULARITY SUITE: the models of a list, once.
decompose() {
    [ ! -e "$3" ] || return 0
    tr '\n' '\0' <"$1/models" | xargs -0 "$dlbricks" decompose -G "$2" -o "$3.part" -- >/dev/null
    mv "$3.part" "$3"
}

# choose_models LIST DIR: freezes what the list stands for.
choose_models() {
    [ ! -e "$2/models" ] || return 0
    list=${1%:distinct}
    if [ -e "$list" ]; then
        sed 's/#.*//; s/[[:space:]]*$//; /^$/d' "$list" >"$2/models.part"
    else
        echo "zoo:$list" >"$2/models.part"
    fi
    if [ "$list" != "$1" ]; then
        mv "$2/models.part" "$2/models"
        decompose "$2" 1 "$2/all.json"
        "$tools/perf_suite_distinct" "$2/all.json" >"$2/models.part"
    fi
    mv "$2/models.part" "$2/models"
}

# bench DIR: times what its cache lacks; each run's seconds are a line of DIR/seconds. A run that was
# killed before it could say how long it took counts until its last record.
bench() {
    [ ! -e "$1/complete" ] || return 0
    if [ -e "$1/running" ]; then
        last=$(find "$1/running" "$1/cache" -type f -printf "%T@\n" 2>/dev/null | sort -n | tail -n 1)
        echo "$(cat "$1/running") $last" | awk '{ print $2 - $1 }' >>"$1/seconds"
    fi
    start=$(date +%s.%N)
    echo "$start" >"$1/running"
    status=0
    "$dlbricks" bench "$1/suite.json" --threads "$threads" --cache "$1/cache" >/dev/null || status=$?
    echo "$start $(date +%s.%N)" | awk '{ print $2 - $1 }' >>"$1/seconds"
    rm "$1/running"
    [ "$status" -eq 0 ] || exit "$status"
    touch "$1/complete"
}

# report DIR: from what there is.
report() {
    folders=
    for granularity in $all_granularities; do
        mkdir -p "$1/$granularity"
        decompose "$1" "$granularity" "$1/$granularity/suite.json"
        folders="$folders $1/$granularity"
    done
    "$tools/perf_experiment_report" "$(basename "$1")" "$work/direct.tsv" "$1/figure.svg" $folders
    cache=
    [ ! -e "$1/1/complete" ] || cache=$1/1/cache
    echo
    "$tools/perf_known_family" "$1/1/suite.json" $cache
}

# run LIST: all of it.
run() {
    name=$(basename "${1%:distinct}" .txt)
    [ "$1" = "${1%:distinct}" ] || name=$name-distinct
    dir=$work/$name
    mkdir -p "$dir"
    choose_models "$1" "$dir"
    for granularity in $granularities; do
        echo "experiment: $name, G = $granularity" >&2
        mkdir -p "$dir/$granularity"
        decompose "$dir" "$granularity" "$dir/$granularity/suite.json"
        bench "$dir/$granularity"
    done
    decompose "$dir" 1 "$dir/whole.json"
    "$tools/perf_direct" "$dir/whole.json" "$threads" "$visits" "$work/direct.tsv"
    report "$dir" >"$dir/report.md"
    cat "$dir/report.md"
}

trap : INT # dlbricks keeps what it has and ends; its seconds are to be kept as well
for list in "$@"; do
    run "$list"
done
