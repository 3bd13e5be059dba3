"""ONNX Runtime on the CPU: single predictions of whole networks.

Started by compare.py: onnx_worker.py THREADS
"""

import sys

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from networks import NETWORKS, is_normalised, same_pads, sized_layers
from serve import serve

OPSET = 17
# Of the format, not of the package: newer packages write it too, and older runtimes read it.
IR_VERSION = 8

# What a batch normalisation starts with.
STATISTICS = {"gamma": 1.0, "beta": 0.0, "mean": 0.0, "variance": 1.0}


def model(name):
    """A network of networks.py with random weights, closed by a softmax as Stepnet's are."""
    random = numpy.random.RandomState(1)
    nodes, weights, value = [], [], "x"

    def array(label, *shape):
        fan_in = int(numpy.prod(shape[1:])) or 1
        values = random.randn(*shape) * (2.0 / fan_in) ** 0.5
        weights.append(numpy_helper.from_array(values.astype(numpy.float32), label))
        return label

    def constant(label, value, length):
        weights.append(numpy_helper.from_array(numpy.full(length, value, numpy.float32), label))
        return label

    def node(kind, *more, **attributes):
        nonlocal value
        output = f"v{len(nodes)}"
        nodes.append(helper.make_node(kind, [value, *more], [output], **attributes))
        value = output

    def run(layers, shape):
        """Appends nodes for some layers, the first of which takes `value`."""
        nonlocal value
        for number, (layer, shape) in enumerate(sized_layers(layers, shape)):
            kind, label = layer[0], len(nodes)
            if kind == "conv":
                _, filters, kernel, padding, stride = layer
                before, after = same_pads(kernel) if padding == "same" else (padding, padding)
                bias = [] if is_normalised(layers, number) else [array(f"b{label}", filters)]
                node(
                    "Conv", array(f"w{label}", filters, shape[0], kernel, kernel), *bias,
                    kernel_shape=[kernel, kernel], strides=[stride, stride], pads=[before, before, after, after],
                )
            elif kind == "bn":
                # Mean and variance as after some training; their roots and products stay tame.
                names = [constant(f"{part}{label}", start, shape[0]) for part, start in STATISTICS.items()]
                node("BatchNormalization", *names)
            elif kind == "maxpool":
                node("MaxPool", kernel_shape=[layer[1]] * 2, strides=[layer[1]] * 2)
            elif kind == "globalavgpool":
                node("GlobalAveragePool")
                node("Flatten")
            elif kind == "linear":
                node("Gemm", array(f"w{label}", layer[1], shape[0]), array(f"b{label}", layer[1]), transB=1)
            elif kind == "residual":
                source = value
                run(layer[1], shape)
                body, value = value, source
                run(layer[2], shape)
                node("Add", body)
            else:
                node({"relu": "Relu", "flatten": "Flatten"}[kind])

    run(NETWORKS[name]["layers"], NETWORKS[name]["input"])
    node("Softmax", axis=1)
    network = NETWORKS[name]
    graph = helper.make_graph(
        nodes, name,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, *network["input"]])],
        [helper.make_tensor_value_info(value, TensorProto.FLOAT, [1, network["classes"]])],
        weights,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(made)
    return made


def case(name, variant, threads):
    """A prediction: by `run` with arrays, or with arrays bound once (`bound`)."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    made = model(name)
    session = onnxruntime.InferenceSession(made.SerializeToString(), options, providers=["CPUExecutionProvider"])
    x = numpy.random.RandomState(2).rand(1, *NETWORKS[name]["input"]).astype(numpy.float32)
    output = session.get_outputs()[0].name
    parameters = int(sum(numpy.prod(weights.dims) for weights in made.graph.initializer))
    results = []
    if variant == "run":
        def call():
            results[:] = session.run([output], {"x": x})
        return call, parameters, lambda: sums_to_one(results[0])
    binding = session.io_binding()
    source = onnxruntime.OrtValue.ortvalue_from_numpy(x)
    target = onnxruntime.OrtValue.ortvalue_from_shape_and_type([1, NETWORKS[name]["classes"]], numpy.float32)
    binding.bind_ortvalue_input("x", source)
    binding.bind_ortvalue_output(output, target)
    return lambda: session.run_with_iobinding(binding), parameters, lambda: sums_to_one(target.numpy())


def sums_to_one(values):
    return abs(float(values.sum()) - 1.0) < 1e-4


def main():
    threads = int(sys.argv[1])
    about = {
        "variants": ["run", "bound"],
        "instruction_set": "chosen by the library",
        "versions": {"ONNX Runtime": onnxruntime.__version__, "onnx": onnx.__version__},
        "threads": threads,
    }
    serve(about, lambda name, variant: case(name.split(":", 1)[1], variant, threads))


if __name__ == "__main__":
    main()
