"""`stepnet.Network`: training, prediction, files, what a notebook shows."""

import copy
import html
import json
import pickle
import re
import subprocess
import sys
import threading

import numpy as np
import pytest

import stepnet
from stepnet import Network
from stepnet.callbacks import Callback, EarlyStopping

SMALL = "conv(4, 3) -> relu -> maxpool(2) -> linear(10) -> softmax"


@pytest.fixture(scope="module")
def digits():
    X, y = stepnet.data.digits()
    mixed = np.random.RandomState(0).permutation(len(X))
    return X[mixed], y[mixed]


@pytest.fixture(scope="module")
def trained(digits):
    X, y = digits
    net = Network(SMALL, input_shape=(8, 8, 1))
    net.fit(X[:1500], y[:1500], epochs=15, learning_rate=0.01, validation_data=(X[1500:], y[1500:]), verbose=False)
    return net


def test_it_learns(digits, trained):
    X, y = digits
    assert trained.evaluate(X[1500:], y[1500:])["accuracy"] > 0.9
    assert trained.history.epochs == 15
    assert set(trained.history) == {"loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"}
    assert trained.history["loss"][0] > 2 * trained.history["loss"][-1]
    told = trained.evaluate(X[1500:], y[1500:])
    assert trained.history["val_loss"][-1] == told["loss"]
    assert trained.history["val_accuracy"][-1] == told["accuracy"]


def test_the_measures_are_those_of_the_outputs(digits, trained):
    X, y = digits
    outputs = trained.outputs(X)
    assert outputs.shape == (len(X), 10) and outputs.dtype == np.float32
    np.testing.assert_allclose(outputs.sum(axis=1), 1, rtol=1e-5)
    assert (trained.predict_proba(X) == outputs).all()
    assert (trained.predict(X) == outputs.argmax(axis=1)).all()
    told = trained.evaluate(X, y)
    assert told["accuracy"] == pytest.approx(np.mean(outputs.argmax(axis=1) == y))
    assert told["loss"] == pytest.approx(-np.log(outputs[np.arange(len(y)), y]).mean(), rel=1e-4)


def forward(weights, X):
    """The network `SMALL` in numpy."""
    filters, bias = weights["conv1.weight"], weights["conv1.bias"]
    windows = np.lib.stride_tricks.sliding_window_view(X, (3, 3), axis=(1, 2))
    maps = np.maximum(np.einsum("nhwcij,ijcf->nhwf", windows, filters) + bias, 0)
    pooled = maps.reshape(len(X), 3, 2, 3, 2, 4).max(axis=(2, 4)).reshape(len(X), -1)
    z = pooled @ weights["linear1.weight"].T + weights["linear1.bias"]
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def test_weights_mean_what_they_say(digits, trained):
    X = digits[0][:300].astype(np.float64)
    net = copy.deepcopy(trained)
    weights = net.get_weights()
    assert list(weights) == ["conv1.weight", "conv1.bias", "linear1.weight", "linear1.bias"]
    np.testing.assert_allclose(net.outputs(X), forward(weights, X), rtol=1e-4, atol=1e-6)
    weights["linear1.weight"] *= 2
    assert (net.get_weights()["linear1.weight"] != weights["linear1.weight"]).any(), "weights are copies"
    net.set_weights({"linear1.weight": weights["linear1.weight"]})
    np.testing.assert_allclose(net.outputs(X), forward(weights, X), rtol=1e-4, atol=1e-6)
    assert (net.outputs(X) != trained.outputs(X)).any(), "a copy is a network of its own"


def test_double_precision(digits):
    X, y = digits
    net = Network(SMALL, input_shape=(8, 8, 1), dtype=np.float64)
    assert net.dtype == np.float64 and net.outputs(X).dtype == np.float64
    net.fit(X[:200], y[:200], epochs=2, verbose=False)
    np.testing.assert_allclose(net.outputs(X), forward(net.get_weights(), X.astype(float)), rtol=1e-11)


def test_bytes_are_divided_by_255(digits):
    X, y = digits
    pictures = (X * 255).round().astype(np.uint8)
    one, other = (Network(SMALL, input_shape=(8, 8, 1)) for _ in range(2))
    one.fit(pictures, y, epochs=1, verbose=False)
    other.fit(pictures.astype(np.float32) / 255, y, epochs=1, verbose=False)
    for name, weights in one.get_weights().items():
        np.testing.assert_array_equal(weights, other.get_weights()[name])
    np.testing.assert_array_equal(one.outputs(pictures), other.outputs(pictures / np.float32(255)))


