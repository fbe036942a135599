run dlbricks zoo list squeezenet capsnet
run sh -c 'dlbricks zoo list vgg16 --json'
run dlbricks zoo list vgg17
run dlbricks zoo write squeezenet1_1 -o models --dim batch=4
run dlbricks decompose models/squeezenet1_1.onnx -o from_file
run dlbricks decompose zoo:squeezenet1_1 --dim batch=4 -o built
# The same bricks whichever way; only the source's name differs.
run sh -c 'sed "s/\"source\": *\"[^\"]*\"//" from_file >a; sed "s/\"source\": *\"[^\"]*\"//" built >b; cmp a b'
