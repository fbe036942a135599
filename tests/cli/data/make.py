"""Writes the models of this folder: python3 make.py (needs the package onnx, which the tests do not)."""
import onnx
from onnx import TensorProto, helper


def tensor(name, *dims):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)


def save(name, nodes, inputs, outputs, weights=()):
    weights = [helper.make_tensor(n, TensorProto.FLOAT, dims, [0.5] * count) for n, dims, count in weights]
    graph = helper.make_graph(nodes, name, inputs, outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
    onnx.save(model, name + ".onnx")


def conv(src, dst, name):
    return helper.make_node("Conv", [src, "w"], [dst], name, kernel_shape=[1, 1])


weight = [("w", [2, 2, 1, 1], 4)]
relu = helper.make_node("Relu", ["c"], ["y"], "relu")
save("small", [conv("x", "c", "conv"), relu], [tensor("x", "batch", 2, 4, 4)], [tensor("y", "batch", 2, 4, 4)], weight)
save("symbolic", [conv("x", "c", "conv"), relu], [tensor("x", 1, 2, "height", 4)], [tensor("y", 1, 2, "height", 4)], weight)
save("empty", [], [tensor("x", 1, 2)], [])
save("cycle", [helper.make_node("Add", ["x", "b"], ["a"], "first"), helper.make_node("Relu", ["a"], ["b"], "second")],
     [tensor("x", 1, 2)], [tensor("b", 1, 2)])
save("unsupported", [conv("x", "c", "conv"), helper.make_node("Det", ["c"], ["y"], "determinant")],
     [tensor("x", 1, 2, 4, 4)], [tensor("y", 1, 2)], weight)
save("dangling", [helper.make_node("Relu", ["nowhere"], ["y"], "relu")], [tensor("x", 1, 2)], [tensor("y", 1, 2)])
save("unmodelled",
     [helper.make_node("Relu", ["x"], ["a"], "relu"), helper.make_node("NonZero", ["a"], ["b"], "where_not_zero"),
      helper.make_node("Transpose", ["b"], ["c"], "turn"),
      helper.make_node("Mystery", ["a"], ["d"], "riddle", domain="com.example"),
      helper.make_node("Exp", ["a"], ["y"], "exp")],
     [tensor("x", "rows", 8)], [tensor("y", "rows", 8), tensor("c", "n", 2), tensor("d", "rows", 8)])

small = open("small.onnx", "rb").read()
open("truncated.onnx", "wb").write(small[:len(small) // 2])
open("text.onnx", "w").write("This is no model.\n")
open("nothing.onnx", "w").close()