@pytest.mark.parametrize("kind", ["list", "float64", "float16", "fortran", "view", "big-endian", "frame", "torch", "flat", "grey"])
def test_examples_of_any_kind(digits, trained, kind):
    X = (digits[0][:40] * 16).round() / 16
    if kind == "list":
        given = X.tolist()
    elif kind in ("float64", "float16"):
        given = X.astype(kind)
    elif kind == "fortran":
        given = np.asfortranarray(X)
    elif kind == "view":
        given = np.repeat(X, 2, axis=0)[::2]
    elif kind == "big-endian":
        given = X.astype(">f8")
    elif kind == "frame":
        given = pytest.importorskip("pandas").DataFrame(X.reshape(40, 64))
    elif kind == "torch":
        given = pytest.importorskip("torch").from_numpy(X)
    elif kind == "flat":
        given = X.reshape(40, 64)
    else:
        given = X[..., 0]
    np.testing.assert_array_equal(trained.outputs(given), trained.outputs(X))


def test_nothing_is_written_to(digits):
    X, y = digits[0].copy(), digits[1].copy()
    X.flags.writeable = y.flags.writeable = False
    before = X.tobytes(), y.tobytes()
    net = Network(SMALL, input_shape=(8, 8, 1))
    net.fit(X, y, epochs=1, augment="crop(1)", verbose=False)
    net.predict(X), net.evaluate(X, y), net.why(X[0]), net.gradcheck(X, y)
    assert (X.tobytes(), y.tobytes()) == before


@pytest.mark.parametrize("name", ["strings", "truth", "numbers", "one-hot", "column", "objects", "series"])
def test_labels_of_any_kind(name):
    rng = np.random.default_rng(0)
    numbers = rng.integers(0, 2, 200)
    X = rng.normal(size=(200, 3)) + 3 * numbers[:, None]
    y = {
        "strings": np.array(["cat", "dog"])[numbers],
        "truth": numbers.astype(bool),
        "numbers": np.array([-7, 40])[numbers],
        "one-hot": np.eye(2)[numbers],
        "column": numbers[:, None],
        "objects": np.array(["cat", "dog"], dtype=object)[numbers],
        "series": numbers,
    }[name]
    given = pytest.importorskip("pandas").Series(y) if name == "series" else y
    net = Network("linear(2) -> softmax", 3)
    net.fit(X, given, epochs=20, learning_rate=0.05, verbose=False)
    wanted = numbers if name in ("one-hot", "column") else y
    assert np.mean(net.predict(X) == wanted) > 0.95
    assert net.evaluate(X, given)["accuracy"] > 0.95
    assert (net.classes_ == np.unique(wanted)).all()


def test_one_sigmoid_tells_two_classes_apart(tmp_path):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    X = rng.normal(size=(200, 3)) + 3 * y[:, None]
    net = Network("linear(1) -> sigmoid", 3)
    net.fit(X, np.array(["no", "yes"])[y], epochs=20, learning_rate=0.05, verbose=False)
    chances = net.predict_proba(X)
    assert chances.shape == (200, 2)
    np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-6)
    assert (net.predict(X) == np.where(chances[:, 1] > 0.5, "yes", "no")).all()
    assert np.mean((net.predict(X) == "yes") == y) > 0.95


def test_a_class_may_be_missing(digits):
    X, y = digits
    few = y < 7
    net = Network(SMALL, input_shape=(8, 8, 1))
    net.fit(X[few], y[few], epochs=1, verbose=False)
    assert (net.classes_ == np.arange(10)).all()
    named = Network("linear(classes) -> softmax", (8, 8, 1), classes=list("abcdefghij"))
    named.fit(X[few], np.array(list("abcdefghij"))[y[few]], epochs=1, verbose=False)
    assert named.predict(X[:3]).dtype.kind == "U"


def test_the_same_seed_gives_the_same_bits(digits):
    X, y = digits
    nets = [Network(SMALL, input_shape=(8, 8, 1), seed=3) for _ in range(2)]
    for net in nets:
        net.fit(X, y, epochs=2, augment="crop(1), rotate(5)", seed=7, verbose=False)
    assert all((one == other).all() for one, other in zip(nets[0].get_weights().values(), nets[1].get_weights().values()))
    other = Network(SMALL, input_shape=(8, 8, 1), seed=4)
    assert (other.get_weights()["conv1.weight"] != Network(SMALL, (8, 8, 1), seed=3).get_weights()["conv1.weight"]).any()


