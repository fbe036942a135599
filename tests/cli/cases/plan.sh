# The plan of a bench; what the machine is called is the machine's business.
plan() {
    echo "\$ dlbricks bench --dry-run $*"
    dlbricks bench --dry-run --threads 1 --cache cache "$@" >out 2>err
    echo "[exit $?]"
    grep -v "dimension 'batch'" err
}
states() {
    sed -nE 's/^  "(bricks|known|new|stale|noisy|old|n_tasks)": ([0-9]+),$/\1 \2/p' out | tr '\n' ' '
    echo
}

# Nothing is known of the machine yet; nothing is measured and nothing is written.
plan small.onnx --json
grep -vE '"(machine|environment)"' out
ls cache

# To people and as CSV.
plan small.onnx
sed 1,3d out
plan small.onnx --csv
cut -d, -f1-4 out

# The parts are disjoint and make up the whole.
for k in 1 2 3; do
    plan small.onnx --shard $k/3 --json
    sed -n 's/^      "signature": "\(.*\)",/\1/p' out | tee -a shards
done
plan small.onnx --json
sed -n 's/^      "signature": "\(.*\)",/\1/p' out | sort >whole
sort shards | diff - whole && echo whole

# A command of the list makes known what it says, and nothing else.
eval "$(sed -n 's/^      "command": "\(.*\)"$/\1/p' out | head -n 1)" >/dev/null 2>&1
echo "[exit $?]"
plan small.onnx --json --only-missing
states

# A budget that is over at once still keeps to its word.
dlbricks bench small.onnx --threads 1 --cache cache --budget 0.001s >out 2>err
echo "[exit $?]"
grep -oE '[0-9]+ still to do' err
dlbricks bench small.onnx --threads 1 --cache cache >out 2>err
echo "[exit $?]"
plan small.onnx --json --only-missing
states
plan small.onnx --json --older-than 1d
states
sleep 1
plan small.onnx --json --older-than 1s
states

# A record of one sample is too noisy, and is chosen as such.
record=$(find cache -name '????????????????*.????????T*.json' | sort | head -n 1)
signature=${record##*/}
signature=${signature%%.*}
sed -i -E 's/":\[([0-9.]+),[0-9.,]*\]/":[\1]/; s/"marks":"(.)[a-h]*"/"marks":"\1"/' "$record"
for choice in --noisy --only-missing '--noisy --only-missing'; do
    plan small.onnx --json $choice
    grep -A 1 '"state": "noisy"' out | grep -o "$signature" | sed 's/.*/the noisy one/'
done
dlbricks bench small.onnx --noisy --threads 1 --cache cache >out 2>err
echo "[exit $?]"

# Only the bricks of one model; a name that is none.
plan small.onnx zoo:squeezenet1_1 --only small --json
states
plan small.onnx --only large

# Records of another patch level are stale: no substitute unless asked for, and then marked.
environment=$(find cache -name environment.json)
patch=$(sed -nE 's/.*"engine_version": "[0-9]+\.[0-9]+\.([0-9]+)".*/\1/p' "$environment")
sed -i -E 's/("engine_version": "[0-9]+\.[0-9]+\.)[0-9]+/\1999/' "$environment"
plan small.onnx --json
states
stale() {
    echo "\$ dlbricks predict $*"
    dlbricks predict --threads 1 --cache cache "$@" >out 2>err
    echo "[exit $?]"
    grep -oE '[0-9]+ brick\(s\) rest on stale records|--stale uses them' err
}
stale small.onnx
stale small.onnx --stale --json
grep -E '"(stale_bricks|known_bricks)"' out
grep -cE '"stale": "[0-9]+\.[0-9]+\.999, ' out

# Another size of this machine lends to predictions that ask for it; to bench its bricks are new.
sed -i -E 's/("engine_version": "[0-9]+\.[0-9]+\.)999/\1'"$patch"'/' "$environment"
machine=$(find cache -name machine.json)
sed -i -E 's/("numa_nodes": )[0-9]+/\177/; s/("label": )"[^"]*"/\1"larger"/' "$machine"
plan small.onnx --json
states
lent() {
    echo "\$ dlbricks predict $*"
    dlbricks predict --threads 1 --cache cache "$@" >out 2>err
    echo "[exit $?]"
    grep -oE 'larger, another size of this machine[^;]*; (--lent|they)|[0-9] bricks were never timed|and are lent|a guess' err
}
lent small.onnx
lent small.onnx --lent --json
grep -E '"(lent_bricks|known_bricks|lent_from)"' out
