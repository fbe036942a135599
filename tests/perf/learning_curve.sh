#!/bin/sh
# How good are predictions on a new CPU after 1, 2, 5, 10, 20 and 50 % of the bench time? Prints a
# table in Markdown: a row per place of a cache that takes the part of the new CPU, and per other
# place that it may learn from. Cells: bricks timed, each footprint for itself: mean |error| (worst) in percent, models in
# their predicted range, share of the time that is estimated.
# usage: tests/perf/learning_curve.sh BUILD CACHE [OPTION-OF-DECOMPOSE...] MODEL...
#
# Nothing is measured here. The cache must hold all bricks of the models, in at least two places:
#   for isa in avx512_core avx2; do for t in 1 2; do
#       dlbricks bench --isa $isa --threads $t --cache CACHE MODEL...
#   done; done
# Caches are filled with what bench would have timed by then: by its own agenda, batches and rules for
# what a task costs, with all samples that the full cache has of it. The truth is the prediction from
# all records, not a measured latency: what predictions are off by even then is told by accuracy.sh.
# Instruction sets and thread counts of one CPU stand for other CPUs; they are none.
set -eu
build=$1
cache=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$build/dlbricks" decompose "$@" -o "$work/suite.json" >/dev/null
"$build/tests/perf_learning_curve" "$work/suite.json" "$cache" "$work"