def test_training_goes_on_where_the_network_is(digits, trained):
    X, y = digits
    net = copy.deepcopy(trained)
    before = net.evaluate(X, y)["loss"]
    net.fit(X, y, epochs=1, learning_rate=1e-4, verbose=False)
    assert net.history["loss"][0] < 1.2 * before


def test_files_and_pickles(digits, trained, tmp_path):
    X, y = digits
    path = tmp_path / "digits.safetensors"
    trained.save(path)
    for other in (Network.load(path), Network.load(str(path)), pickle.loads(pickle.dumps(trained))):
        np.testing.assert_array_equal(other.outputs(X), trained.outputs(X))
        assert (other.classes_ == trained.classes_).all() and other.classes_.dtype.kind == "i"
        assert other.evaluate(X, y) == trained.evaluate(X, y)
        assert other.input_shape == (8, 8, 1)
    untrained = pickle.loads(pickle.dumps(Network(SMALL, (8, 8, 1), dtype="float64")))
    assert untrained.classes_ is None and untrained.dtype == np.float64


def test_callbacks(digits):
    X, y = digits
    net = Network(SMALL, input_shape=(8, 8, 1))
    seen = []

    class Watcher(Callback):
        def on_train_begin(self):
            seen.append("begin")

        def on_epoch_end(self, epoch, logs):
            seen.append(epoch)
            assert logs["loss"] == self.network.history["loss"][-1]
            self.network.stop_training = epoch == 2

        def on_train_end(self):
            seen.append("end")

    losses = []
    history = net.fit(X[:300], y[:300], epochs=9, callbacks=[Watcher(), lambda epoch, logs: losses.append(logs["loss"])], verbose=False)
    assert seen == ["begin", 0, 1, 2, "end"]
    assert losses == history["loss"] == history.history["loss"] and len(losses) == 3


def test_early_stopping_keeps_the_best(digits):
    X, y = digits
    net = Network("linear(64) -> relu -> linear(10) -> softmax", input_shape=(8, 8, 1))
    stopping = EarlyStopping(patience=2)
    held_out = X[1000:], y[1000:]
    # Few examples and a long rate: it soon learns them by heart.
    history = net.fit(
        X[:60], y[:60], epochs=200, learning_rate=0.05, schedule="constant", validation_data=held_out, callbacks=stopping, verbose=False
    )
    assert history.epochs == stopping.best_epoch + 3 < 200
    assert stopping.best == min(history["val_loss"]) == net.evaluate(*held_out)["loss"]


def test_an_error_in_a_callback_keeps_the_weights(digits):
    X, y = digits
    net = Network(SMALL, input_shape=(8, 8, 1))

    def fail(epoch, logs):
        raise KeyError("mine")

    before = net.get_weights()["conv1.weight"]
    with pytest.raises(KeyError, match="mine"):
        net.fit(X, y, epochs=3, callbacks=fail, verbose=False)
    assert net.history.epochs == 1
    assert (net.get_weights()["conv1.weight"] != before).any()


def test_a_loss_out_of_range_keeps_the_last_good_weights(digits):
    X, y = digits
    net = Network("linear(10) -> softmax", input_shape=(8, 8, 1))
    before = net.get_weights()
    with pytest.raises(RuntimeError, match="loss is"):
        net.fit(X, y, optimizer="gd", learning_rate=1e38, verbose=False)
    assert all((net.get_weights()[name] == before[name]).all() for name in before)


def test_others_may_predict_while_it_trains(digits):
    X, y = digits
    net = Network(SMALL, input_shape=(8, 8, 1))
    done, wrong = threading.Event(), []

    def ask():
        while not done.is_set():
            sums = net.outputs(X[:50]).sum(axis=1)
            if not np.allclose(sums, 1):
                wrong.append(sums)

    asking = threading.Thread(target=ask)
    asking.start()
    net.fit(X, y, epochs=5, verbose=False)
    done.set()
    asking.join()
    assert not wrong


def test_lines_of_a_training(digits, capsys):
    X, y = digits
    net = Network(SMALL, input_shape=(8, 8, 1))
    net.fit(X[:100], y[:100], epochs=2, validation_data=(X[:50], y[:50]))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and lines[0].startswith("epoch 1/2: loss ") and "validation: loss" in lines[1]
    net.fit(X[:100], y[:100], epochs=1, verbose=False)
    assert capsys.readouterr().out == ""


