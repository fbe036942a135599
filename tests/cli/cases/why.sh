# Why bricks are new and records are not used; what CPU and libraries are called is their business.
why() {
    status=0
    dlbricks why "$@" --dim batch=1 --threads 1 --cache cache >out 2>err || status=$?
    echo "\$ why $*"
    sed -E 's/onednn-[^ ]*/ENVIRONMENT/; s/not (avx|sse|[0-9.]+|KVM|Microsoft)[^ ;]*/not OURS/
            s/now it is [0-9]+/now it is OURS/; s/ +$//; s/  +/  /g' err out
    [ "$status" = 0 ] || echo "[exit $status]"
}
bench() {
    dlbricks bench small.onnx --dim batch=1 --threads 1 --cache cache "$@" >out 2>&1 || cat out
}
why small.onnx
bench --label mine
why small.onnx
why bf2c small.onnx
why bf2c3b1884ee
why 0123456789
why 0123
dlbricks why bf2c small.onnx --dim batch=1 --threads 1 --cache cache --csv | grep -vE '^bf2c.*json$'

# New: the nearest of the bricks that are known, and how it differs.
dlbricks why small.onnx --dim batch=2 --threads 1 --cache cache --json >out
grep -E '"(reason|nearest|difference)"' out

# A record that is not used says what differs, one by one and field by field.
record=$(find cache -name 'bf2c3b1884ee*.json')
cp "$record" kept
spoil() {
    sed -E "$1" kept >"$record"
    why bf2c small.onnx | sed '/^Where/,$d'
}
spoil 's/"loop_version":[0-9]+/"loop_version":7/'
spoil 's/"text":"dlb1 /"text":"dlb1  /'
spoil '2,$d'
sed -E 's/"implementation":"[^"]*"/"implementation":"slow"/; s/"unix_time":[0-9]+/"unix_time":1/
        s/"run":"[^"]*"/"run":"20200101T000000-00000000"/' kept \
    >"${record%.*.json}.20200101T000000-00000000.json"
cp kept "$record"
why bf2c small.onnx | sed -E 's/, not [a-z0-9_]+:[^ ]*/, not OURS/'
rm "${record%.*.json}.20200101T000000-00000000.json"

# The same of a whole environment or machine.
environment=$(find cache -name environment.json)
machine=$(find cache -name machine.json)
cp "$environment" environment
cp "$machine" machine
sed -E 's/("engine_version": "[0-9]+\.[0-9]+\.)[0-9]+/\1999/' environment >"$environment"
why small.onnx | sed -E 's/[0-9.]+\.999/X.999/'
sed -E 's/("math_mode": )"[^"]*"/\1"loose"/; s/("denormals": )"[^"]*"/\1"kept"/' environment >"$environment"
why bf2c small.onnx
cp environment "$environment"
sed -E 's/("stepping": )[0-9]+/\199/; s/("numa_nodes": )[0-9]+/\177/' machine >"$machine"
why small.onnx

# Timed, but not at the footprint of the model.
rm -r cache
bench --footprint 4194304
why small.onnx
