"""Files of other frameworks, imported, against ONNX Runtime.

Every architecture is a row of the table that is printed at the end: what was imported, the nodes that layers were made
of, the largest difference (relative to the largest output), the seconds that the import took.
"""

import os

import pytest

np = pytest.importorskip("numpy")
onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")
torch = pytest.importorskip("torch")

import architectures  # noqa: E402  (it needs torch)
from imported import run  # noqa: E402

# Differences of outputs, relative to the largest.
CLOSE = 1e-4
# Which exporters and which architectures; a few at a time, or all with all, while something is looked for.
EXPORTERS = os.environ.get("STEPNET_EXPORTERS")
ONLY = os.environ.get("STEPNET_ARCHITECTURES", "").split(",")

TABLE = []


@pytest.fixture(scope="module", autouse=True)
def table():
    yield
    rows = [("model", "exporter", "nodes", "mapped", "layers", "difference", "seconds"), *TABLE]
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)))


def imported(path, x, folder, shape="-"):
    """What the importer said, and its outputs for `x`, which is `NCHW`."""
    options = [] if shape == "-" else [f"input={shape}"]
    found, said = run(folder, path, x.transpose(0, 2, 3, 1), "logits", *options)
    return said, found


def expected(path, x, output=0):
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    rows = [session.run(None, {name: x[i : i + 1]})[output] for i in range(len(x))]
    return np.concatenate(rows)


def difference(found, wanted):
    return float(np.abs(found - wanted).max() / np.abs(wanted).max())


def compare(name, exporter, path, x, folder, shape="-"):
    told, found = imported(path, x, folder, shape)
    gap = difference(found, expected(path, x).reshape(len(x), -1))
    nodes = len(onnx.load(str(path), load_external_data=False).graph.node)
    TABLE.append((name, exporter, nodes, told["mapped"], told["layers"], f"{gap:.1e}", f"{told['seconds']:.2f}"))
    assert gap <= CLOSE, f"{gap}: {told['network']}"
    return told


def exporters(name):
    if EXPORTERS is not None:
        return EXPORTERS.split(",")
    return ["script", "dynamo", "old"] if name in architectures.MANY else ["script"]


CASES = [(exporter, name, package) for name, package in architectures.ARCHITECTURES for exporter in exporters(name)]


@pytest.mark.parametrize("exporter,name,package", CASES, ids=[f"{package}-{name}-{exporter}" for exporter, name, package in CASES])
def test_architectures_give_the_numbers_of_onnx_runtime(exporter, name, package, tmp_path):
    if ONLY != [""] and name not in ONLY:
        pytest.skip("not among STEPNET_ARCHITECTURES")
    pytest.importorskip(package)
    size = architectures.size_of(name)
    path = tmp_path / "model.onnx"
    made = architectures.model(name, package)
    architectures.export(made, path, size, exporter)
    compare(f"{package} {name}", exporter, path, architectures.inputs(size), tmp_path)
