"""What networks are given: labels and settings of every kind are taken as they are meant, or refused in one line."""

import os
import pickle
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stepnet
from stepnet import Network
from stepnet.callbacks import EarlyStopping

X = np.random.RandomState(0).randn(4, 3)
LARGE = 2**63


def network(**given):
    return Network("linear(2) -> softmax", 3, **given)


def refused(kind, match, call, *given, **named):
    with pytest.raises(kind, match=match) as told:
        call(*given, **named)
    text = str(told.value)
    assert "\n" not in text and len(text) < 2500, text[:300]


@pytest.mark.parametrize("labels", [
    [1.0, 0.0, float(LARGE), 1.0], [0.0, 1.0, 1e300, 0.0], [0.0, 1.0, -1e19, 0.0], np.array([0, 1, LARGE, 1], np.uint64),
    np.array([0, 1, LARGE, 0], object), np.array([0, 1, -LARGE - 1, 0], object), np.array([0, 1, 10**400, 0], object),
    np.array([0, 1, 1e25, 0], object), np.array([0, 1, np.nan, 0]), np.array([0, 1, np.inf, 0]),
    np.array([0, 1, None, 0], object), np.array(["a", "b", None, "a"], object), np.array(["a", "b", np.nan, "a"], object),
    np.array([0, 1, "1", 0], object), np.array([0, 1, 0.5, 0], object), np.array([0, 1, 1j, 0], object),
    np.array([0, 1, Decimal("1.5"), 0], object), np.array([0, 1, b"1", 0], object),
])
def test_labels_that_are_no_classes(labels):
    for call in (network().fit, network().evaluate, network(classes=[0, 1]).fit):
        refused(ValueError, r"y\[[02]\] is .*, expected", call, X, labels)


def test_labels_of_another_kind():
    refused(TypeError, "complex", network().fit, X, np.zeros(4, complex))
    refused(TypeError, "expected classes", network().fit, X, np.array([b"a", b"b", b"a", b"b"]))
    refused(TypeError, "datetime64", network().fit, X, np.zeros(4, "M8[s]"))
    refused(ValueError, "expected one of 0, 1", network().evaluate, X, [0, 1, 2, 0])
    refused(ValueError, "expected one of 0, 1", network().evaluate, X, [0, 1, -1, 0])
    refused(ValueError, "has 3 labels, expected 4", network().fit, X, [0, 1, 0])


@pytest.mark.parametrize(("labels", "known"), [
    (np.array([LARGE - 1, 5, 5, LARGE - 1], np.uint64), [5, LARGE - 1]),
    (np.array([LARGE - 1, LARGE - 2, LARGE - 1, LARGE - 2], object), [LARGE - 2, LARGE - 1]),
    (np.array([-LARGE, 5, 5, -LARGE], object), [-LARGE, 5]),
    (np.array([2.0**62, -(2.0**63), 2.0**62, 2.0**62]), [-LARGE, 2**62]),
    (np.array([Fraction(3), 4.0, Decimal(3), np.int8(4)], object), [3, 4]),
    (np.array([True, False, True, False], object), [False, True]),
    (["ä", "日本", "ä", "日本"], ["ä", "日本"]),
    (np.array(["x" * 1000, "y", "y", "y"]), ["x" * 1000, "y"]),
])
def test_labels_keep_their_values(tmp_path, labels, known):
    net = network()
    net.fit(X, labels, epochs=1, verbose=False)
    assert net.classes_.tolist() == known
    assert set(net.predict(X).tolist()) <= set(known)
    net.save(tmp_path / "net.safetensors")
    other = Network.load(tmp_path / "net.safetensors")
    assert [str(one) for one in other.classes_.tolist()] == [str(one) for one in known]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(
    st.integers(-(2**70), 2**70), st.floats(), st.booleans(), st.none(), st.text(max_size=3), st.binary(max_size=2)
), min_size=4, max_size=4))
def test_labels_are_told_apart_or_refused(labels):
    net = network()
    try:
        net.fit(X, np.array(labels, object), epochs=1, verbose=False)
    except (ValueError, TypeError) as error:
        assert "\n" not in str(error)
        return
    # Numpy takes off what strings end with.
    plain = [one.rstrip("\0") if isinstance(one, str) else one for one in labels]
    assert len(set(plain)) == len(set(net.classes_.tolist()) & set(plain)) <= 2
    assert net.evaluate(X, np.array(labels, object))["loss"] >= 0


