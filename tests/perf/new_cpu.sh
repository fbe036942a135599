#!/bin/sh
# A new CPU arrives: every command of the story with what it prints, from the plan over a budget that
# ends too early to the comparison with the CPU that is there already, and the gate of a CI. An
# instruction set below this CPU's best stands for the new CPU, which it is not.
# usage: tests/perf/new_cpu.sh BUILD CACHE BUDGET MODEL...
#
# BUILD is a build folder, such as build/release. What CACHE lacks of this CPU as it is gets timed
# first; of the new one it should hold nothing. BUDGET, such as 10s, ends the first bench.
set -eu
export LC_ALL=C
PATH=$(cd "$1" && pwd):$PATH
cache=$2
budget=$3
shift 3
new=avx2

out=$(mktemp)
trap 'rm -f "$out"' EXIT

# run COMMAND...: shows it, and what it prints, but for the progress.
run() {
    printf '\n$ %s\n' "$*"
    status=0
    "$@" --cache "$cache" >"$out" 2>&1 || status=$?
    grep -vE '^ *[0-9]+ %   batch [0-9]+:' "$out" || true
    [ "$status" -eq 0 ] || echo "[exit $status]"
}

first=$1
for last; do :; done
dlbricks bench --cache "$cache" "$@" >"$out" 2>&1 || { cat "$out" && exit 1; }
run dlbricks bench --dry-run --isa $new "$@"
run dlbricks bench --isa $new --budget "$budget" "$@"
run dlbricks predict --isa $new "$@"
run dlbricks bench --isa $new "$@"
run dlbricks predict --isa $new "$@"
run dlbricks bench --dry-run --isa $new "$@"
run dlbricks compare "$@"
run dlbricks predict --isa $new "$first" --baseline "$last" --fail-above 5%
