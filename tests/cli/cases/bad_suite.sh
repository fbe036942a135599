dlbricks decompose small.onnx -o good.json >/dev/null 2>&1
head -c 200 good.json >cut.json
sed 's/"granularity": *1/"granularity": 0/' good.json >granularity.json
sed 's/Conv/Conw/' good.json >operator.json
sed 's/"dlbricks_suite": *1/"dlbricks_suite": 99/' good.json >version.json
echo '{}' >empty.json
for suite in cut granularity operator version empty; do
    run dlbricks inspect $suite.json
done
dlbricks decompose small.onnx -G 2 -o coarse.json >/dev/null 2>&1
run dlbricks inspect good.json coarse.json
