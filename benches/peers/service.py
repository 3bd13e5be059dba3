"""Measures `stepnet serve` beside the same model in a minimal service of ONNX Runtime and FastAPI.

    python3 benches/peers/service.py [--seconds 60] [--connections 8] [--only lenet5]

Both answer the same requests of the same client (`crates/stepnet-serve/examples/load.rs`), which shares the processors with them: an
image file (PNG, decoded and resized by the service), and the values of an image in `f32`. Of the FastAPI service the better one of
two is taken: one process that computes on all cores, or a process for each core. It runs under a Python that has numpy,
pillow, onnxruntime, fastapi and uvicorn; what others measure here is in README.md.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Networks, with the shape of their input.
NETWORKS = {"lenet5": (28, 28, 1), "resnet20": (32, 32, 3)}
CLASSES = 10

PEER = '''
"""A minimal service: what its users would write."""
import io, os
import numpy as np
import onnxruntime
from fastapi import FastAPI, Request
from PIL import Image

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = int(os.environ["PEER_THREADS"])
session = onnxruntime.InferenceSession(os.environ["PEER_MODEL"], options, providers=["CPUExecutionProvider"])
name = session.get_inputs()[0].name
height, width, channels = map(int, os.environ["PEER_SHAPE"].split(","))
app = FastAPI()

@app.get("/ready")
async def ready():
    return {}

@app.post("/image")
async def image(request: Request):
    image = Image.open(io.BytesIO(await request.body())).convert("L" if channels == 1 else "RGB").resize((width, height))
    x = np.asarray(image, np.float32).reshape(1, height, width, channels)
    return {"output": session.run(None, {name: x})[0][0].tolist()}

@app.post("/values")
async def values(request: Request):
    x = np.frombuffer(await request.body(), np.float32).reshape(1, height, width, channels)
    return {"output": session.run(None, {name: x})[0][0].tolist()}
'''


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@contextmanager
def running(command, port, path, **environment):
    """A service, once it answers."""
    process = subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=1).close()
                break
            except OSError:
                if process.poll() is not None:
                    sys.exit(f"{command[0]} ended: {process.stderr.read().decode()[-500:]}")
                time.sleep(0.1)
        else:
            sys.exit(f"{command[0]} does not answer")
        yield
    finally:
        process.terminate()
        process.wait(10)


def load(client, port, path, body, options, *headers):
    """Requests per second and times, after a second to warm up."""
    words = [client, f"127.0.0.1:{port}", path, body, str(options.connections)]
    subprocess.run([*words, "1", *headers], check=True, capture_output=True)
    done = subprocess.run([*words, str(options.seconds), *headers], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def make_model(stepnet, work, network, shape):
    """A model with drawn weights, trained for a step on images of noise, and its ONNX file."""
    import numpy as np
    from PIL import Image

    height, width, channels = shape
    draws = np.random.default_rng(1)
    for number in range(4 * CLASSES):
        folder = work / "images" / str(number % CLASSES)
        folder.mkdir(parents=True, exist_ok=True)
        pixels = draws.integers(0, 256, (height, width, channels), np.uint8)
        Image.fromarray(pixels.squeeze()).save(folder / f"{number}.png")
    size = f"{height}x{width}x{channels}"
    run = [stepnet, "train", work / "images", "--model", network, "--input", size, "--epochs", "1", "--out", work / "run"]
    subprocess.run(run, check=True, capture_output=True)
    model = work / "run" / "model.safetensors"
    export = [stepnet, "export", model, "--onnx", work / "model.onnx", "--input", "values"]
    subprocess.run(export, check=True, capture_output=True)
    values = draws.integers(0, 256, shape).astype(np.float32).tobytes()
    return model, work / "images" / "0" / "0.png", values


def measure_ours(stepnet, client, work, model, bodies, shape, options):
    port = free_port()
    image, values = bodies
    with running([stepnet, "serve", f"m={model}", "--port", str(port)], port, "/v2/health/ready"):
        head = json.dumps({
            "inputs": [{"name": "input", "shape": [1, *shape], "datatype": "FP32", "parameters": {"binary_data_size": len(values)}}],
        }).encode()
        body = work / "tensor"
        body.write_bytes(head + values)
        header = f"Inference-Header-Content-Length: {len(head)}"
        return {
            "image": load(client, port, "/api/predict", image, options),
            "values": load(client, port, "/v2/models/m/infer", body, options, header),
        }


def measure_peer(client, work, bodies, shape, options, workers, threads):
    port = free_port()
    image, values = bodies
    (work / "peer.py").write_text(PEER)
    body = work / "values"
    body.write_bytes(values)
    command = [sys.executable, "-m", "uvicorn", "peer:app", "--app-dir", str(work), "--port", str(port)]
    command += ["--workers", str(workers), "--log-level", "error", "--no-access-log"]
    told = {"PEER_MODEL": str(work / "model.onnx"), "PEER_THREADS": str(threads), "PEER_SHAPE": ",".join(map(str, shape))}
    with running(command, port, "/ready", **told):
        return {
            "image": load(client, port, "/image", image, options),
            "values": load(client, port, "/values", body, options),
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="of each measurement")
    parser.add_argument("--connections", type=int, default=8, help="that ask at a time")
    parser.add_argument("--only", choices=NETWORKS, help="one network")
    parser.add_argument("--stepnet", type=Path, default=ROOT / "target/release/stepnet", help="the command")
    parser.add_argument("--client", type=Path, default=ROOT / "target/release/examples/load", help="the client")
    options = parser.parse_args()
    for program, build in ((options.stepnet, "-p stepnet-cli"), (options.client, "-p stepnet-serve --example load")):
        if not program.exists():
            sys.exit(f"{program} is not there: cargo build --release {build}")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"{cores} cores, {options.connections} connections, {options.seconds:g} seconds each")
    print("| network | request | service | requests/s | p50 ms | p99 ms | times |")
    print("| --- | --- | --- | ---: | ---: | ---: | ---: |")
    for network, shape in NETWORKS.items():
        if options.only not in (None, network):
            continue
        with tempfile.TemporaryDirectory() as work:
            work = Path(work)
            model, image, values = make_model(options.stepnet, work, network, shape)
            bodies = image, values
            ours = measure_ours(options.stepnet, options.client, work, model, bodies, shape, options)
            peers = [measure_peer(options.client, work, bodies, shape, options, *how) for how in ((1, cores), (cores, 1))]
        for request, own in ours.items():
            peer = max((peer[request] for peer in peers), key=lambda times: times["per_second"])
            for name, times in (("stepnet serve", own), ("ONNX Runtime, FastAPI", peer)):
                ratio = own["per_second"] / peer["per_second"] if times is own else 1
                figures = f"{times['per_second']:.0f} | {times['p50_ms']:.2f} | {times['p99_ms']:.2f} | {ratio:.2f}"
                print(f"| {network} | {request} | {name} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
