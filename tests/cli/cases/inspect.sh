run dlbricks inspect small.onnx
run dlbricks inspect --dim batch=2 small.onnx --bricks
run dlbricks inspect small.onnx --json --bricks
run dlbricks inspect zoo:mobilenet_v2
