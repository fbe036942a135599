#!/bin/sh
# How true are predictions? Runs `validate` over the models on 1 and 2 threads: with granularities
# 1, 2, 4 and 8, at batch 8, and with instruction sets that stand for other CPUs. Prints one table in
# Markdown, a row per setting and size of model.
# usage: tests/perf/accuracy.sh BUILD [OPTION-OF-VALIDATE...] MODEL|SUITE...
#
# BUILD is a build folder, such as build/release. Options are for instance --cache DIR and
# --from-cache, for which `bench` must have run with the same settings. With KEEP=DIR the reports
# stay there as JSON. Models without such a batch are left out at batch 8.
set -eu
export LC_ALL=C
build=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
keep=${KEEP:-$work}
mkdir -p "$keep"

# report NAME OPTION... -- ARGUMENT...: some models may be left out (status 1 and 4), others not.
report() {
    name=$1
    shift
    status=0
    echo "accuracy: $name" >&2
    "$build/dlbricks" validate --json --hot "$@" >"$keep/$name.json" || status=$?
    [ "$status" -eq 0 ] || echo "accuracy: $name: validate ended with status $status" >&2
    rows <"$keep/$name.json"
}

# A row per object of the section "summary" that is of one setting.
rows() {
    awk '
        function percent(key) { return v[key] == "null" ? "-" : sprintf("%.1f", 100 * v[key]) }
        /^  "/ { summary = /"summary"/ }
        summary && /^      "/ {
            key = $1
            gsub(/[":]/, "", key)
            sub(/^ *"[^"]*": /, "")
            sub(/,$/, "")
            gsub(/"/, "")
            v[key] = $0
        }
        summary && /^    }/ && v["setting"] !~ /^all / {
            print "| " v["setting"] " | " v["models"] " | " v["n"] " | " \
                percent("mean_abs_error") " | " percent("median_abs_error") " | " \
                percent("p90_abs_error") " | " percent("worst_abs_error") " | " percent("bias") \
                " | " percent("within_2") "/" percent("within_5") "/" percent("within_10") " | " \
                percent("coverage") " | " percent("noise") " | " percent("hot_mean_abs_error") \
                " | " percent("hot_worst_abs_error") " |"
        }'
}

printf '| setting | models | n | mean \\|error\\| %% | median | p90 | worst | bias | within 2/5/10 %% '
printf '| in range %% | noise %% | hot loops: mean | worst |\n'
echo '|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|'
report granularity --threads 1,2 -G 1,2,4,8 "$@"
report isa --threads 1,2 --isa avx2,sse41 "$@"
report batch --threads 1,2 --batch 8 "$@"