@pytest.mark.parametrize(("examples", "kind", "match"), [
    (np.array([[1, "2", 3]] * 4, object), TypeError, "no numbers"),
    (np.array([[1, None, 3]] * 4, object), TypeError, "no numbers"),
    (np.zeros((4, 3), complex), TypeError, "complex"),
    (np.zeros((4, 3), "M8[s]"), TypeError, "datetime64"),
    (np.zeros((0, 3)), ValueError, "no examples"),
    ({"a": 1}, TypeError, "no numbers"),
    (None, TypeError, "no numbers"),
])
def test_examples_that_are_refused(examples, kind, match):
    refused(kind, match, network().fit, examples, [0, 1, 0, 1][: len(examples) if np.ndim(examples) else 4])


def test_sparse_matrices_say_how_they_become_arrays():
    sparse = pytest.importorskip("scipy.sparse")
    for make in (sparse.csr_matrix, sparse.coo_array):
        refused(TypeError, r"sparse matrix.*\.toarray\(\)", network().fit, make(X), [0, 1, 0, 1])


@pytest.mark.parametrize("dtype", ["float16", "longdouble", "int8", "uint16", "int64", "uint64", "bool", ">i4", object])
def test_examples_of_every_type_of_numbers(dtype):
    given = (np.arange(12).reshape(4, 3) % 2).astype(dtype)
    net = network()
    np.testing.assert_array_equal(net.outputs(given), net.outputs((np.arange(12).reshape(4, 3) % 2).astype(float)))


FIT = {"X": X, "y": [0, 1, 0, 1], "verbose": False}


@pytest.mark.parametrize(("name", "value", "kind"), [
    ("epochs", True, TypeError), ("epochs", np.True_, TypeError), ("epochs", 2.0, TypeError), ("batch_size", False, TypeError),
    ("learning_rate", True, TypeError), ("l2", "0.1", TypeError), ("seed", 2**32, ValueError), ("shuffle", "no", TypeError),
    ("shuffle", 2, TypeError), ("verbose", "yes", ValueError), ("reset", None, TypeError), ("initial_epoch", True, TypeError),
    ("optimizer", b"adam", TypeError), ("schedule", "\ud800", ValueError), ("augment", 3, TypeError),
    ("clip_norm", float("nan"), ValueError), ("ema", 1.0, ValueError), ("class_weight", [1, True], TypeError),
])
def test_settings_of_the_wrong_kind(name, value, kind):
    refused(kind, f"{name}|{name.replace('_', ' ')}|decay|norm", network().fit, **{**FIT, name: value})


@pytest.mark.parametrize(("name", "value"), [
    ("epochs", np.int8(1)), ("epochs", np.array(1)), ("batch_size", np.uint64(2)), ("learning_rate", np.float32(0.5)),
    ("learning_rate", Fraction(1, 2)), ("optimizer", np.str_("gd")), ("shuffle", np.False_), ("shuffle", 0), ("seed", np.int64(3)),
])
def test_settings_as_numpy_has_them(name, value):
    net = network()
    net.fit(**{**FIT, "epochs": 1, name: value})


def test_switches_of_other_functions():
    net = network()
    refused(TypeError, "gradient is 'no', expected True or False", net.why, X[0], gradient="no")
    refused(TypeError, "trace is True", net.why, X[0], trace=True)
    refused(TypeError, "optimizer is 1.0", net.save, "x", optimizer=1.0)
    refused(TypeError, "patience is 'x'", EarlyStopping, patience="x")
    refused(TypeError, "restore_best_weights is 'no'", EarlyStopping, restore_best_weights="no")
    refused(TypeError, "skip_bad is 'no'", stepnet.data.load, ".", skip_bad="no")
    refused(TypeError, "path is 3, expected a path", stepnet.data.load, 3)
    refused(TypeError, "path is None, expected a path", net.save, None)
    refused(TypeError, "path is None, expected a path", Network.load, None)


