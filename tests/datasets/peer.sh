#!/bin/sh
# Does ONNX Runtime run the networks of the zoo as `zoo write` writes them? Skipped (status 77) where
# node or its module onnxruntime-node is missing: set NODE_PATH to the folder that holds it, made
# anywhere outside the repository with `npm install --ignore-scripts onnxruntime-node@1.24.3`.
# usage: peer.sh DLBRICKS [NETWORK, FAMILY, TASK or LIST]...
#
# Without names it takes the small ones, so that it ends within seconds; "all" takes many minutes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dlbricks=$1
shift
[ $# -gt 0 ] || set -- mnasnet shufflenet_v2 squeezenet capsnet alphazero_chess
node -e 'require("onnxruntime-node")' 2>/dev/null || {
    echo "skipped: no node, or no onnxruntime-node in NODE_PATH"
    exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$dlbricks" zoo write -o "$work" "$@" >/dev/null
# The longest files: weights take no room in them.
find "$work" -name '*.onnx' -size +360k | sed 's/$/: more than 360 kB/' >"$work/long"
cat "$work/long"
[ ! -s "$work/long" ]
node "$here/peer.js" "$work"/*.onnx
