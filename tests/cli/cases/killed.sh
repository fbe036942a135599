# `bench` is killed at any moment, thirty times. What it still has to time never grows, and the cache
# is whole whenever it dies.
wanted=1000
for i in $(seq 30); do
    dlbricks bench zoo:squeezenet1_1 --threads 1 --cache cache >/dev/null 2>err &
    pid=$!
    sleep "$(awk -v i="$i" 'BEGIN { srand(i); print 0.2 + 1.3 * rand() }')"
    kill -KILL $pid 2>/dev/null
    wait $pid 2>/dev/null
    now=$(sed -n 's/.* \([0-9]*\) to time.*/\1/p' err)
    [ "${now:-$wanted}" -le "$wanted" ] || echo "round $i: $now bricks to time after $wanted"
    wanted=${now:-$wanted}
    [ ! -d cache ] || dlbricks cache verify --cache cache >out || cat out
done
dlbricks bench zoo:squeezenet1_1 --threads 1 --cache cache >/dev/null 2>&1
echo "[exit $?]"
dlbricks bench zoo:squeezenet1_1 --threads 1 --cache cache 2>&1 | grep -oE '[0-9]+ to time'
dlbricks cache verify --cache cache >/dev/null
echo "[exit $?]"
