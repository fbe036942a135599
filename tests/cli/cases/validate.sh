# Several settings are validated one by one and reported together; the cache is judged without timing bricks.
validate() {
    dlbricks validate small.onnx --threads 1 --json "$@" >out 2>err
    echo "validate $* [exit $?]"
    grep '"kind":' out | sort | uniq -c
    grep '"setting":' out | sed 's/, [a-z0-9_]*"/"/' | sort -u
    grep -o 'is left out: .* are not in the cache' err
    grep -o 'is left out: its batch is .*, and' err
    grep -o 'should be from another hour' err
    grep 'is not used' err
    grep '^dlbricks:' err
}
validate --cache cache --from-cache --batch 2
validate --cache cache --batch 1,2 -G 1,2 --svg plot.svg
grep -c '<circle' plot.svg
validate --cache cache --from-cache --batch 2
validate --cache cache --from-cache --batch 2 --hot
grep -c '"hot_error":' out
dlbricks decompose small.onnx --dim batch=1 -o one.json >/dev/null
validate --cache cache --from-cache one.json --batch 3
# Each instruction set has its own OpenBLAS kernels, and each model its row of the gap.
unset OPENBLAS_CORETYPE
validate --isa avx2,sse41 --gap --cache isas
sed -n '/"gap"/,$p' out | grep -E '"(model|isa)"'
grep -h '"isa"\|"blas_core"' isas/*/*/environment.json
true
