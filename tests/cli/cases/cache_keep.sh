# What the bench-cache holds, whether it is whole, and taking in others. What a CPU says is the CPU's
# business: only counts and findings are shown.
counts() {
    echo "\$ $*"
    status=0
    "$@" --json >out 2>err || status=$?
    grep -oE '"(machines|places|bricks|records|runs|damaged|leftover|set_aside|count)": ("[a-z]+"|[0-9]+|null)' out |
        tr '\n' ' '
    echo
    sed -n 's/.*"reason": ".*: \(.*\)",\{0,1\}$/\1/p' out
    cat err
    [ "$status" = 0 ] || echo "[exit $status]"
}
dlbricks bench small.onnx --dim batch=1 --threads 1 --cache cache >out 2>&1 || cat out
record=$(find cache -name '*.????????T*' | sort | head -1)
name=${record##*/}
signature=${name%%.*}

counts dlbricks cache stats --cache cache
counts dlbricks cache verify --cache cache
dlbricks cache list --cache cache --json | grep -c '"signature":'
dlbricks cache list --machine other --cache cache --json
dlbricks cache show "${signature%????????????????}" --cache cache --json | grep -c "\"text\": \"dlb1 "
dlbricks cache show "$signature" --cache cache | grep -cE "^${signature%????????????????????????????????????????????????????} "
run dlbricks cache show zz --cache cache

# Out and in again: the same files. From a pipe, too.
dlbricks cache export --cache cache -o lines
run dlbricks cache import lines --cache copy
diff -r cache copy && echo same
dlbricks cache export --cache cache | dlbricks cache import - --cache copy --csv
run dlbricks cache export --cache cache --machine other
run dlbricks cache export --cache nowhere

# Lines that are none.
{ echo garbage; cat lines; echo '{"dlbricks_export":1}'; } >more
run dlbricks cache import more --cache another
diff -r cache another && echo same

# Damage is named, and set aside on request; a merge brings back what was there.
head -c 100 "$record" >cut
mv cut "$record"
counts dlbricks cache verify --cache cache
counts dlbricks cache merge cache --cache another
counts dlbricks cache verify --repair --cache cache
counts dlbricks cache verify --cache cache
counts dlbricks cache merge copy another --cache cache
rm -r cache/.quarantine
diff -r cache copy && echo same
run dlbricks cache merge copy --cache copy
run dlbricks cache merge nowhere --cache copy
run dlbricks cache stats --cache nowhere
run dlbricks cache verify --cache nowhere
run dlbricks cache
run dlbricks cache verify more
