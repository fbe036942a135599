# What a CPU says is the CPU's business: only exit statuses and the gist of messages are shown.
on_cache() {
    status=0
    "$@" --threads 1 --cache cache >out 2>err || status=$?
    echo "\$ $*"
    echo "[exit $status]"
    [ "$status" != 1 ] || cat err
    grep -oE '[0-9]+ of 3 bricks were never timed|not valid JSON|of another brick' err | sort -u
}
records() {
    find cache -name '????????????????*.json' ! -name environment.json | sort
}

on_cache dlbricks predict small.onnx
on_cache dlbricks bench small.onnx
on_cache dlbricks predict small.onnx

# Nothing is left to time: the table is empty, but it is one.
on_cache dlbricks bench small.onnx --json
cat out
on_cache dlbricks bench small.onnx --csv
cat out

# A record that is cut short is a miss, whichever brick's it is, and so is one in the place of
# another's; both heal.
[ "$(records | wc -l)" = 3 ] || return
for number in 1 2 3; do
    record=$(records | sed -n ${number}p)
    cp "$record" kept
    head -c 100 kept >"$record"
    on_cache dlbricks predict small.onnx
    cp kept "$record"
done
first=$(records | sed -n 1p)
second=$(records | sed -n 2p)
head -c 100 "$first" >cut
mv cut "$first"
on_cache dlbricks bench small.onnx
rm "${first%/*}"/*
cp "$second" "$first"
on_cache dlbricks predict small.onnx
on_cache dlbricks bench small.onnx
on_cache dlbricks predict small.onnx

# An unwritable cache (below a file, since root may write anywhere else).
dlbricks bench small.onnx --dim batch=1 --threads 1 --cache small.onnx/cache 2>&1
echo "[exit $?]"
