# The implementation is the CPU's business.
run sh -c 'dlbricks check small.onnx --csv --threads 1 2>/dev/null | cut -d, -f1-3'