LONG = "x" * 10_000_000


@pytest.mark.parametrize("call", [
    lambda: Network(LONG, 3), lambda: Network(f"conv({LONG})", (8, 8, 1)), lambda: Network("linear(2)", 3, init=LONG),
    lambda: Network("linear(2)", 3, dtype=LONG), lambda: Network("linear(2)", LONG), lambda: Network("linear(2)", 3, seed=LONG),
    lambda: network().fit(**{**FIT, "optimizer": LONG}), lambda: network().fit(**{**FIT, "schedule": LONG}),
    lambda: network().fit(**{**FIT, "augment": LONG}), lambda: network().fit(**{**FIT, "class_weight": LONG}),
    lambda: network().fit(**{**FIT, "class_weight": {LONG: 1}}), lambda: network().fit(**{**FIT, "epochs": LONG}),
    lambda: network().fit(**{**FIT, "epochs": list(range(10**6))}), lambda: network().fit(X, [LONG, "b", "c", "c"]),
    lambda: network(classes=["a", "b"]).fit(X, ["a", LONG, "b", "b"]), lambda: network().fit(X, LONG),
    lambda: network(classes=[LONG, LONG]), lambda: network().why(X[0], LONG), lambda: network().why(X[0], label=LONG),
    lambda: network().set_weights({LONG: 1}), lambda: network().gradcheck(loss=LONG), lambda: network().gradcheck(eps=LONG),
    lambda: Network.load(LONG), lambda: Network.load(LONG.encode()), lambda: network().save(LONG), lambda: stepnet.data.load(LONG),
    lambda: stepnet.data.load(".", part=LONG), lambda: stepnet.data.load(".", resize=LONG), lambda: stepnet.data.load(".", size=LONG),
    lambda: EarlyStopping(monitor=LONG), lambda: network().fit(LONG, [0]), lambda: network().evaluate(LONG),
])
def test_values_are_cut_in_messages(call):
    with pytest.raises((ValueError, TypeError, OSError)) as told:
        call()
    text = str(told.value)
    assert len(text) < 5000 and "\n" not in text, (len(text), text[:300])


@pytest.mark.skipif(sys.platform == "darwin", reason="names of files are text there")
def test_paths_of_every_kind(tmp_path):
    net = network()
    net.fit(**{**FIT, "epochs": 1})
    for name in ("plain", "ä 日本", os.fsdecode(b"\xff\xfe"), "line\nend"):
        path = tmp_path / f"{name}.safetensors"
        for given in (path, str(path), os.fsencode(path)):
            net.save(given)
            np.testing.assert_array_equal(Network.load(given).outputs(X), net.outputs(X))
    np.savez(tmp_path / "ä.npz", x=np.ones((4, 2, 2), np.uint8), y=[0, 1, 0, 1])
    for given in (tmp_path / "ä.npz", str(tmp_path / "ä.npz"), os.fsencode(tmp_path / "ä.npz")):
        assert stepnet.data.load(given)[0].shape == (4, 2, 2, 1)


def test_class_names_without_half_of_a_character():
    refused(ValueError, "half a character", network().fit, X, ["a", "\ud800", "a", "a"])
    refused(ValueError, "half a character", network, classes=["a", "\ud800"])


