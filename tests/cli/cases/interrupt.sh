# A signal ends `bench` in good order, and what was measured is kept. How long it takes from the
# start to the first sample depends on the machine: later and later signals until there is one.
for delay in 0.5 1 2 4 8 16; do
    dlbricks bench zoo:googlenet zoo:vgg16 zoo:yolov3 --threads 1 --cache cache >out 2>err &
    pid=$!
    sleep $delay
    kill -TERM $pid 2>/dev/null
    wait $pid 2>/dev/null
    status=$?
    find cache -name '*.????????T*' 2>/dev/null | grep -q . && break
done
echo "[exit $status]"
dlbricks predict zoo:googlenet --threads 1 --cache cache --json >out 2>err
grep 'passed over' err
find cache -name '*.????????T*' | grep -q . && echo kept
find cache -name '*.tmp*'
