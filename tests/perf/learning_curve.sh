#!/bin/sh
# How good are predictions on a new CPU after 1, 2, 5, 10, 20 and 50 % of the bench time? Prints a
# table in Markdown: a row per place of a cache that takes the part of the new CPU, and per other
# place that it may learn from. Cells: bricks timed: mean |error| (worst) in percent, models in
# their predicted range, share of the time that is estimated.
# usage: tests/perf/learning_curve.sh BUILD CACHE [OPTION-OF-DECOMPOSE...] MODEL...
#
# Nothing is measured here. The cache must hold all bricks of the models, in at least two places:
#   for isa in avx512_core avx2; do for t in 1 2; do
#       dlbricks bench --isa $isa --threads $t --cache CACHE MODEL...
#   done; done
# Records are left out as if bench had not come to them yet (in its order: share of the models'
# time per second of benching, both as the roofline has them). The truth is the prediction from all
# records, not a measured latency: what predictions are off by even then is told by accuracy.sh.
# Instruction sets and thread counts of one CPU stand for other CPUs; they are none.
set -eu
build=$1
cache=$2
shift 2
suite=$(mktemp)
trap 'rm -f "$suite"' EXIT
"$build/dlbricks" decompose "$@" -o "$suite" >/dev/null
"$build/tests/perf_learning_curve" "$suite" "$cache"