@pytest.mark.parametrize("name", ["nonsense", "avx9", " ", "é"])
def test_instruction_sets_that_are_not_there(name):
    environment = {**os.environ, "STEPNET_ISA": name}
    done = subprocess.run([sys.executable, "-c", "import stepnet"], env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(f"ValueError: environment: STEPNET_ISA is {name}, expected") and "portable" in last, last


@pytest.mark.parametrize("name", ["portable", "Portable", ""])
def test_instruction_sets_that_are_there(name):
    environment = {**os.environ, "STEPNET_ISA": name}
    subprocess.run([sys.executable, "-c", "import stepnet"], env=environment, check=True)


def test_gradient_checks_take_the_commands_options():
    net = Network("conv(2, 3) -> relu -> maxpool(2) -> linear(3) -> softmax", (8, 8, 1))
    rng = np.random.default_rng(0)
    pictures, labels = rng.normal(size=(5, 8, 8, 1)), [0, 1, 2, 0, 1]
    still, again, moved = (net.gradcheck(pictures, labels, jitter=share) for share in (0, 0.0, 0.5))
    assert still.passed and still.data == again.data != moved.data
    assert still.data["cost"] == pytest.approx(net.evaluate(pictures[:3], labels[:3])["loss"], rel=1e-5)
    other = net.gradcheck(pictures, labels, jitter=0, loss="mean-squared-error")
    assert other.data["loss"] == "mean-squared-error" and other.data["cost"] != still.data["cost"]
    assert net.gradcheck(loss="softmax-cross-entropy").passed
    refused(ValueError, "jitter is 2.0, expected a share from 0 to 1", net.gradcheck, pictures, labels, jitter=2)
    refused(ValueError, "jitter is nan", net.gradcheck, pictures, labels, jitter=float("nan"))
    refused(TypeError, "jitter is None", net.gradcheck, pictures, labels, jitter=None)
    refused(ValueError, "loss", net.gradcheck, loss="hinge")
    refused(ValueError, "time_limit is -1", net.gradcheck, time_limit=-1)


def test_settings_of_the_command_are_settings_of_fit():
    X, y = np.random.RandomState(0).randn(12, 5), np.arange(12) % 3
    rest = {"epochs": 4, "batch_size": None, "shuffle": False, "verbose": False, "learning_rate": 0.1}

    def fit(**given):
        net = Network("linear(3) -> softmax", 5, dtype="float64")
        net.fit(X, y, **{**rest, **given})
        return net.get_weights()["linear1.weight"]

    classic = {"optimizer": "classic-momentum", "schedule": "constant"}
    plain = fit(**classic)
    for given in ({"nesterov": True}, {"clip_value": 0.01}, {"warm_up": 0.5}, {"warm_up": 2}, {"ema": 0.5}):
        assert (fit(**classic, **given) != plain).any(), given
    for alike in (2, "2", "2 epochs", 0.5, "50%"):
        np.testing.assert_array_equal(fit(**classic, warm_up=alike), fit(**classic, warm_up=2))
    np.testing.assert_array_equal(fit(**classic, warm_up=0), plain)
    refused(ValueError, "clip_norm cannot be used with clip_value", fit, clip_norm=1, clip_value=1)
    np.testing.assert_array_equal(fit(**classic, average=0.5), fit(**classic, ema=0.5))
    refused(ValueError, "ema and average, its older name, are both given", fit, ema=0.5, average=0.5)
    refused(ValueError, r"looks ahead \(Nesterov\) is adam, expected classic-momentum", fit, nesterov=True)
    refused(ValueError, "less than the 4 epochs", fit, warm_up=4)
    refused(ValueError, "warm_up is ", fit, warm_up=1.5)
    refused(ValueError, "clip_value|largest gradient", fit, clip_value=-1.0)
    refused(TypeError, "nesterov", fit, nesterov="yes")
    refused(TypeError, "warm_up", fit, warm_up=True)


def test_pickles_of_earlier_versions():
    """Made by version 0.1.0 before trainings went on: what they say is what they do."""
    found = sorted((Path(__file__).parent / "pickles").glob("*.pickle"))
    assert found
    for path in found:
        net = pickle.loads(path.read_bytes())
        told = np.load(path.with_suffix(".npz"))
        np.testing.assert_allclose(net.outputs(told["bytes"]), told["of_bytes"], rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(net.outputs(told["floats"]), told["of_floats"], rtol=1e-5, atol=1e-7)
        net.fit(told["floats"], [0, 1, 0, 1], epochs=1, verbose=False)
