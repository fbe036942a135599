run dlbricks inspect small.onnx
run dlbricks inspect --dim batch=2 small.onnx --bricks
run dlbricks inspect small.onnx --json --bricks
run dlbricks inspect zoo:mobilenet_v2
run sh -c 'dlbricks inspect zoo:squeezenet1_1 --dim batch=2 --dim width=3 2>&1 >out'
