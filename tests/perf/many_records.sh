#!/bin/sh
# What does a bench-cache of N records cost? Fills one with made-up records (many_records.c) and times
# the commands that read it: best of five, in milliseconds. As root each is also timed once with
# nothing of the cache in memory: it is then on a file system of its own, which is unmounted before.
# usage: tests/perf/many_records.sh BUILD N_RECORDS N_PLACES MODEL|SUITE
#
# BUILD is a build folder with tests, such as build/release after ./setup.sh test.
set -eu
export LC_ALL=C
build=$1
records=$2
places=$3
model=$4
work=$(mktemp -d)
mounted=
finish() {
    [ -z "$mounted" ] || umount "$work/disk"
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM
dlbricks=$build/dlbricks

mkdir "$work/disk"
truncate -s 4G "$work/image"
if [ "$(id -u)" = 0 ] && mkfs.ext4 -q -N 400000 "$work/image" 2>/dev/null &&
    mount -o loop "$work/image" "$work/disk" 2>/dev/null; then
    mounted=yes
fi
cache=$work/disk/cache
"$dlbricks" decompose "$model" -o "$work/suite.json" >/dev/null
"$dlbricks" decompose --dim batch=3 zoo:squeezenet1_1 -o "$work/others.json" >/dev/null
"$build/tests/perf_many_records" "$cache" "$work/suite.json" "$records" "$places"

milliseconds() {
    start=$(date +%s%N)
    "$@" >"$work/out" 2>"$work/err" || cat "$work/err" >&2
    end=$(date +%s%N)
    echo $(((end - start) / 1000000))
}

cold() {
    [ -n "$mounted" ] || { echo -; return; }
    umount "$work/disk"
    mount -o loop "$work/image" "$work/disk"
    milliseconds "$@"
}

# time_of NAME COMMAND...
time_of() {
    name=$1
    shift
    first=$(cold "$@")
    best=$(for i in 1 2 3 4 5; do milliseconds "$@"; done | sort -n | head -1)
    printf '%-24s %8s %8s\n' "$name" "$best" "$first"
}

printf '%-24s %8s %8s\n' "$records records, ms" warm cold
time_of 'cache stats' "$dlbricks" cache stats --cache "$cache"
time_of 'predict --machine' "$dlbricks" predict "$work/suite.json" --cache "$cache" \
    --machine made-up-0 --threads 1
time_of 'why' "$dlbricks" why "$work/suite.json" --cache "$cache"
time_of 'why, other bricks' "$dlbricks" why "$work/others.json" --cache "$cache"
time_of 'cache verify' "$dlbricks" cache verify --cache "$cache"
