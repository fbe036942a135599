# A signal ends `bench` in good order, and what was measured is kept.
dlbricks bench zoo:googlenet --threads 1 --cache cache >out 2>err &
pid=$!
while kill -0 $pid 2>/dev/null && ! find cache -name '*.????????T*' 2>/dev/null | grep -q .; do
    sleep 0.1
done
kill -TERM $pid || cat err
wait $pid
echo "[exit $?]"
dlbricks predict zoo:googlenet --threads 1 --cache cache --json >out 2>err
grep 'passed over' err
find cache -name '*.????????T*' | grep -q . && echo kept
find cache -name '*.tmp*'
