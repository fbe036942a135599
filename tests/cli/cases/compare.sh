# Comparing machines and estimating, on a cache that is made up: machine b takes twice as long as a
# for everything but Tanh, which takes three times as long, and has never timed Exp.

# chain NAME OP...: a suite of one model that applies these operators one after the other.
chain() {
    name=$1
    shift
    bricks= steps= n=0
    for op; do
        bricks="$bricks${n##0},\"dlb1 $op i0:f32:1x1000 > f32:1x1000 | out s0\""
        steps="$steps,[$n,[\"${op}_layer\"],[[$((n - 1)),0]]]"
        n=$((n + 1))
    done
    bricks=$(printf '%s' "$bricks" | sed 's/^,//; s/[0-9]*,"dlb1/,"dlb1/g; s/^,//')
    printf '{"dlbricks_suite":1,"granularity":1,"bricks":[%s],
"models":[{"name":"%s","source":"%s.onnx","dims":{},"inputs":[["x","f32:1x1000"]],
"bricks":[%s],"outputs":[["y","f32:1x1000",%d,0]]}]}\n' \
        "$bricks" "$name" "$name" "${steps#,}" $((n - 1)) >"$name.json"
}

# place LABEL ISA: opens a place of the cache for the records that follow.
place() {
    folder=cache/$1/$2
    mkdir -p "$folder"
    printf '{"dlbricks_machine":1,"label":"%s","cpu":"CPU %s","vendor":"Test","isa":"%s",
"hypervisor":"","host":"h","kernel":"k","family":1,"model":1,"stepping":1,"packages":1,
"numa_nodes":1,"cores":1,"threads":1,"caches":[{"bytes":32768,"cores":1,"instances":1}],
"memory_bytes":1000000000}\n' "$1" "$1" "$2" >"cache/$1/machine.json"
    printf '{"dlbricks_environment":1,"engine":"onednn","engine_version":"2.6.3","cpu_runtime":"omp",
"isa":"%s","blas_version":"b","blas_core":"c","omp_runtime":"gomp","wait_policy":"active",
"threads":"1","binding":"core","math_mode":"strict","pages":"thp","denormals":"ftz+daz",
"instances":"1","policy":"2"}\n' "$2" >"$folder/environment.json"
}

# record OP NS: what the place has of a brick.
record() {
    text="dlb1 $1 i0:f32:1x1000 > f32:1x1000 | out s0"
    signature=$(printf '%s' "$text" | sha256sum | cut -c1-64)
    at=$folder/$(printf '%s' "$signature" | cut -c1-2)
    mkdir -p "$at"
    times=$(for i in -3 -2 -1 0 1 2 3; do printf '%d,' $(($2 + i)); done)
    printf '{"dlbricks_record":3,"text":"%s","signature":"%s","run":"20260101T000000-0000",
"host":"h","unix_time":1767225600,"implementation":"loop","fitness":"","loop_version":2,
"series":[{"footprint_bytes":262144,"times_ns":[%s],"handoffs_ns":[0,0,0,0,0,0,0],
"cycles_ps":[250,250,250,250,250,250,250],"marks":"aaaaaaa","visits":[0,0,0,0,0,0,0]}]}\n' \
        "$text" "$signature" "${times%,}" >"$at/$signature.20260101T000000-0000.json"
}

# Without what changes from day to day.
show() {
    echo "\$ dlbricks $*"
    status=0
    dlbricks "$@" --cache cache >out 2>&1 || status=$?
    sed 's/, [0-9]* [a-z]* old//; s/about [0-9]* s/about N s/' out
    [ "$status" = 0 ] || echo "[exit $status]"
}

chain net Relu Tanh Sigmoid Exp Sqrt Abs Neg
chain part Relu Sigmoid Sqrt
chain other Relu Exp Tanh
place a avx512_core
for pair in Relu=100000 Tanh=500000 Sigmoid=400000 Exp=300000 Sqrt=200000 Abs=110000 Neg=90000; do
    record "${pair%=*}" "${pair#*=}"
done
place b avx2
for pair in Relu=200000 Tanh=1500000 Sigmoid=800000 Sqrt=400000 Abs=220000 Neg=180000; do
    record "${pair%=*}" "${pair#*=}"
done

show predict net.json --machine a,b
show predict net.json --machine b
show predict net.json --machine b --measured-only
show predict net.json --machine b --json | grep -E '^\$|"basis"|"estimated|"description"'
show compare net.json part.json
show compare part.json --machine b,a --csv
show compare net.json --machine b,a --measured-only
show compare net.json --machine a
show compare net.json --isa sse41

# The gate of a CI.
show predict net.json --machine a --max-ms 2
show predict net.json --machine a --max-ms 1.5
show predict net.json --machine a --baseline part.json --fail-above 200%
show predict net.json --machine a --baseline part.json --fail-above 100%
show predict net.json --machine a --baseline net.json --fail-above 0
show predict part.json net.json --machine a --baseline part.json --fail-above 5
show predict other.json --machine b --baseline net.json --fail-above 5 --measured-only
show predict net.json --machine a --fail-above 5%
show predict net.json --machine a --fail-above 'much'
show predict net.json --machine a --baseline missing.onnx

# Another size of machine a: lends where it is asked to, and is marked.
place a-large avx512_core
sed -i 's/CPU a-large/CPU a/; s/"cores":1,"threads":1/"cores":8,"threads":8/' cache/a-large/machine.json
record Relu 95000
record Tanh 480000
show predict net.json --machine a-large
show predict net.json --machine a-large --lent
show predict net.json --machine a-large --lent --json | grep -E '^\$|^note|"basis"|"lent|"known|"description"'
show predict net.json --machine a-large --lent --csv | sed -n 4,5p
show compare net.json --machine a,a-large --lent
show predict net.json --machine a-large --lent --baseline part.json --fail-above 1% | sed -n '/^What/,$p'
