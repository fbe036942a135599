# Root writes anywhere, so what cannot be written is below a file.
run dlbricks decompose small.onnx -o small.onnx/suite.json
run dlbricks zoo write alexnet -o small.onnx/models
run dlbricks zoo write nonsense
run sh -c 'dlbricks ops >/dev/full'
