#!/bin/sh
# What does a constant of the timing policy or of the prediction change? Builds the program once for
# each value, from a copy of the sources in which only that number differs, and lets these programs
# validate the same models in turns. Prints a row per value, in Markdown; the seconds are those of
# `validate`, two fifths of which are visits of the whole models.
# usage: [ROUNDS=2] [THREADS=2] tests/perf/constants.sh WORK NAME=VALUE,VALUE... [NAME=...] MODEL...
#
# For instance FRAGMENT=1,4,8,32 max_visits=4,12,36: any number that is written as `NAME = NUMBER` in
# one place of the sources. Programs and reports stay in WORK: more rounds add to them, ROUNDS=0 only
# builds; take another folder when the sources have changed.
set -eu
export LC_ALL=C
source=$(cd "$(dirname "$0")/../.." && pwd)
work=$1
shift
rounds=${ROUNDS:-2}
threads=${THREADS:-2}
folders='base bricks cli cmake datasets decompose predict reference runner'

# file_of NAME: the one that defines it.
file_of() {
    found=$(cd "$source" && grep -rnE "(^|[^A-Za-z0-9_])$1 = [0-9][0-9.e+-]*[,; }]" $folders) || true
    if [ "$(printf '%s\n' "$found" | grep -c .)" != 1 ]; then
        printf 'constants: "%s = NUMBER" is in none or several places:\n%s\n' "$1" "$found" >&2
        return 1
    fi
    printf '%s\n' "${found%%:*}"
}

copy_sources() {
    [ -z "$copied" ] || return 0
    rm -rf "$work/source"
    mkdir -p "$work/source"
    (cd "$source" && cp -r CMakeLists.txt $folders "$work/source")
    cmake -S "$work/source" -B "$work/build" -DBUILD_TESTING=OFF >"$work/log"
    copied=yes
}

# build NAME VALUE
build() {
    [ ! -x "$work/$1-$2.program" ] || return 0
    echo "constants: building $1 = $2" >&2
    file=$(file_of "$1")
    copy_sources
    sed -E "s/(^|[^A-Za-z0-9_])$1 = [0-9][0-9.e+-]*/\\1$1 = $2/" "$source/$file" \
        >"$work/source/$file"
    make -C "$work/build" -j "$(nproc)" dlbricks >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
    cp "$source/$file" "$work/source/$file"
    cp "$work/build/dlbricks" "$work/$1-$2.program"
}

# Puts the machine's limits, which take a while, into the cache. measure_limits MODEL...
measure_limits() {
    [ ! -d "$work/cache" ] || return 0
    program=$(find "$work" -name '*.program' | head -1)
    "$program" bench --budget 1s --threads "$threads" --cache "$work/cache" "$@" \
        >/dev/null 2>&1 || [ $? -eq 4 ] # over budget
}

# validate NAME VALUE MODEL...: fresh, so that the cache gives nothing but the machine's limits.
validate() {
    name=$1-$2
    shift 2
    start=$(date +%s.%N)
    "$work/$name.program" validate --json --threads "$threads" --cache "$work/cache" "$@" \
        >"$work/report" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
    end=$(date +%s.%N)
    echo "seconds $start $end" >>"$work/$name.reports"
    cat "$work/report" >>"$work/$name.reports"
}

# print_row NAME VALUE
print_row() {
    awk -v name="$1" -v value="$2" '
        /^seconds / { seconds += $3 - $2; n_seconds++ }
        /^  "/ { models = /"models"/ }
        models && /"error":/ { sum += $2; sum_abs += $2 < 0 ? -$2 : $2; n++ }
        models && /"in_range": "yes"/ { within++ }
        END {
            printf "| %s | %s | %d | %.2f | %+.2f | %.0f | %.1f |\n", name, value, n,
                100 * sum_abs / n, 100 * sum / n, 100 * within / n, seconds / n_seconds
        }' "$work/$1-$2.reports"
}

# each COMMAND [MODEL...]: calls it with the name and each value of every constant.
each() {
    command=$1
    shift
    for constant in $constants; do
        for value in $(echo "${constant#*=}" | tr , ' '); do
            "$command" "${constant%%=*}" "$value" "$@"
        done
    done
}

constants=
copied=
while case ${1:-} in [A-Za-z]*=*) true ;; *) false ;; esac; do
    constants="$constants $1"
    shift
done
mkdir -p "$work"
work=$(cd "$work" && pwd)
each build
[ "$rounds" -eq 0 ] || measure_limits "$@"
for round in $(seq "$rounds"); do
    echo "constants: round $round of $rounds" >&2
    each validate "$@"
done
[ -n "$(find "$work" -name '*.reports')" ] || exit 0
echo '| constant | value | models | mean \|error\| % | bias | in range % | seconds |'
echo '|---|--:|--:|--:|--:|--:|--:|'
each print_row
