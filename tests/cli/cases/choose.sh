# Which implementation is fastest is the CPU's business: only what does not depend on it is shown.
bench() {
    status=0
    dlbricks bench "$@" --threads 1 --cache cache >out 2>err || status=$?
    echo "\$ bench $* [exit $status]"
    grep '^dlbricks:' err
}
bench small.onnx --choose --dry-run
bench small.onnx --choose -G 2
bench small.onnx --choose --json
compared=$(grep -c '"compared"' out)
[ "$compared" -gt 0 ] && echo "some were compared"
grep -o 'implementations of 0 bricks' err

# What was compared is not compared again.
bench small.onnx --choose --csv
grep -oE 'implementations of 0 bricks compared, none changed|[0-9]+ to time' err
head -1 out

# The record says what was tried, and what it was that is kept.
tried=$(find cache -name '*.json' -exec grep -l '"tried"' {} + | head -1)
brick=$(basename "$tried" | cut -c1-12)
dlbricks cache show "$brick" --cache cache --json >shown
grep -c '"kept": 1' shown
[ "$(grep -c '"kept": 0' shown)" -gt 0 ] && echo "and others"
dlbricks cache verify --cache cache >/dev/null && echo "all whole"

# Samples of unlike implementations are never pooled: all that is predicted from ran alike, and is
# what whole models run.
dlbricks predict small.onnx --threads 1 --cache cache --json >predicted
dlbricks profile small.onnx --threads 1 --cache cache --json >profiled 2>err
grep -o '"implementation": .*' predicted | sort >a
grep -o '"implementation": .*' profiled | sort >b
diff a b && echo "the same implementations"
dlbricks check small.onnx --threads 1 --cache cache --csv 2>&1 | grep checked
