#!/bin/sh
# The experiment of DLBricks: what does timing bricks save over measuring the models, and what does
# it cost in accuracy? For each list of models and each granularity: unique bricks, speed-ups, errors.
# usage: [SLICE=120] [THREADS=2] [VISITS=8] tests/perf/experiment.sh BUILD WORK [LIST...]
#
# BUILD is a build folder with tests, such as build/release after ./setup.sh test. A LIST is a file
# with an argument of dlbricks per line (# begins a comment), or what zoo: selects (dlbricks50,
# modern, resnet). With :distinct behind it, only distinct architectures are kept (suite_distinct.c);
# with @1,2,4 behind that, only these granularities are timed instead of 1 to 10. Without a LIST it is
# dlbricks50 dlbricks50:distinct modern.
#
# WORK/report.md and WORK/figure.svg are the result. All that was measured is kept in WORK, one cache
# and one file of measured models for all lists and granularities, so that the same command goes on
# where it was interrupted or killed and nothing is measured twice. With SLICE it ends by itself after
# about so many seconds, with status 4 if there is more to do; SLICE=0 measures nothing and reports
# what is there. The most telling granularities come first, and each model's VISITS are spread over
# the time in which its list's bricks are timed, four before the first.
#
# Speed-up by the paper's formula: latencies of all models over latencies of the unique bricks, each
# once. By the wall-clock: seconds of measuring the models over seconds of `bench`, until both ways
# have the same mean |error|.
# - `bench`: its processes from beginning to end, on a cache that is empty at first: the machine's
#   limits, compiling, warming, writing records. One cache serves all cells, so each run's seconds are
#   shared out among what it timed (support/ledger.h), and a cell pays for its own bricks even if
#   another cell had them timed. Reading the suite counts, decomposing the models (half a second)
#   does not, for either way.
# - Models: a visit prepares the model anew (kernels, weights, memory), as a program of its user would,
#   and runs it; the first run is left out of the times and counted in the seconds. A way of measuring
#   is so many visits of so many runs for each model. Its error is that of test and retest: |ratio - 1|
#   of the median of such visits to the median of all other visits of the model, mean over all
#   stretches and models. The quickest way that is at least as true as the prediction counts. Starting
#   a process and reading a file are not counted, which favours this way; as does that its visits lie
#   within an hour of those that they are compared with, while records are of any day.
# - Beside it stands the paper's own habit: 100 runs of each model, after one preparation.
set -eu
export LC_ALL=C
build=$1
work=$2
shift 2
[ $# -gt 0 ] || set -- dlbricks50 dlbricks50:distinct modern
threads=${THREADS:-2}
visits=${VISITS:-8}
slice=${SLICE:-1000000}
granularities="1 2 4 8 3 6 5 7 9 10" # the most telling first
dlbricks=$build/dlbricks
tools=$build/tests
end=$(($(date +%s) + slice))
stopped=
trap 'stopped=1' INT TERM # what runs keeps what it has and ends

# ---- lists: LIST = NAME or FILE, [:distinct], [@G,G...] -------------------------------------

source_of() {
    list=${1%@*}
    echo "${list%:distinct}"
}

is_distinct() {
    case ${1%@*} in *:distinct) true ;; *) false ;; esac
}

name_of() {
    name=$(basename "$(source_of "$1")" .txt)
    is_distinct "$1" && name=$name-distinct
    echo "$name"
}

# has_granularity LIST G
has_granularity() {
    case $1 in
        *@*) case ",${1##*@}," in *",$2,"*) true ;; *) false ;; esac ;;
        *) true ;;
    esac
}

# decompose DIR GRANULARITY SUITE: the models of a list, once.
decompose() {
    [ ! -e "$3" ] || return 0
    mkdir -p "$(dirname "$3")"
    tr '\n' '\0' <"$1/models" | xargs -0 "$dlbricks" decompose -G "$2" -o "$3.part" -- >/dev/null
    mv "$3.part" "$3"
}