def test_what_a_notebook_shows(digits, trained):
    X, _ = digits
    summary = trained.summary()
    assert "conv(4, 3)" in str(summary) and "total: 410 parameters" in str(summary)
    assert summary._repr_html_().startswith("<table>") and "410 parameters" in trained._repr_html_()
    shown = trained.history._repr_mimebundle_()
    drawn = "image/svg+xml" if "image/svg+xml" in shown else "text/html"
    assert "val" in shown[drawn] or "<svg" in shown[drawn]
    assert "<td>15</td>" in trained.history.table()
    why = trained.why(X[0], top=3)
    frame = re.fullmatch(r'<iframe srcdoc="([^"]*)" style="[^"]*" sandbox="[^"]*"></iframe>', why._repr_html_(), re.DOTALL)
    assert frame and html.unescape(frame[1]) == why.page
    assert why.page.lower().startswith("<!doctype html>")


def test_why_is_the_outputs(digits, trained, tmp_path):
    X, y = digits
    why = trained.why(X[3])
    best = trained.outputs(X[3:4])[0].max()
    assert why.ok and why.value == pytest.approx(best, rel=1e-6)
    at = trained.why(X[3:4], "conv1[1,2,3]", gradient=True, label=y[3], trace=2, top=2, name="a three")
    weights = trained.get_weights()
    window = (X[3, 1:4, 2:5, :, None] * weights["conv1.weight"])[..., 3].sum() + weights["conv1.bias"][3]
    assert at.value == pytest.approx(window, rel=1e-5)
    assert "a three" in at.text and at.data["gradient"]["class"] == y[3]
    at.save(tmp_path / "why.html")
    assert (tmp_path / "why.html").read_text(encoding="utf-8") == at.page
    assert json.dumps(at.data)


def test_gradcheck(digits, trained):
    X, y = digits
    for check in (trained.gradcheck(), trained.gradcheck(X, y), Network(SMALL, (8, 8, 1)).gradcheck(batch=2)):
        assert check.passed
        assert "conv1.weight" in str(check) and check.data


def refused(error, match, do, *given, **named):
    with pytest.raises(error, match=match) as told:
        do(*given, **named)
    assert "\n" not in str(told.value)


def test_networks_that_are_refused():
    refused(ValueError, 'did you mean "linear"', Network, "lineer(10)", 3)
    refused(ValueError, "layer conv1", Network, "conv(8, 30) -> linear(10)", (8, 8, 1))
    refused(TypeError, "network is 5", Network, 5, 3)
    refused(ValueError, "input_shape is None", Network, "linear(3)")
    refused(TypeError, "input_shape is 'abc'", Network, "linear(3)", "abc")
    refused(ValueError, r"input_shape is \[1, 2\]", Network, "linear(3)", (1, 2))
    refused(ValueError, "input_shape is 0", Network, "linear(3)", (0,))
    refused(ValueError, "values together", Network, "linear(3)", (2**40,))
    refused(ValueError, "dtype is 'int8'", Network, "linear(3)", 3, dtype="int8")
    refused(ValueError, '"zz"', Network, "linear(3)", 3, init="zz")
    refused(ValueError, "seed is -1", Network, "linear(3)", 3, seed=-1)
    refused(ValueError, "3 classes apart", Network, "linear(3)", 3, classes=["a", "b"])
    refused(ValueError, "a label twice", Network, "linear(2)", 3, classes=["a", "a"])
    refused(TypeError, "classes is", Network, "linear(2)", 3, classes=[0.5, 1.5])
    assert Network("lenet5").input_shape == (28, 28, 1)


