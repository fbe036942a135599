run dlbricks decompose small.onnx
run dlbricks decompose small.onnx --dim batch=8 --json
run dlbricks decompose small.onnx zoo:alexnet zoo:vgg16 -o both.json
run dlbricks decompose --csv -G4 -- zoo:alexnet
run sh -c 'dlbricks decompose zoo:resnet18 -o - | dlbricks inspect -'
run sh -c 'dlbricks decompose zoo:resnet18 -o - 2>/dev/null | dlbricks decompose - -o - 2>/dev/null >again'
dlbricks decompose zoo:resnet18 -o first >/dev/null
run cmp first again
