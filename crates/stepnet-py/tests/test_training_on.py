"""Training that goes on: one `fit` after another."""

import copy
import pickle

import numpy as np
import pytest

import stepnet
from stepnet import Network
from stepnet.callbacks import EarlyStopping

SMALL = "conv(4, 3) -> bn -> relu -> dropout(0.2) -> maxpool(2) -> linear(10) -> softmax"


@pytest.fixture(scope="module")
def digits():
    X, y = stepnet.data.digits()
    return X[:300], y[:300]


def network():
    return Network(SMALL, input_shape=(8, 8, 1), seed=3)


def bits(net):
    return {name: array.tobytes() for name, array in net.get_weights().items()}


STEADY = {"schedule": "constant", "augment": "crop(1)", "verbose": False}


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "gd", "momentum", "classic-momentum"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_epoch_and_one_are_two(digits, optimizer, dtype):
    nets = [Network(SMALL, (8, 8, 1), seed=3, dtype=dtype) for _ in range(2)]
    nets[0].fit(*digits, epochs=2, optimizer=optimizer, **STEADY)
    for _ in range(2):
        nets[1].fit(*digits, epochs=1, optimizer=optimizer, **STEADY)
    assert bits(nets[0]) == bits(nets[1])


@pytest.mark.parametrize("given", [
    {"schedule": "step(0.5, 2)"}, {"schedule": "exponential(0.9)"}, {"schedule": "decay(0.5)"}, {"ema": 0.9},
    {"l2": 0.1, "clip_norm": 1.0}, {"optimizer": "classic-momentum", "nesterov": True, "clip_value": 0.01}, {"batch_size": None}, {"shuffle": False}, {"label_smoothing": 0.1},
    {"class_weight": "balanced"},
])
def test_parts_of_any_length_are_the_whole(digits, given):
    settings = {**STEADY, **given}
    whole, parts = network(), network()
    whole.fit(*digits, epochs=5, **settings)
    for epochs in (1, 3, 1):
        parts.fit(*digits, epochs=epochs, **settings)
    assert bits(whole) == bits(parts)


@pytest.mark.parametrize("way", ["pickle", "copy", "deepcopy", "file", "file of strings"])
def test_copies_and_files_go_on_as_the_network_would(digits, way, tmp_path):
    X, y = digits
    y = y.astype(str) if way == "file of strings" else y
    whole, parts = network(), network()
    whole.fit(X, y, epochs=2, ema=0.9, **STEADY)
    parts.fit(X, y, epochs=1, ema=0.9, **STEADY)
    between = bits(parts)
    if way == "pickle":
        other = pickle.loads(pickle.dumps(parts))
    elif way.startswith("file"):
        parts.save(tmp_path / "net.safetensors")
        other = Network.load(tmp_path / "net.safetensors")
    else:
        other = getattr(copy, way)(parts)
    assert bits(other) == between, "what the network has is the average"
    other.fit(X, y.astype(other.classes_.dtype), epochs=1, ema=0.9, **STEADY)
    assert bits(other) == bits(whole)
    assert bits(parts) == between, "the other trained by itself"


def test_a_file_without_the_optimizer_starts_anew(digits, tmp_path):
    net = network()
    net.fit(*digits, epochs=1, **STEADY)
    full, bare = tmp_path / "full.safetensors", tmp_path / "bare.safetensors"
    net.save(full)
    net.save(bare, optimizer=False)
    assert full.stat().st_size > 2 * bare.stat().st_size
    anew = Network.load(bare)
    assert bits(anew) == bits(net)
    anew.fit(*digits, epochs=1, **STEADY)
    net.fit(*digits, epochs=1, reset=True, **STEADY)
    assert bits(anew) == bits(net)


def test_a_reset_starts_the_optimizer_and_the_epochs_anew(digits):
    net = network()
    net.fit(*digits, epochs=2, **STEADY)
    fresh = network()
    fresh.set_weights(net.get_weights())
    on = copy.deepcopy(net)
    for one, given in ((net, {"reset": True}), (fresh, {}), (on, {})):
        one.fit(*digits, epochs=1, **STEADY, **given)
    assert bits(net) == bits(fresh) != bits(on)


def test_a_training_that_was_stopped_can_be_completed(digits):
    whole, parts = network(), network()
    settings = {**STEADY, "schedule": "cosine"}
    seen = []

    def stop(epoch, logs):
        seen.append(epoch)
        parts.stop_training = epoch == 1

    history = whole.fit(*digits, epochs=4, **settings)
    parts.fit(*digits, epochs=4, callbacks=stop, **settings)
    rest = parts.fit(*digits, epochs=4, initial_epoch=2, callbacks=lambda epoch, logs: seen.append(epoch), **settings)
    assert bits(whole) == bits(parts)
    assert seen == [0, 1, 2, 3]
    assert rest["loss"] == history["loss"][2:] and rest["learning_rate"] == history["learning_rate"][2:]


