#!/bin/sh
# Runs one golden test of the command line: cases/NAME.sh, in a folder of its own that holds
# copies of data/*, and compares what it prints with cases/NAME.expected.
# usage: run.sh DLBRICKS NAME [--update]
#
# A case is a list of lines for sh. `run COMMAND...` shows the command, its output (both streams)
# and its exit status, and goes on.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=$(cd "$(dirname "$1")" && pwd)
name=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/cwd"
cp "$here"/data/* "$work/cwd"

PATH=$program:$PATH
HOME=$work/home
export PATH HOME
unset DLBRICKS_CACHE XDG_DATA_HOME
LC_ALL=C
export LC_ALL

run() {
    echo "\$ $*"
    status=0
    "$@" 2>&1 || status=$?
    [ "$status" = 0 ] || echo "[exit $status]"
}

(cd "$work/cwd" && set +e && . "$here/cases/$name.sh") >"$work/got" 2>&1
if [ "${3:-}" = --update ]; then
    cp "$work/got" "$here/cases/$name.expected"
elif ! diff -u "$here/cases/$name.expected" "$work/got"; then
    echo "differs from cases/$name.expected; if it should: $0 $1 $name --update"
    exit 1
fi
