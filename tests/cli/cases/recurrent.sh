# Below AVX-512 oneDNN's packed weights of recurrent networks begin with where their parts are: what
# stands for them while a brick is timed must have that too.
brick='dlb1 LSTM i0:f32:1x1x257 w:f32:1x512x257 w:f32:1x512x128 w:f32:1x1024 - i1:f32:1x1x128 i2:f32:1x1x128 direction=0 activations=1,0,0 layout=0 input_forget=0 > f32:1x1x1x128 f32:1x1x128 f32:1x1x128 | out s0 s0.1 s0.2'
dlbricks bench "brick:$brick" --isa sse41 --threads 1 --cache cache >/dev/null 2>err
echo "[exit $?]"
grep -oE '[0-9]+ bricks timed' err
