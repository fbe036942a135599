# Machines by name, out of a cache; this one's times stand for those of a machine with a cap.
predict() {
    status=0
    dlbricks predict small.onnx --dim batch=1 --cache cache --json "$@" >out 2>&1 || status=$?
    echo "\$ predict $*"
    grep -E '^(note|dlbricks): |"machine": ' out | sort -u
    [ "$status" = 0 ] || echo "[exit $status]"
}

dlbricks bench small.onnx --dim batch=1 --threads 1 --label mine --cache cache >out 2>&1 || cat out
environment=$(find cache -name environment.json)
sed -i 's/"isa": .*,/"isa": "avx512_core_vnni",/' "$environment" "${environment%/*/*}/machine.json"

predict --machine mine
predict --machine mine,other
predict --machine mine,other --max-ms 1000000
predict --machine other,another
predict --machine mine --threads 2
predict --machine mine --isa avx512_core_vnni
predict --machine mine --isa avx512_core
predict --machine mine --isa avx512

sed -i 's/"isa": .*,/"isa": "avx512_core",/' "$environment"
predict --machine mine --isa avx512

# What to do where bricks are missing, as a command for that machine.
find cache -name '????????????????*.json' ! -name environment.json -delete
mkdir 'my models'
cp small.onnx 'my models'
dlbricks predict 'my models/small.onnx' --dim batch=2 --machine mine --cache cache 2>&1 >out |
    sed 's/about .* s on/about N s on/'

# Each step of each model is in the JSON; people see the steps of a single one.
cp small.onnx twin.onnx
dlbricks bench small.onnx --dim batch=1 --threads 1 --cache here >out 2>&1 || cat out
for models in small.onnx 'small.onnx twin.onnx'; do
    dlbricks predict $models --dim batch=1 --threads 1 --cache here --json | grep -c '"layers":'
    dlbricks predict $models --dim batch=1 --threads 1 --cache here | grep -c '^Steps' || true
done
