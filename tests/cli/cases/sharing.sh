# What models share, how two differ, and a suite that tells neither names nor connections.
run dlbricks inspect zoo:alexnet zoo:vgg11 zoo:squeezenet1_1 --csv
run dlbricks inspect zoo:squeezenet1_0 --diff zoo:squeezenet1_1
run sh -c 'dlbricks inspect --diff zoo:resnet50 zoo:resnet101 --json | head -11'
run dlbricks inspect --diff small.onnx

# The owner's key puts predictions together again, from records of bricks that others timed, among
# decoys.
cp small.onnx twin.onnx
run dlbricks decompose small.onnx twin.onnx --dim batch=1 -o named.json
run dlbricks decompose named.json --anonymous --key secret -o shared.json
run grep -cE 'small|twin|"x"|"y"' shared.json
run dlbricks decompose shared.json zoo:gru_kws -o with_decoys.json
run sh -c 'dlbricks bench with_decoys.json --threads 1 --cache cache >out 2>&1 || cat out'
predict() {
    dlbricks predict "$@" --threads 1 --cache cache --json 2>&1 >out | grep -v 'machine was'
    sed 's/"source": "[^"]*"//' out
}
predict named.json >with_names
predict with_decoys.json --key secret >with_key
run cmp with_names with_key
run sh -c 'grep -c p50_ns with_key'
run dlbricks predict shared.json --key nothing.onnx --cache cache
