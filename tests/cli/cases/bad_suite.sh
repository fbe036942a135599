dlbricks decompose small.onnx -o good.json >/dev/null 2>&1
head -c 200 good.json >cut.json
sed 's/"granularity": *1/"granularity": 0/' good.json >granularity.json
sed 's/Conv/Conw/' good.json >operator.json
sed 's/"dlbricks_suite": *1/"dlbricks_suite": 99/' good.json >version.json
sed 's/ w:f32:[0-9x]* k/ - k/' good.json >source.json
sed 's/group=1/group=0/' good.json >group.json
echo '{}' >empty.json
for suite in cut granularity operator version empty source group; do
    run dlbricks inspect $suite.json
done
dlbricks decompose small.onnx -G 2 -o coarse.json >/dev/null 2>&1
run dlbricks inspect good.json coarse.json
