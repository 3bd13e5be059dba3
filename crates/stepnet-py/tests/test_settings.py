"""The settings of a training are those of the library's table: each as a keyword argument, with its documentation."""

import inspect
import re

import numpy as np
import pytest

from stepnet import Network, _native
from stepnet._keywords import KEEPING, NETWORK, SETTINGS

# A value for each type of settings that is no default, and those that only some notations take.
VALUES = [True, False, 3, 64, 0.25, 0.5, "gd", "constant", "flip, crop(2)", "sampling", "conv1", "all", "gradients", "frozen", "fast", "20 steps", [2.0, 1.0], {"a": 2.0}]


def kept(name, value):
    try:
        return _native.settings_kept("fit", {name: value}).get(name)
    except (TypeError, ValueError):
        return None


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_round_trips(name):
    default = _native.settings_kept("fit", {}).get(name)
    given = {repr(value): kept(name, value) for value in VALUES}
    others = {shown: value for shown, value in given.items() if value is not None and value != default}
    assert others, "no value of the list is one of this setting: add one"
    for value in others.values():
        assert kept(name, value) == value


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_documented_and_in_the_signature(name):
    parameter = inspect.signature(Network.fit).parameters[name]
    assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
    assert parameter.default == (10 if name == "epochs" else SETTINGS[name].default)
    documentation = inspect.getdoc(Network.fit)
    assert f"\n{name} : {SETTINGS[name].kind.split(',')[0]}" in documentation
    assert "{settings}" not in documentation and not re.search(r"--\w", documentation)


@pytest.mark.parametrize("name", SETTINGS)
def test_what_is_no_value_of_a_setting_names_it(name):
    X, y = np.eye(4), [0, 1, 0, 1]
    for wrong in (object(), 1j, b"x", float("nan"), -(10**30), ["\ud800"], {"a": object()}):
        with pytest.raises((TypeError, ValueError), match=name):
            Network("linear(2) -> softmax", 4).fit(X, y, verbose=False, **{"epochs": 1, name: wrong})


OTHERS = {"targets": "numbers", "init": "0.01", "loss": "huber", "dtype": "float64", "exact": True, "seed": 7}


@pytest.mark.parametrize("name", NETWORK)
def test_every_setting_of_networks_is_of_the_table(name):
    parameter = inspect.signature(Network).parameters[name]
    assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
    assert parameter.default == NETWORK[name].default
    assert f"\n{name} : {NETWORK[name].kind.split(',')[0]}" in inspect.getdoc(Network)
    for wrong in (object(), 1j, float("nan"), -(10**30), "no such", b"x"):
        with pytest.raises((TypeError, ValueError), match=f"Network: {name}"):
            Network("linear(1)", 4, **{name: wrong})
    kept = _native.settings_kept("Network", {name: OTHERS[name]})
    assert kept[name] == (0.01 if name == "init" else OTHERS[name])


def test_settings_of_networks_reach_them():
    net = Network("linear(1)", 4, **OTHERS)
    assert (net.targets, net.dtype, net.exact, net._net.loss) == ("numbers", np.float64, True, "huber")
    plain = Network("linear(1)", 4, dtype="float64").get_weights()["linear1.weight"]
    small = net.get_weights()["linear1.weight"]
    assert np.abs(small).max() < np.abs(plain).max() and (small != plain).all()
    for dtype in (np.float32, "f4", np.dtype("float32")):
        assert Network("linear(1)", 4, dtype=dtype).dtype == np.float32
    assert Network("linear(1)", 4, init=0.01, seed=np.int64(7), dtype=float).get_weights()["linear1.weight"].tobytes() == small.tobytes()
    with pytest.raises(TypeError, match=r"Network\(\) got an unexpected keyword argument 'sed'; did you mean seed\?"):
        Network("linear(1)", 4, sed=1)


