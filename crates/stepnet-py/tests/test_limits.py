"""Where memory ends, and where the user has had enough: exceptions that `except` can catch, within a second."""

import json
import struct
import subprocess
import sys
import textwrap
import zlib

import numpy as np
import pytest

import stepnet

resource = pytest.importorskip("resource", reason="this system has no limits on a process's memory")

LAYERS = "linear(1100) -> relu -> linear(1100) -> relu -> linear(10) -> softmax"

# Each call is made with so many MB of room above what the process has, and must say whether it has worked.
SWEEP = """
import json, pickle, resource, sys
import numpy as np
import stepnet
from stepnet import Network, data
from pathlib import Path

folder = Path(sys.argv[1])
# Threads and what is made once are there before memory is short.
net = Network.load(folder / "net.safetensors")
small = Network("linear(3) -> softmax", 4)
small.fit(np.ones((40, 4)), np.arange(40) % 3, epochs=1, verbose=False)
small.predict(np.ones((40, 4)))
content, weights = pickle.dumps(net), net.get_weights()
X, y = np.ones((2000, 900), np.float32), np.arange(2000) % 10
calls = {
    "get_weights": lambda: net.get_weights(),
    "set_weights": lambda: net.set_weights(weights),
    "save": lambda: net.save(folder / "again.safetensors"),
    "load": lambda: Network.load(folder / "net.safetensors"),
    "dumps": lambda: pickle.dumps(net),
    "loads": lambda: pickle.loads(content),
    "outputs": lambda: net.outputs(X),
    "evaluate": lambda: net.evaluate(X, y),
    "fit": lambda: net.fit(X, y, epochs=1, verbose=False),
    "build": lambda: Network(LAYERS, 900),
    "data.load": lambda: data.load(folder / "data.npz"),
    "data.load of pictures": lambda: data.load(folder / "pictures"),
    "why": lambda: net.why(X[0]),
    "gradcheck": lambda: net.gradcheck(samples=1, time_limit=0.5),
}

def now():
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()

free = resource.getrlimit(resource.RLIMIT_AS)
call = calls[sys.argv[2]]
told = {}
for room in json.loads(sys.argv[3]):
    resource.setrlimit(resource.RLIMIT_AS, (now() + int(room * 2**20), free[1]))
    try:
        call()
        said = "done"
    except MemoryError as error:
        said = "MemoryError"
    except Exception as error:
        said = type(error).__name__ + ": " + str(error)
    except BaseException as error:
        said = "not caught: " + type(error).__name__
    resource.setrlimit(resource.RLIMIT_AS, free)
    told[room] = said
# And it goes on as if nothing had been.
call()
print(json.dumps(told))
""".replace("LAYERS", repr(LAYERS))

