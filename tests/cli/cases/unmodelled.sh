run dlbricks decompose unmodelled.onnx
run dlbricks decompose unmodelled.onnx --dim rows=3 --dim rows=5 -o two.json
run dlbricks inspect two.json
run dlbricks decompose zoo:alexnet small.onnx --dim batch=1 --dim batch=8