@pytest.mark.parametrize("estimator", ["ConvNetClassifier", "ConvNetRegressor"])
def test_estimators_have_the_documentation_of_their_settings(estimator):
    sklearn = pytest.importorskip("stepnet.sklearn", exc_type=ImportError)
    documentation = inspect.getdoc(getattr(sklearn, estimator))
    assert "\ndtype : " in documentation and "\noptimizer : str" in documentation and "{" + "settings}" not in documentation
    for name in KEEPING:
        assert f"\n{name} : " not in documentation


def test_settings_are_checked_before_the_examples():
    fit = Network("linear(2) -> softmax", 4).fit
    for wrong in ({"epochs": 0}, {"learning_rate": "x"}, {"label_smoothing": 1}):
        with pytest.raises((TypeError, ValueError), match=next(iter(wrong))):
            fit("no examples", None, **wrong)


def test_a_name_that_is_none_is_refused_as_python_does():
    fit = Network("linear(2) -> softmax", 4).fit
    with pytest.raises(TypeError, match=r"fit\(\) got an unexpected keyword argument 'learning_rat'; did you mean learning_rate\?"):
        fit(np.eye(4), [0, 1, 0, 1], learning_rat=0.1)


def test_settings_that_only_the_command_had():
    random = np.random.RandomState(0)
    X, y = random.randn(60, 4), (random.rand(60) < 0.15).astype(int)

    def weights(**given):
        net = Network("linear(3) -> relu -> linear(2) -> softmax", 4, dtype="float64")
        net.fit(X, y, **{"epochs": 3, "verbose": False, **given})
        return net.get_weights()

    plain = weights()
    sampled, weighed = weights(balance="sampling"), weights(balance="weights")
    for other in (sampled, weighed):
        assert (other["linear2.weight"] != plain["linear2.weight"]).any()
    same = weights(class_weight="balanced")
    assert all((weighed[name] == same[name]).all() for name in plain)
    assert all((weights(workers=3)[name] == plain[name]).all() for name in plain)
    first = Network("linear(3) -> relu -> linear(2) -> softmax", 4, dtype="float64").get_weights()
    for layers in ("linear1", ["linear1"], 1):
        frozen = weights(freeze=layers)
        assert (frozen["linear1.weight"] == first["linear1.weight"]).all()
        assert (frozen["linear2.weight"] != first["linear2.weight"]).any()
    for given, said in [
        ({"freeze": "conv9"}, "conv9"),
        ({"freeze": "linear"}, "nothing to train"),
        ({"balance": "sampling", "shuffle": False}, "shuffle=False"),
        ({"balance": "sampling", "class_weight": "balanced"}, "balance"),
        ({"min_delta": 0.1}, "min_delta is given without early_stop"),
        ({"early_stop": 2}, "early_stop needs validation_data"),
    ]:
        with pytest.raises(ValueError, match=said):
            weights(**given)


def test_layers_that_were_frozen_train_again():
    X, y = np.random.RandomState(0).randn(40, 4), np.arange(40) % 2
    net = Network("linear(3) -> relu -> linear(2) -> softmax", 4)
    net.fit(X, y, epochs=1, freeze="linear1", verbose=False)
    before = net.get_weights()["linear1.weight"]
    net.fit(X, y, epochs=1, verbose=False)
    assert (net.get_weights()["linear1.weight"] != before).any()


def test_early_stopping_keeps_the_best_weights():
    random = np.random.RandomState(1)
    X, y = random.randn(80, 4), random.randint(0, 2, 80)
    net = Network("linear(8) -> relu -> linear(2) -> softmax", 4)
    test = X[40:], y[40:]
    history = net.fit(X[:40], y[:40], epochs=60, early_stop=3, validation_data=test, learning_rate=0.05, verbose=False)
    scores = list(zip(history.history["val_accuracy"], [-loss for loss in history.history["val_loss"]]))
    best = scores.index(max(scores))
    assert len(scores) == best + 4 < 60
    found = net.evaluate(*test)
    assert (found["accuracy"], -found["loss"]) == pytest.approx(scores[best])