def test_the_first_epoch_is_counted_where_lines_are_printed(digits, capsys):
    net = network()
    net.fit(*digits, epochs=3, initial_epoch=2)
    assert capsys.readouterr().out.startswith("epoch 3/3: ")
    net.fit(*digits, epochs=1)
    assert capsys.readouterr().out.startswith("epoch 1/1: ")


def test_schedules_over_a_training_begin_again(digits):
    net = network()
    first = net.fit(*digits, epochs=3, verbose=False)["learning_rate"]
    assert net.fit(*digits, epochs=3, verbose=False)["learning_rate"] == first
    step = {"schedule": "step(0.5, 2)", "learning_rate": 0.01, "verbose": False}
    # The seventh epoch of all is the first of this call.
    assert net.fit(*digits, epochs=3, **step)["learning_rate"] == [0.00125, 0.00125, 0.000625]


def test_settings_may_change_in_between(digits):
    X, y = digits
    net = network()
    net.fit(X, y, epochs=2, **STEADY)
    net.fit(X[:90], y[:90], epochs=1, batch_size=7, learning_rate=1e-4, **STEADY)
    net.fit(X, y, epochs=1, ema=0.9, **STEADY)
    net.fit(X, y, epochs=1, **STEADY)
    before = bits(net)
    # Of another optimizer there is nothing to go on from; the epochs are counted on.
    fresh = network()
    fresh.set_weights(net.get_weights())
    net.fit(X, y, epochs=1, optimizer="classic-momentum", **STEADY)
    fresh.fit(X, y, epochs=6, initial_epoch=5, optimizer="classic-momentum", **STEADY)
    assert bits(net) == bits(fresh) != before


def test_weights_put_in_are_what_training_goes_on_from(digits):
    nets = [network() for _ in range(2)]
    for net in nets:
        net.fit(*digits, epochs=1, ema=0.9, **STEADY)
    given = {name: array * 0 for name, array in nets[0].get_weights().items()}
    for net in nets:
        net.set_weights(given)
    nets[0].fit(*digits, epochs=1, optimizer="gd", ema=0.5, learning_rate=1e-30, **STEADY)
    weights = nets[0].get_weights()
    assert all(abs(weights[name]).max() < 1e-20 for name in weights if name.split(".")[1] in ("weight", "bias"))


def test_a_callbacks_exception_leaves_a_network_that_goes_on(digits):
    whole, parts = network(), network()

    def fail(epoch, logs):
        raise KeyError("mine")

    whole.fit(*digits, epochs=2, **STEADY)
    with pytest.raises(KeyError):
        parts.fit(*digits, epochs=2, callbacks=fail, **STEADY)
    parts.fit(*digits, epochs=1, **STEADY)
    assert bits(whole) == bits(parts)


def test_a_pickle_made_by_a_callback_goes_on(digits):
    net, kept = network(), []
    net.fit(*digits, epochs=3, callbacks=lambda epoch, logs: kept.append(pickle.dumps(net)), **STEADY)
    other = pickle.loads(kept[1])
    other.fit(*digits, epochs=1, **STEADY)
    assert bits(other) == bits(net)


def test_a_training_that_diverged_leaves_what_was_before(digits):
    whole, net = network(), network()
    whole.fit(*digits, epochs=2, **STEADY)
    net.fit(*digits, epochs=1, **STEADY)
    with pytest.raises(RuntimeError):
        net.fit(*digits, epochs=1, optimizer="gd", learning_rate=1e38, **STEADY)
    net.fit(*digits, epochs=1, **STEADY)
    assert bits(whole) == bits(net)


def test_early_stopping_may_come_before(digits):
    X, y = digits
    net = network()
    stopping = EarlyStopping(patience=1)
    net.fit(X, y, epochs=30, learning_rate=0.1, callbacks=stopping, validation_data=(X[:50], y[:50]), **STEADY)
    assert stopping.best == net.evaluate(X[:50], y[:50])["loss"]
    net.fit(X, y, epochs=1, **STEADY)


@pytest.mark.parametrize("given", [{"initial_epoch": 3}, {"initial_epoch": -1}, {"initial_epoch": 10}])
def test_first_epochs_that_are_refused(digits, given):
    with pytest.raises(ValueError, match=rf"initial_epoch is {given['initial_epoch']}, expected 0 to 2"):
        network().fit(*digits, epochs=3, **given)
