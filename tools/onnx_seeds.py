"""Writes the seeds of the fuzz target `onnx`, small files with what reading has to do: tools/onnx_seeds.py FOLDER.

Needs the packages onnx and numpy.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RANDOM = np.random.RandomState(0)


def weights(name, *shape):
    return numpy_helper.from_array(RANDOM.randn(*shape).astype(np.float32), name)


def whole(name, *values):
    return numpy_helper.from_array(np.array(values, np.int64), name)


def save(folder, name, shape, constants, nodes, opset=17):
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, name, [x], [y], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.save(model, str(folder / f"{name}.onnx"))


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    node = helper.make_node
    save(folder, "residual", ["n", 3, 6, 6], [weights("w", 3, 3, 3, 3), weights("v", 27, 2), whole("s", 0, -1)], [
        node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1]),
        node("Add", ["c", "x"], ["a"]),
        node("Relu", ["a"], ["r"]),
        node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Reshape", ["p", "s"], ["f"]),
        node("MatMul", ["f", "v"], ["y"]),
    ])
    save(folder, "excite", [1, 4, 4, 4], [weights("w", 2, 4, 1, 1), weights("v", 4, 2, 1, 1)], [
        node("ReduceMean", ["x"], ["m"], axes=[2, 3]),
        node("Conv", ["m", "w"], ["c"]),
        node("Relu", ["c"], ["r"]),
        node("Conv", ["r", "v"], ["d"]),
        node("HardSigmoid", ["d"], ["g"]),
        node("Mul", ["x", "g"], ["y"]),
    ])
    save(folder, "shuffle", [1, 4, 4, 4], [whole("h", 2, 2), whole("five", 1, 2, 2, 4, 4), whole("four", 1, 4, 4, 4)], [
        node("Split", ["x", "h"], ["a", "b"], axis=1),
        node("Sigmoid", ["b"], ["s"]),
        node("Mul", ["s", "b"], ["m"]),
        node("Concat", ["a", "m"], ["c"], axis=1),
        node("Reshape", ["c", "five"], ["d"]),
        node("Transpose", ["d"], ["e"], perm=[0, 2, 1, 3, 4]),
        node("Reshape", ["e", "four"], ["y"]),
    ])
    save(folder, "norms", [1, 4, 4, 4], [weights("g", 4), weights("b", 4), weights("two", 1), whole("p", 0, 0, 1, 1, 0, 0, 1, 1)], [
        node("Transpose", ["x"], ["t"], perm=[0, 2, 3, 1]),
        node("LayerNormalization", ["t", "g", "b"], ["n"], axis=-1),
        node("Transpose", ["n"], ["u"], perm=[0, 3, 1, 2]),
        node("Mul", ["u", "two"], ["k"]),
        node("Pad", ["k", "p"], ["q"], mode="reflect"),
        node("Relu", ["q"], ["z"]),
        node("GlobalAveragePool", ["z"], ["y"]),
    ])
    shape = ["n", 3, 4, 4]
    save(folder, "shapes", shape, [weights("w", 3, 48), whole("i", 0), whole("r", -1)], [
        node("Shape", ["x"], ["s"]),
        node("Gather", ["s", "i"], ["k"]),
        node("Concat", ["k", "r"], ["l"], axis=0),
        node("Reshape", ["x", "l"], ["f"]),
        node("Gemm", ["f", "w"], ["g"], transB=1),
        node("Softmax", ["g"], ["y"]),
    ])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: tools/onnx_seeds.py FOLDER")
    main(Path(sys.argv[1]))
