#!/bin/sh
# Checks the direction of dependence: which folder may include which, and what only one of them
# may touch. usage: tests/arrows.sh [ROOT]. Without ROOT it checks the project, and then that
# every rule can fail: each is broken once in a copy.
set -eu

# folder: what it may include of the project
arrows='
base: base
bricks: base bricks
reference: base bricks reference
decompose: base bricks reference decompose
runner: base bricks reference runner
predict: base bricks predict
datasets: base bricks datasets
cli: base bricks decompose runner predict datasets cli
'

# word: extended regular expression; the folders (or files) where it may stand
clocks='(^|[^_[:alnum:]])(clock_gettime|gettimeofday|time|clock|omp_get_wtime|timespec_get|_*rdtscp?)\('
prints='(^|[^_[:alnum:]])((v?f?printf|f?puts|f?putc|putchar|perror|_?exit)\(|std(out|err)([^_[:alnum:]]|$))'
words="
#include [<\"]((oneapi/)?dnnl|cblas)|runner
#include [<\"]omp\\.h|runner
#include [<\"](protobuf-c|onnx\\.pb-c)|decompose
#include [<\"]hwloc|bricks runner
#include [<\"]jansson|base bricks predict cli
$clocks|runner
$prints|cli base/error.h base/memory.c base/file.c
"

# Lines of a folder as file:line, without // comments and the contents of strings.
code() {
    find "$1" -name '*.[ch]' -exec grep -Hn '' {} + |
        sed -E 's@//.*$@@; /#include/!s@"([^"\\]|\\.)*"@""@g'
}

check_includes() {
    echo "$arrows" | while IFS=: read -r folder allowed; do
        [ -d "${folder:-/nowhere}" ] || continue
        pattern=$(echo $allowed | tr ' ' '|')
        code "$folder" | grep -E '#include "[a-z]+/' | grep -vE "#include \"($pattern)/" || true
    done
}

check_words() {
    echo "$words" | while read -r row; do
        [ -n "$row" ] || continue
        allowed=${row##*|}
        for folder in base bricks reference decompose runner predict datasets cli; do
            case " $allowed " in *" $folder "*) continue ;; esac
            [ -d "$folder" ] || continue
            found=$(code "$folder" | grep -E -- "${row%|*}" || true)
            for file in $allowed; do
                found=$(printf '%s' "$found" | grep -v "^$file:" || true)
            done
            [ -z "$found" ] || printf '%s\n' "$found"
        done
    done
}

violations() {
    (cd "$1" && check_includes && check_words)
}

# Plants one line in a copy and expects to hear of exactly that file.
plant() {
    rm -rf "$copy/planted" && mkdir -p "$copy/planted/$1"
    printf '%s\n' "$2" >"$copy/planted/$1/planted.c"
    violations "$copy/planted" | grep -q "^$1/planted.c:1:" && return
    echo "arrows.sh misses this line in $1/: $2"
    missed=1
}

# The same for lines that are allowed.
accept() {
    rm -rf "$copy/planted" && mkdir -p "$copy/planted/$1"
    printf '%s\n' "$2" >"$copy/planted/$1/planted.c"
    [ -n "$(violations "$copy/planted")" ] || return 0
    echo "arrows.sh refuses this line in $1/: $2"
    missed=1
}

self_check() {
    copy=$(mktemp -d)
    trap 'rm -rf "$copy"' EXIT
    missed=0
    plant base '#include "bricks/graph.h"'
    plant bricks '#include "runner/engine.h"'
    plant reference '#include "runner/engine.h"'
    plant predict '#include "decompose/decompose.h"'
    plant datasets '#include "cli/table.h"'
    plant cli '#include <dnnl.h>'
    plant predict '#include <oneapi/dnnl/dnnl.h>'
    plant bricks '#include <cblas.h>'
    plant datasets '#include <omp.h>'
    plant runner '#include "onnx.pb-c.h"'
    plant cli '#include <protobuf-c/protobuf-c.h>'
    plant predict '#include <hwloc.h>'
    plant runner '#include <jansson.h>'
    plant cli 'int64_t t = time(NULL);'
    plant predict 'clock_gettime(CLOCK_MONOTONIC, &t);'
    plant bricks 'uint64_t t = __rdtsc();'
    plant runner 'printf("%d\n", n);'
    plant decompose '    fprintf(stderr, "no");'
    plant bricks '    exit(1);'
    accept runner '    uint64_t t = clock_gettime(CLOCK_MONOTONIC, &t); // printf("x")'
    accept predict '    n = snprintf(text, sizeof text, "printf(%d)", model_time(m));'
    accept cli '#include "decompose/decompose.h"'
    return $missed
}

root=${1:-$(dirname "$0")/..}
found=$(violations "$root")
if [ -n "$found" ]; then
    echo "against the direction of dependence:"
    printf '%s\n' "$found"
    exit 1
fi
[ $# -gt 0 ] || self_check
