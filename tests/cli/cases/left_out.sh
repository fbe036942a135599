# A brick that the engine cannot run costs only itself and its model; the exit status tells of it.
cat >mixed.json <<'END'
{"dlbricks_suite":1,"granularity":1,
"bricks":["dlb1 Concat i0:f32:1x2x4x4:last i1:f32:1x2x4x4 axis=1 > f32:1x4x4x4:last | out s0"],
"models":[{"name":"mixed","source":"mixed.onnx","dims":{},
"inputs":[["x","f32:1x2x4x4:last"],["y","f32:1x2x4x4"]],
"bricks":[[0,["concat"],[[-1,0],[-1,1]]]],
"outputs":[["z","f32:1x4x4x4:last",0,0]]}]}
END
# A model that does not fit into the machine's memory costs only itself; another may have it.
cat >huge.json <<'END'
{"dlbricks_suite":1,"granularity":1,
"bricks":["dlb1 Relu i0:f32:1000000x1000000 > f32:1000000x1000000 | out s0"],
"models":[{"name":"huge","source":"huge.onnx","dims":{},
"inputs":[["x","f32:1000000x1000000"]],
"bricks":[[0,["relu"],[[-1,0]]]],
"outputs":[["z","f32:1000000x1000000",0,0]]}]}
END
for command in bench validate; do
    dlbricks $command huge.json small.onnx --dim batch=1 --threads 1 --cache huge --json >out 2>err
    echo "$command [exit $?]"
    grep '^dlbricks:' err | sed 's/has [0-9.]* GB$/has N GB/'
    grep '"model":' out
done
for command in bench validate; do
    dlbricks $command mixed.json small.onnx --dim batch=1 --threads 1 --cache cache --json >out 2>err
    echo "$command [exit $?]"
    grep '^dlbricks:' err
    grep -c '"description":' out
    grep '"model":' out
done
true
