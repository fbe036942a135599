for model in missing truncated text nothing empty cycle unsupported symbolic dangling; do
    run dlbricks inspect $model.onnx
done
run dlbricks inspect .
run dlbricks inspect zoo:nonsense
# One bad model leaves the others unharmed.
run dlbricks decompose truncated.onnx small.onnx -o kept.suite.json
run dlbricks inspect kept.suite.json --csv