def test_data_that_is_refused(digits):
    X, y = digits
    net = Network(SMALL, input_shape=(8, 8, 1))
    fit = net.fit
    refused(ValueError, "y has 5 labels, expected 1797", fit, X, y[:5])
    refused(ValueError, r"numpy.moveaxis\(X, 1, -1\)", fit, X.transpose(0, 3, 1, 2), y)
    coloured = Network("linear(2)", (8, 8, 3))
    refused(ValueError, r"numpy.moveaxis\(X, 0, -1\)\[None\]", coloured.predict, np.zeros((3, 8, 8)))
    refused(ValueError, r"X\[None\]", net.predict, X[0])
    refused(ValueError, "expected", net.predict, X[:, :7])
    refused(ValueError, "no examples", fit, X[:0], y[:0])
    refused(ValueError, "no examples", net.evaluate, X[:0], y[:0])
    at = int(np.argmax(y > 4))
    refused(ValueError, rf"y\[{at}\] is {y[at] + 5}, expected one of 0, 1", net.evaluate, X, y + 5)
    refused(ValueError, r"y\[0\] is \d\.5, expected classes", fit, X, y + 0.5)
    refused(ValueError, r"y\[0\] is 'a'", net.evaluate, X, ["a"] * len(X))
    refused(ValueError, "different labels", fit, X, ["a"] * len(X))
    refused(ValueError, "11 different labels", fit, X, np.where(np.arange(len(y)) == 3, -1, y))
    refused(ValueError, "inhomogeneous", fit, [[1, 2], [3]], y)
    refused(TypeError, "complex", fit, X.astype(complex), y)
    refused(TypeError, "no numbers", fit, np.full((3, 64), {}), y)
    refused(TypeError, "masked", fit, np.ma.masked_less(X, 0.5), y)
    refused(ValueError, "not all zeros with a single 1", fit, X, np.ones((len(X), 10)))
    refused(RuntimeError, "not finite", fit, X * np.nan, y, verbose=False)
    refused(ValueError, "not finite", net.predict, X * np.nan)
    assert net.predict(X[:0]).shape == (0,) and net.outputs(X[:0]).shape == (0, 10)


def test_settings_that_are_refused(digits):
    X, y = digits
    fit = Network(SMALL, input_shape=(8, 8, 1)).fit
    for error, match, given in [
        (ValueError, "epochs is 0, expected a whole number from 1", {"epochs": 0}),
        (TypeError, "epochs is '3'", {"epochs": "3"}),
        (ValueError, "batch_size is 0", {"batch_size": 0}),
        (ValueError, '"adamm"', {"optimizer": "adamm"}),
        (TypeError, "optimizer is None", {"optimizer": None}),
        (ValueError, "weight decay", {"optimizer": "gd", "weight_decay": 0.1}),
        (ValueError, "cosine", {"schedule": "cos"}),
        (ValueError, "learning_rate is -1, expected a number from 1e-40", {"learning_rate": -1}),
        (TypeError, "learning_rate is 'x'", {"learning_rate": "x"}),
        (ValueError, "flip", {"augment": "flop"}),
        (ValueError, "cutout", {"augment": "cutout(9)"}),
        (TypeError, "validation_data", {"validation_data": X}),
        (TypeError, "validation_data", {"validation_data": 5}),
        (ValueError, r"validation_data\[1\]", {"validation_data": (X, y[:3])}),
        (TypeError, "callbacks has 3", {"callbacks": [3]}),
        (TypeError, "callbacks has 3", {"callbacks": 3}),
        (TypeError, "callbacks has the class EarlyStopping", {"callbacks": EarlyStopping}),
        (TypeError, "callbacks has the class EarlyStopping", {"callbacks": [EarlyStopping]}),
        (ValueError, "class_weight has 11", {"class_weight": {11: 3}}),
        (ValueError, "class_weight has 2 weights", {"class_weight": [1, 2]}),
        (TypeError, "class_weight is 3", {"class_weight": 3}),
        (ValueError, "class_weight is 'even'", {"class_weight": "even"}),
        (ValueError, "l2 is NaN", {"l2": float("nan")}),
        (ValueError, "label_smoothing is 1.5", {"label_smoothing": 1.5}),
        (ValueError, "seed is -1", {"seed": -1}),
        (ValueError, "monitor", {"callbacks": EarlyStopping(), "epochs": 1}),
    ]:
        refused(error, match, fit, X[:50] if match == "monitor" else X, y[:50] if match == "monitor" else y, verbose=False, **given)


def test_files_that_are_refused(trained, tmp_path):
    refused(FileNotFoundError, "nothing.safetensors", Network.load, tmp_path / "nothing.safetensors")
    (tmp_path / "text").write_text("no model")
    refused(ValueError, "text: ", Network.load, tmp_path / "text")
    refused(FileNotFoundError, "no", trained.save, tmp_path / "no" / "net.safetensors")
    refused(ValueError, "pickled", pickle.loads, pickle.dumps(trained).replace(b"softmax", b"softmin"))