CALLS = [
    "get_weights", "set_weights", "save", "load", "dumps", "loads", "outputs", "evaluate", "fit", "build", "data.load",
    "data.load of pictures", "why", "gradcheck",
]
ROOMS = [0.1, 0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 3, 4, 5, 7, 9, 12, 16, 20, 25, 30, 36, 45, 60, 80, 110, 150]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("limits")
    net = stepnet.Network(LAYERS, 900)
    net.fit(np.ones((20, 900), np.float32), np.arange(20) % 10, epochs=1, verbose=False)
    net.save(folder / "net.safetensors", optimizer=False)
    rng = np.random.default_rng(0)
    np.savez(folder / "data.npz", x=rng.integers(0, 100, (9000, 40, 40), dtype=np.uint8), y=np.arange(9000) % 10)
    for name in ("a", "b"):
        (folder / "pictures" / name).mkdir(parents=True)
        for at in range(3):
            # A portable way to a large picture: BMP, a header and the pixels.
            values = rng.integers(0, 256, (1400, 1400, 3), dtype=np.uint8).tobytes()
            header = b"BM" + (54 + len(values)).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little")
            header += (40).to_bytes(4, "little") + (1400).to_bytes(4, "little") * 2 + b"\1\0\x18\0" + bytes(24)
            (folder / "pictures" / name / f"{at}.bmp").write_bytes(header + values)
    return folder


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="how much memory a process has is read from /proc")
@pytest.mark.parametrize("call", CALLS)
def test_memory_that_ends_is_an_exception(folder, call):
    command = [sys.executable, "-c", SWEEP, str(folder), call, json.dumps(ROOMS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, (done.returncode, done.stderr[-2000:])
    told = json.loads(done.stdout)
    assert not {said for said in told.values()} - {"done", "MemoryError"}, told


INTERRUPTED = """
import faulthandler, os, pickle, signal, sys, threading, time
import numpy as np
import stepnet
from stepnet import Network, data
from pathlib import Path

signal.signal(signal.SIGINT, signal.default_int_handler)
folder, after = Path(sys.argv[1]), float(sys.argv[3])
pressed = []

def press():
    time.sleep(after)
    pressed.append(time.perf_counter())
    os.kill(os.getpid(), signal.SIGINT)

X = np.random.default_rng(0).normal(size=(30_000, 28, 28, 1)).astype(np.float32)
y = np.arange(len(X)) % 10
net, large = Network("lenet5"), Network("resnet20", classes=10)
# A multiple of the usual work, on faster machines.
work = int(sys.argv[4])
photos = np.zeros((3000 * work, 32, 32, 3), np.uint8)
answers = np.arange(len(photos)) % 10
call = {
    "fit": lambda: net.fit(X, y, epochs=1000, verbose=False),
    "fit of all at once": lambda: net.fit(X, y, epochs=1000, batch_size=None, verbose=False),
    "validation": lambda: large.fit(photos[:4], y[:4], validation_data=(photos, answers), verbose=False),
    "predict": lambda: large.predict(photos),
    "evaluate": lambda: large.evaluate(photos, answers),
    "gradcheck": lambda: large.gradcheck(time_limit=None, samples=10**6),
    "gradcheck of data": lambda: large.gradcheck(photos, answers, batch=64, samples=10**6, time_limit=None),
    "pictures": lambda: large.predict([str(path) for path in sorted(folder.glob("pictures/*/*.bmp"))] * 100 * work),
    "load": lambda: data.load(folder / f"many-{work}", size=(400, 400, 3)),
}[sys.argv[2]]
threading.Thread(target=press, daemon=True).start()
try:
    call()
    print("ended by itself")
except KeyboardInterrupt:
    print("stopped", time.perf_counter() - pressed[0])
# What was trained is whole, and can be trained on.
for one in (net, large):
    assert all(np.isfinite(array).all() for array in one.get_weights().values())
begin = time.perf_counter()
net.fit(X[:40], y[:40], epochs=1, verbose=False)
# What was stopped does not go on in secret and take the threads.
assert time.perf_counter() - begin < 10
sys.stdout.flush()
# A thread that still reads need not be waited for.
os._exit(0)
"""


# How much the work of a call is multiplied by, one after the other, until Ctrl-C comes before its end.
WORK = [1, 4, 16, 64]


def large_images(folder, work):
    """Images that take long to decode and little room: PNG, black, 4000 x 4000. Each is read once, so none is a link."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    extent = 4000
    header = struct.pack(">IIBBBBB", extent, extent, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(extent * (extent + 1)))
    image = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for at in range(100 * work):
            (folder / name / f"{at}.png").write_bytes(image)


@pytest.mark.parametrize("call", [
    "fit", "fit of all at once", "validation", "predict", "evaluate", "gradcheck", "gradcheck of data", "pictures", "load",
])
@pytest.mark.parametrize("after", [0.3, 1.1])
def test_ctrl_c_ends_every_long_call(folder, call, after):
    for work in WORK:
        if call == "load":
            large_images(folder / f"many-{work}", work)
        command = [sys.executable, "-c", textwrap.dedent(INTERRUPTED), str(folder), call, str(after), str(work)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        said = done.stdout.split()
        if said[:1] != ["ended"]:
            break
    assert said[:1] == ["stopped"], (done.stdout, done.stderr[-2000:])
    assert done.returncode == 0, done.stderr[-2000:]
    # A second, and what a machine that is busy with other things takes.
    assert float(said[1]) < 2, said
