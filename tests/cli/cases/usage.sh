run dlbricks
run dlbricks nonsense
run dlbricks zoo
run dlbricks zoo nonsense
run dlbricks zoo --help
run dlbricks inspect
run dlbricks inspect --nonsense small.onnx
run dlbricks inspect small.onnx -G 0
run dlbricks inspect small.onnx -G
run dlbricks inspect small.onnx -G 1 -G2
run dlbricks inspect small.onnx -G 1,2
run dlbricks inspect small.onnx --dim batch
run dlbricks inspect small.onnx --dim batch=-1
run dlbricks inspect small.onnx --json --csv
run dlbricks inspect small.onnx --json=yes
run dlbricks validate small.onnx --max-error little
run dlbricks validate - --threads 1 -G 1,2
run dlbricks zoo list more
run dlbricks inspect -- --json
run dlbricks bench small.onnx --label 0123456789012345678901234567890123456789012345678901234567890123