def test_questions_that_are_refused(digits, trained):
    X, y = digits
    refused(ValueError, r"x has shape \(1797, 8, 8, 1\)", trained.why, X)
    refused(ValueError, '"conv9"', trained.why, X[0], "conv9[1,2,3]")
    refused(ValueError, r"label\[0\] is 99", trained.why, X[0], label=99)
    refused(ValueError, "trace is -1", trained.why, X[0], trace=-1)
    refused(ValueError, "expected X and y", trained.gradcheck, X)
    refused(ValueError, "tolerance", trained.gradcheck, tolerance=2)
    refused(ValueError, "'a' is no array", trained.set_weights, {"a": 1})
    refused(ValueError, r"conv1.weight has shape \(\)", trained.set_weights, {"conv1.weight": 1})
    refused(TypeError, "expected a dictionary", trained.set_weights, [1])
    open_ended = Network("linear(3)", 2)
    refused(ValueError, "neither softmax nor sigmoid", open_ended.predict_proba, np.zeros((1, 2)))


INTERRUPTED = """
import signal, threading, os, sys, time
import numpy as np
from stepnet import Network
# A shell has what it runs in the background ignore it, and what that runs inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)
X = np.random.default_rng(0).normal(size=(4000, 28, 28, 1)).astype(np.float32)
y = np.arange(4000) % 10
net = Network("lenet5")
before = net.get_weights()
def press(after):
    time.sleep(after)
    pressed.append(time.perf_counter())
    os.kill(os.getpid(), signal.SIGINT)
pressed = []
threading.Thread(target=press, args=(AFTER,)).start()
try:
    net.fit(X, y, epochs=10_000, verbose=False)
except KeyboardInterrupt:
    late = time.perf_counter() - pressed[0]
    changed = any((before[name] != weights).any() for name, weights in net.get_weights().items())
    print("stopped", late < 2, changed, net.history.epochs < 10_000, net.outputs(X[:1]).shape)
"""


@pytest.mark.parametrize("after", [0.15, 1.5])
def test_ctrl_c_stops_it_and_keeps_the_weights(after):
    done = subprocess.run([sys.executable, "-c", INTERRUPTED.replace("AFTER", str(after))], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "stopped True True True (1, 10)", done.stderr


def test_class_weights(digits):
    X, y = digits
    keep = np.concatenate([np.flatnonzero(y == 0)[:10], np.flatnonzero(y == 8)])
    given = {}
    for name, weight in [("none", None), ("balanced", "balanced"), ("dict", {0: 174 / 20, 8: 184 / 348})]:
        net = Network("linear(2) -> softmax", (8, 8, 1))
        net.fit(X[keep], y[keep], epochs=2, class_weight=weight, verbose=False)
        given[name] = net.get_weights()["linear1.weight"]
    assert (given["none"] != given["balanced"]).any()
    counts = np.bincount(y[keep])
    exact = {0: len(keep) / (2 * counts[0]), 8: len(keep) / (2 * counts[8])}
    net = Network("linear(2) -> softmax", (8, 8, 1))
    net.fit(X[keep], y[keep], epochs=2, class_weight=exact, verbose=False)
    np.testing.assert_allclose(net.get_weights()["linear1.weight"], given["balanced"], rtol=1e-6)


def test_exact_keeps_more_digits_beside_large_values():
    text = "conv(32, 3, same) -> conv(32, 3, same) -> globalavgpool"
    X = np.random.RandomState(0).randn(2, 16, 16, 32).astype(np.float32)
    X[:, ::5, ::7] *= 1e4
    usual, exact = Network(text, (16, 16, 32)), Network(text, (16, 16, 32), exact=True)
    double = Network(text, (16, 16, 32), dtype="float64")
    double.set_weights(usual.get_weights())
    truth = double.outputs(X.astype(np.float64))
    errors = [abs(net.outputs(X) - truth).max() for net in (exact, usual)]
    assert errors[0] < errors[1] / 2
    assert (usual.exact, exact.exact, copy.deepcopy(exact).exact, pickle.loads(pickle.dumps(exact)).exact) == (False, True, True, True)
    before = usual.outputs(X)
    usual.exact = True
    assert (usual.outputs(X) == exact.outputs(X)).all()
    usual.exact = False
    assert (usual.outputs(X) == before).all()
    with pytest.raises(TypeError, match="exact is 'yes', expected True or False"):
        usual.exact = "yes"


def test_exact_trains_by_the_direct_method(digits):
    X, y = digits
    text = "conv(32, 3, same) -> conv(32, 3, same) -> maxpool(4) -> linear(10) -> softmax"
    given = []
    for exact in (False, True):
        net = Network(text, (8, 8, 1), exact=exact)
        net.fit(X[:300], y[:300], epochs=1, verbose=False)
        assert net.exact == exact
        given.append(net.get_weights()["conv2.weight"])
    assert (given[0] != given[1]).any()
