# What a profile says, without its times; the trace holds every step of every run.
profile() {
    dlbricks profile --threads 1 --cache cache "$@" >out 2>err
    echo "profile $* [exit $?]"
    grep '^dlbricks:' err
}
profile small.onnx --json --batch 2 --trace trace.json
grep -oE '"(operator|layers|pages|roof|unit)": .*' out | sed 's/"pages": "[a-z0-9]*"/"pages": .../' | grep -v roof
grep -oE '"[a-z0-9_]*": ' out | sort | uniq -c | sort -rn
runs=$(grep -o '"cat":"run"' trace.json | wc -l)
steps=$(grep -o '"cat":"step"' trace.json | wc -l)
echo "$((steps / runs)) steps in each run"
grep -oE '"args":\{"step":0,[^}]*"brick":"[0-9a-f]{6}' trace.json | sort -u
grep -oE '^\[\{"name":"[^"]*","ph":"M"' trace.json
profile small.onnx --batch 2 --trace /dev/null/none
