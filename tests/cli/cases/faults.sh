# `bench` on a disk that is full or read-only, and on machines whose clocks are apart.
shim=$(dirname "$(command -v dlbricks)")/tests/libfault_shim.so
[ -f "$shim" ] || echo "$shim is missing"
here=$(pwd)

# faulty FAULT SECONDS COMMAND...: under a fault, with a clock that is wrong by seconds.
faulty() {
    fault=$1
    seconds=$2
    shift 2
    status=0
    env LD_PRELOAD="$shim" ASAN_OPTIONS=verify_asan_link_order=0 FAULT_UNDER="$here/cache" \
        FAULT="$fault" FAULT_CLOCK="$seconds" "$@" --threads 1 --dim batch=1 \
        --cache "$here/cache" >out 2>err || status=$?
    echo "\$ $fault $seconds $*"
    grep -oE '^dlbricks: .*|[0-9]+ to time|[0-9]+ of [0-9]+ bricks were never timed' err |
        sed -E "s!$here/!!; s![^ ]*/([a-z]+\.json:)!\1!; s![^ ]*/[0-9a-f]{64}[^ ]*:!RECORD:!; s![^ ]*/[0-9a-f]{2}:!FOLDER:!"
    [ "$status" = 0 ] || echo "[exit $status]"
}
verify() {
    dlbricks cache verify --cache cache --csv
    echo "[exit $?]"
}

# Full from the fourth file on: after machine, environment and limits.
faulty write:4+:ENOSPC 0 dlbricks bench small.onnx
verify
faulty rename:3:EIO 0 dlbricks bench small.onnx
verify
faulty '' 0 dlbricks bench small.onnx | sed 's/[0-9]* to time/some to time/'
verify

# A cache that cannot be written can be read.
read_only=create:1+:EROFS,mkdir:1+:EROFS,rename:1+:EROFS
faulty $read_only 0 dlbricks predict small.onnx
faulty $read_only 0 dlbricks bench zoo:squeezenet1_1
verify

# Ten years ahead and behind: all is known, whatever the date.
for seconds in 315360000 -315360000; do
    faulty '' $seconds dlbricks predict small.onnx
    faulty '' $seconds dlbricks bench small.onnx
    rm -r cache/*/*/[0-9a-f][0-9a-f]
    faulty '' $seconds dlbricks bench small.onnx
    faulty '' 0 dlbricks bench small.onnx
    faulty '' 0 dlbricks predict small.onnx
    grep -o 'dated in the future' out
done
verify
