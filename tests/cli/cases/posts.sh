# A product over copied windows applies what follows it by branches on the signs of its results:
# a step of its own does it instead, and the results are right.
brick='dlb1 Conv i0:f32:1x136x14x14:last w:f32:136x34x1x1 kernel_shape=1,1 strides=1,1 pads=0,0,0,0 dilations=1,1 group=4 +Relu > f32:1x136x14x14:last | out s0'
dlbricks check "brick:$brick" --isa sse41 --threads 1 >out 2>err && echo right
dlbricks bench "brick:$brick" --isa sse41 --threads 1 --cache cache --json 2>err |
    sed -n 's/.*"implementation": "\(.*\)".*/\1/p' >name
case $(cat name) in
*gemm*+*) echo apart ;;
*gemm* | '') echo "not apart: $(cat name err)" ;;
*) echo apart ;; # this version has generated code for it
esac
