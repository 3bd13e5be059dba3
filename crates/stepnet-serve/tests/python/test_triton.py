"""The unmodified clients of others: `tritonclient`, and Python's own for forms and JSON."""

import io
import json
import signal
import subprocess
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from conftest import COMMAND, Running

triton = pytest.importorskip("tritonclient.http", reason="no tritonclient (pip install tritonclient[http])")
Image = pytest.importorskip("PIL.Image")

NAME = "digits"
SIZE = 8


@pytest.fixture
def client(server):
    with triton.InferenceServerClient(server.address, concurrency=8) as client:
        yield client


@pytest.fixture(scope="module")
def values():
    """Five images in the unit of the training data, 0 to 16."""
    return np.random.default_rng(1).integers(0, 17, (5, SIZE, SIZE, 1)).astype(np.float32)


def asked(client, x, datatype="FP32", binary=True, **output):
    """The output for an input, by one way or another."""
    given = triton.InferInput("input", list(x.shape), datatype)
    given.set_data_from_numpy(x, binary_data=binary)
    wanted = triton.InferRequestedOutput("output", binary_data=binary, **output)
    return client.infer(NAME, [given], outputs=[wanted]).as_numpy("output")


def test_the_server_is_alive_and_describes_itself(client):
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(NAME)
    assert client.is_model_ready(NAME, model_version="1")
    assert client.get_server_metadata()["name"] == "stepnet"
    about = client.get_model_metadata(NAME)
    assert about["inputs"] == [{"name": "input", "datatype": "FP32", "shape": [-1, SIZE, SIZE, 1]}]
    assert about["outputs"] == [{"name": "output", "datatype": "FP32", "shape": [-1, 10]}]
    assert [model["name"] for model in client.get_model_repository_index()] == [NAME]


def test_json_and_binary_tensors_are_answered_alike(client, values):
    binary = asked(client, values)
    assert binary.shape == (5, 10) and np.allclose(binary.sum(axis=1), 1, atol=1e-5)
    assert (asked(client, values, binary=False) == binary).all()
    for dtype, name in ((np.int64, "INT64"), (np.float64, "FP64"), (np.int16, "INT16")):
        assert (asked(client, values.astype(dtype), name) == binary).all(), name
    # As the client sends where nothing is said of the output.
    given = triton.InferInput("input", [1, SIZE, SIZE, 1], "FP32")
    given.set_data_from_numpy(values[:1])
    assert (client.infer(NAME, [given], request_id="7").as_numpy("output") == binary[:1]).all()


def test_images_are_predicted_as_the_command_predicts_them(client, model, tmp_path):
    pixels = np.random.default_rng(2).integers(0, 256, (20, 30, 3), np.uint8)
    file = tmp_path / "a.png"
    Image.fromarray(pixels).save(file)
    words = [COMMAND, "predict", model, file, "--top-k", "10", "--json"]
    expected = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)["predictions"]
    content = np.array([file.read_bytes()], dtype=object)
    named = asked(client, content, "BYTES", class_count=10)
    found = [text.decode().split(":") for text in named[0]]
    assert [name for *_, name in found] == [one["class"] for one in expected]
    assert np.allclose([float(value) for value, *_ in found], [one["probability"] for one in expected], atol=1e-6)
    probabilities = asked(client, content, "BYTES")
    assert np.isclose(probabilities.max(), expected[0]["probability"], atol=1e-6)


def test_requests_at_a_time(client, values):
    expected = asked(client, values)
    given = triton.InferInput("input", [1, SIZE, SIZE, 1], "FP32")
    given.set_data_from_numpy(values[2:3])
    pending = [client.async_infer(NAME, [given]) for _ in range(40)]
    for request in pending:
        assert (request.get_result().as_numpy("output") == expected[2:3]).all()


def test_mistakes_are_told_to_the_client(client, values):
    for x, datatype, said in (
        (values[:, :7], "FP32", r"expected \[examples, 8, 8, 1\]"),
        (np.array([b"hello"], dtype=object), "BYTES", "image 0"),
        (np.full((1, SIZE, SIZE, 1), np.nan, np.float32), "FP32", "expected finite"),
    ):
        with pytest.raises(triton.InferenceServerException, match=said):
            asked(client, x, datatype)
    with pytest.raises(triton.InferenceServerException, match="no model"):
        client.get_model_metadata("other")


def test_a_form_of_a_browser_and_a_token(model, tmp_path):
    token = tmp_path / "token"
    token.write_text("a-long-enough-secret\n")
    running = Running(f"d={model}", "--token-file", token)
    try:
        file = io.BytesIO()
        Image.new("L", (9, 9), 128).save(file, "PNG")
        head = b'--b\r\ncontent-disposition: form-data; name="f"; filename="x.png"\r\n\r\n'
        body = head + file.getvalue() + b"\r\n--b--\r\n"
        headers = {"content-type": "multipart/form-data; boundary=b"}
        ask = urllib.request.Request(f"http://{running.address}/api/predict?top=2", body, headers)
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(ask)
        ask.add_header("authorization", "Bearer a-long-enough-secret")
        answer = json.load(urllib.request.urlopen(ask))
        assert answer["pictures"][0]["picture"] == "x.png" and len(answer["pictures"][0]["predictions"]) == 2
    finally:
        said, code = running.end()
    assert code == 0 and "1 request answered" in said


def test_signals_end_the_server_within_a_second(model):
    for by, name in ((signal.SIGTERM, "SIGTERM"), (signal.SIGINT, "Ctrl-C")):
        running = Running(model)
        with triton.InferenceServerClient(running.address) as client, ThreadPoolExecutor() as pool:
            assert client.is_server_ready()
            began = time.monotonic()
            said, code = pool.submit(running.end, by).result()
        # The connection is idle, and stays open on the client's side.
        assert time.monotonic() - began < 2
        assert code == 0 and f"stopped by {name}: 1 request answered" in said
