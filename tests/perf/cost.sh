#!/bin/sh
# What do predictions cost? The wall-clock of `bench` over the models' suite on an empty cache,
# preparation and the limits of the machine included, against measuring each model by itself until
# the error is the same. Prints a table; see cost_table.c.
# usage: tests/perf/cost.sh BUILD THREADS N_VISITS MODEL|SUITE...
#
# BUILD is a build folder with tests, such as build/release after ./setup.sh test. N_VISITS of half a
# second per model are the reference measurement: 20 or more.
set -eu
export LC_ALL=C
build=$1
threads=$2
n_visits=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dlbricks=$build/dlbricks

"$dlbricks" decompose "$@" -o "$work/suite.json" >/dev/null
start=$(date +%s.%N)
"$dlbricks" bench "$work/suite.json" --threads "$threads" --cache "$work/cache" >/dev/null
end=$(date +%s.%N)
"$dlbricks" predict "$work/suite.json" --threads "$threads" --cache "$work/cache" --json \
    >"$work/predicted.json"
awk -F'"' '
    /"steps": \[/ { exit }
    /"model":/ { model = $4 }
    /"p50_ns":/ { sub(/.*: /, ""); sub(/,$/, ""); print model "\t" $0 }
' "$work/predicted.json" >"$work/predicted"
seconds=$(echo "$start $end" | awk '{ print $2 - $1 }')
"$build/tests/perf_cost_table" "$work/suite.json" "$threads" "$n_visits" "$seconds" \
    <"$work/predicted"
