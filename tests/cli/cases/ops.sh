run dlbricks ops small.onnx unmodelled.onnx
run dlbricks ops zoo:alexnet small.onnx --csv
run sh -c 'dlbricks ops | head -4'
dlbricks decompose small.onnx -o small.json >/dev/null
run dlbricks ops small.json
run sh -c 'dlbricks ops | grep -E "^(LSTM|GRU|RNN) "'
