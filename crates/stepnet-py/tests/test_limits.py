"""Where memory ends, and where the user has had enough: exceptions that `except` can catch, within a second."""

import json
import subprocess
import sys
import textwrap

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
ROOMS = [0.1, 0.5, 1, 2, 3, 5, 7, 9, 12, 16, 20, 25, 30, 36, 45, 60, 80, 110, 150]


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


# What is known to fall short: images that do not fit are a ValueError that names them, and a gradient check can
# abort where less than some megabytes are left.
SHORT = pytest.mark.xfail(strict=False, reason="not every allocation of this call can fail yet")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="how much memory a process has is read from /proc")
@pytest.mark.parametrize("call", [
    pytest.param(call, marks=SHORT) if call in ("data.load of pictures", "gradcheck") else call for call in CALLS
])
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
# As many photos as keep this machine, however fast, at work for six seconds.
some = np.zeros((200, 32, 32, 3), np.uint8)
large.predict(some)
began = time.perf_counter()
large.predict(some)
photos = np.zeros((int(200 * max(1, 6 / (time.perf_counter() - began))), 32, 32, 3), np.uint8)
of_photos = np.arange(len(photos)) % 10
call = {
    "fit": lambda: net.fit(X, y, epochs=1000, verbose=False),
    "fit of all at once": lambda: net.fit(X, y, epochs=1000, batch_size=None, verbose=False),
    "validation": lambda: large.fit(photos[:4], y[:4], validation_data=(photos, of_photos), verbose=False),
    "predict": lambda: large.predict(photos),
    "evaluate": lambda: large.evaluate(photos, of_photos),
    "gradcheck": lambda: large.gradcheck(time_limit=None, samples=10**6),
    "gradcheck of data": lambda: large.gradcheck(photos, of_photos, batch=64, time_limit=60),
    "pictures": lambda: large.predict([str(path) for path in sorted(folder.glob("pictures/*/*.bmp"))] * 100),
    "load": lambda: data.load(folder / "many", size=(400, 400, 3)),
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
net.fit(X[:40], y[:40], epochs=1, verbose=False)
sys.stdout.flush()
# A thread that still reads need not be waited for.
os._exit(0)
"""


@pytest.mark.parametrize("call", [
    "fit", "fit of all at once", "validation", "predict", "evaluate", "gradcheck", "gradcheck of data", "pictures", "load",
])
@pytest.mark.parametrize("after", [0.3, 1.1])
def test_ctrl_c_ends_every_long_call(folder, call, after):
    many = folder / "many"
    if call == "load" and not many.exists():
        many.mkdir()
        for name in ("a", "b"):
            (many / name).mkdir()
            for at in range(200):
                (many / name / f"{at}.bmp").symlink_to(folder / "pictures" / name / f"{at % 3}.bmp")
    command = [sys.executable, "-c", textwrap.dedent(INTERRUPTED), str(folder), call, str(after)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    said = done.stdout.split()
    if call == "load" and said[:1] == ["ended"]:
        pytest.skip("the images were read before Ctrl-C came")
    assert said[:1] == ["stopped"], (done.stdout, done.stderr[-2000:])
    # A second, and what a machine that is busy with other things takes.
    assert float(said[1]) < 2, said