# choose_models LIST DIR: freezes what the list stands for.
choose_models() {
    [ ! -e "$2/models" ] || return 0
    mkdir -p "$2"
    list=$(source_of "$1")
    if [ -e "$list" ]; then
        sed 's/#.*//; s/[[:space:]]*$//; /^$/d' "$list" >"$2/models.part"
    else
        echo "zoo:$list" >"$2/models.part"
    fi
    if is_distinct "$1"; then
        mv "$2/models.part" "$2/models"
        decompose "$2" 1 "$2/all.json"
        "$tools/perf_suite_distinct" "$2/all.json" >"$2/models.part"
    fi
    mv "$2/models.part" "$2/models"
}

# ---- measuring -----------------------------------------------------------------------------

# seconds_left: fails, with the status that says so, if it is not worth beginning anything.
seconds_left() {
    left=$((end - $(date +%s)))
    if [ -n "$stopped" ] || [ "$left" -lt 5 ]; then
        echo "experiment: more to do; the same command goes on" >&2
        exit 4
    fi
}

# note_run END: a line for the run of bench that began last.
note_run() {
    echo "$(cat "$work/running") $1" |
        awk '{ printf "%.3f\t%.3f\n", $1, ($2 > $1 ? $2 - $1 : 0) }' >>"$work/runs.tsv"
    rm "$work/running"
}

# close_killed_run: one that could not say how long it took counts until its last record.
close_killed_run() {
    [ -e "$work/running" ] || return 0
    note_run "$(find "$work/running" "$work/cache" -type f -printf "%T@\n" 2>/dev/null |
        sort -n | tail -n 1)"
}

# bench DIR: times what the cache lacks of the suite in it.
bench() {
    [ ! -e "$1/complete" ] || return 0
    seconds_left
    close_killed_run
    date +%s.%N >"$work/running"
    status=0
    "$dlbricks" bench "$1/suite.json" --threads "$threads" --cache "$work/cache" \
        --budget "${left}s" >/dev/null || status=$?
    note_run "$(date +%s.%N)"
    [ "$status" -ne 4 ] || seconds_left
    [ "$status" -eq 0 ] || exit "$status"
    touch "$1/complete"
}

# measure DIR VISITS: so many of each model of the list.
measure() {
    [ ! -e "$1/measured.$2" ] || return 0
    seconds_left
    status=0
    "$tools/perf_direct" "$1/whole.json" "$threads" "$2" "$work/direct.tsv" "$left" || status=$?
    [ "$status" -ne 4 ] || seconds_left
    [ "$status" -eq 0 ] || exit "$status"
    touch "$1/measured.$2"
}

# visits_before LIST G: the part of all visits that the granularities up to this one are of the
# list's, and at least four.
visits_before() {
    all=0
    until_here=0
    for other in $granularities; do
        has_granularity "$1" "$other" || continue
        all=$((all + 1))
        [ "$other" != "$2" ] || until_here=$all
    done
    part=$(((visits * until_here + all - 1) / all))
    [ "$part" -ge 4 ] || part=4
    [ "$part" -le "$visits" ] || part=$visits
    echo "$part"
}

# cell LIST G
cell() {
    dir=$work/$(name_of "$1")
    measure "$dir" "$(visits_before "$1" "$2")"
    [ -e "$dir/$2/complete" ] || echo "experiment: $(name_of "$1"), G = $2" >&2
    bench "$dir/$2"
}

prepare() {
    dir=$work/$(name_of "$1")
    choose_models "$1" "$dir"
    decompose "$dir" 1 "$dir/whole.json"
    for granularity in $granularities; do
        decompose "$dir" "$granularity" "$dir/$granularity/suite.json"
    done
}

# ---- the report ----------------------------------------------------------------------------

report() {
    names=
    for list in "$@"; do
        names="$names $(name_of "$list")"
    done
    "$tools/perf_experiment_report" "$work" $names
    for name in $names; do
        echo
        "$tools/perf_known_family" "$work" "$name"
    done
}

mkdir -p "$work"
for list in "$@"; do
    prepare "$list"
done
if [ "$slice" -gt 0 ]; then
    for granularity in $granularities; do
        for list in "$@"; do
            ! has_granularity "$list" "$granularity" || cell "$list" "$granularity"
        done
    done
fi
report "$@" >"$work/report.md.part"
mv "$work/report.md.part" "$work/report.md"
cat "$work/report.md"
