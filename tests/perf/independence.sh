#!/bin/sh
# Does a record depend on what it was measured with? The same bricks are timed at the same footprint
# in the model that they come from, in another model that has them too, among tiny networks and
# VGG-16, as brick:TEXT alone, and in their model once more: that is the control, which tells how far
# two runs differ anyway. All settings take turns, one visit of each brick at a time, so that what
# the machine does meets all alike. Exit status 1 if one of them is beyond the control by more than
# 1 % in the median of |ratio - 1| or 3 % in its 95th percentile.
# usage: [ROUNDS=6] tests/perf/independence.sh BUILD [BRICKS_PER_PAIR [OPTION-OF-BENCH...]]
#
# BUILD is a build folder with tests, such as build/release after ./setup.sh test; options are
# --threads and --isa. PAIRS are models with another one that shares bricks, MIXED are those among
# which the models are timed. With KEEP=DIR the caches stay there, and further rounds add to them.
set -eu
export LC_ALL=C
build=$1
n=${2:-24}
shift $(($# > 1 ? 2 : 1))
rounds=${ROUNDS:-6}
pairs=${PAIRS:-squeezenet1_1:squeezenet1_0 mobilenet_v3_large:ghostnet_1_0 \
    googlenet:inception_v1_imagenet resnet18:resnet34 bert_small:bert_medium}
mixed=${MIXED:-zoo:shufflenet_v2_x0_5 zoo:mobilenet_v3_small zoo:bert_tiny zoo:vgg16}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dlbricks=$build/dlbricks
caches=${KEEP:-$work}/caches

# prepare MODEL OTHER: a folder with the suites and the footprint of the model.
prepare() {
    mkdir -p "$work/$1"
    "$dlbricks" decompose "zoo:$1" -o "$work/$1/own.json" >/dev/null
    "$dlbricks" decompose "zoo:$2" -o "$work/$1/other.json" >/dev/null
    "$build/tests/perf_suite_common" "$work/$1/own.json" "$work/$1/other.json" "$n" \
        "$work/$1/alone.json"
    "$dlbricks" inspect "$work/$1/own.json" --json 2>/dev/null |
        awk '/"footprint_bytes"/ { gsub(/[^0-9]/, ""); print; exit }' >"$work/$1/footprint"
}

# What is known of the machine's caches decides at which footprints bricks are timed: all settings
# begin with the same. make_caches MODEL [OPTION...]
make_caches() {
    model=$1
    shift
    [ ! -d "$caches" ] || return 0
    "$dlbricks" bench "$work/$model/alone.json" --cache "$work/limits" --budget 1s "$@" \
        >/dev/null 2>&1 || [ $? -eq 4 ] # over budget
    (cd "$work/limits" && find . -name machine.json -o -name environment.json -o -name probe.json) |
        while read -r file; do
            for setting in own again other mixed alone; do
                mkdir -p "$caches/$setting/${file%/*}"
                cp "$work/limits/$file" "$caches/$setting/$file"
            done
        done
}

# visit SETTING SUITE [OPTION...]: times each brick of the suite once more.
visit() {
    cache=$caches/$1
    suite=$2
    shift 2
    "$dlbricks" bench "$suite" --cache "$cache" --only-missing --older-than 1s "$@" >/dev/null
}

# visit_all SETTING [OPTION...]: one round of a setting. The models of `mixed` have their own
# footprints.
visit_all() {
    setting=$1
    shift
    case $setting in
    mixed)
        visit mixed "$work/mixed.json" "$@"
        return
        ;;
    again) from=own ;;
    *) from=$setting ;;
    esac
    for model in $models; do
        visit "$setting" "$work/$model/$from.json" \
            --footprint "$(cat "$work/$model/footprint")" "$@" || return
    done
}

models=
folders=
sources=
for pair in $pairs; do
    model=${pair%%:*}
    prepare "$model" "${pair#*:}"
    models="$models $model"
    folders="$folders $work/$model"
    sources="$sources $work/$model/own.json"
done
"$dlbricks" decompose $sources $mixed -o "$work/mixed.json" >/dev/null
make_caches "$model" "$@"
order='own other alone mixed again'
for round in $(seq "$rounds"); do
    echo "independence: round $round of $rounds" >&2
    for setting in $order; do
        visit_all "$setting" "$@" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
    done
    order="${order#* } ${order%% *}"
done
"$build/tests/perf_independence_report" "$caches" $folders
