#!/bin/sh
# Does a record depend on what it was measured with? The same bricks are measured alone, among tiny
# bricks, among a large network's, and alone once more, which is how far two runs differ anyway.
# Prints how far their times are from those of the first run.
# usage: tests/perf/independence.sh BUILD [N_BRICKS [OPTION-OF-BENCH...]]
#
# BUILD is a build folder with tests, such as build/release after ./setup.sh test; options are
# --threads and --isa. SOURCES are the models that the bricks (100) are cut from, LARGE is the large
# network.
set -eu
export LC_ALL=C
build=$1
n=${2:-100}
shift $(($# > 1 ? 2 : 1))
sources=${SOURCES:-zoo:resnet50 zoo:mobilenet_v2 zoo:googlenet zoo:squeezenet1_1}
large=${LARGE:-zoo:vgg16}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dlbricks=$build/dlbricks

# A suite of n bricks of the sources: cut_suite spread|smallest SUITE.
cut_suite() {
    "$build/tests/perf_suite_cut" "$work/sources.json" "$n" 10 "$1" "$2"
}

# A cache for a run: that of the first run without its records, as what is known of the machine's
# caches decides at which footprints bricks are timed.
make_cache() {
    mkdir -p "$work/alone"
    (cd "$work/alone" && find . -name machine.json -o -name environment.json -o -name probe.json) |
        while read -r file; do
            mkdir -p "$work/$1/${file%/*}"
            [ "$1" = alone ] || cp "$work/alone/$file" "$work/$1/$file"
        done
}

# measure RUN OTHERS [OPTION...]: times the bricks with others around; leaves lines
# "brick nanoseconds".
measure() {
    run=$1
    others=$2
    shift 2
    echo "independence: $run" >&2
    make_cache "$run"
    "$dlbricks" bench "$work/bricks.json" $others --cache "$work/$run" "$@" >/dev/null
    "$dlbricks" predict "$work/bricks.json" --cache "$work/$run" --json "$@" >"$work/$run.json"
    awk -F'"' '
        /"steps": \[/ { steps = 1 }
        steps && /"brick":/ { brick = $4 }
        steps && /"p50_ns":/ { sub(/.*: /, ""); sub(/,$/, ""); print brick, $0 }
    ' "$work/$run.json" | sort >"$work/$run.times"
}

# compare RUN: one line of the table.
compare() {
    join "$work/alone.times" "$work/$1.times" |
        awk '$2 > 0 && $3 > 0 { r = $3 / $2 - 1; print (r < 0 ? -r : r), r }' |
        sort -g >"$work/ratios"
    awk -v run="$1" '
        { d[NR] = $1; sum += $2 }
        function quantile(q,    at, i) {
            at = 1 + q * (NR - 1)
            i = int(at)
            return i < NR ? d[i] + (at - i) * (d[i + 1] - d[i]) : d[NR]
        }
        END {
            if (!NR) { print run ": no brick was timed in both runs"; exit 1 }
            printf "%-12s %6d %18.2f %16.2f %14.2f\n", run, NR, 100 * quantile(0.5),
                100 * quantile(0.95), 100 * sum / NR
        }' "$work/ratios"
}

"$dlbricks" decompose $sources -o "$work/sources.json" >/dev/null
cut_suite spread "$work/bricks.json"
cut_suite smallest "$work/tiny.json"
measure alone "" "$@"
measure among_tiny "$work/tiny.json" "$@"
measure among_large "$large" "$@"
measure alone_again "" "$@"
printf '%-12s %6s %18s %16s %14s\n' run bricks 'median |ratio-1| %' '95th percentile' 'mean ratio-1'
for run in among_tiny among_large alone_again; do
    compare "$run"
done
