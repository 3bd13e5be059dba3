"""Networks keep themselves prepared for predictions: whatever changes a number of a network ends that."""

import copy
import dataclasses
import pickle
import threading

import numpy as np
import pytest

import stepnet

TEXT = "conv(6, 3, same) -> bn -> relu -> maxpool(2) -> conv(32, 3, same) -> conv(32, 3, same) -> linear(3) -> softmax"
SHAPE = (16, 16, 2)
X = np.random.RandomState(1).rand(40, *SHAPE).astype(np.float32)
Y = np.arange(40) % 3


def network(**settings):
    return stepnet.Network(TEXT, input_shape=SHAPE, classes=3, **settings)


def fresh(net):
    """What a network gives that never predicted before."""
    return pickle.loads(pickle.dumps(net)).outputs(X)


def fit(net, folder):
    net.fit(X, Y, epochs=1, verbose=False)
    return net


def fit_with_a_look(net, folder):
    """Predictions in the middle of a training, after each epoch."""
    seen = []

    def look(epoch, logs):
        seen.append(net.outputs(X))
        assert np.array_equal(seen[-1], fresh(net))

    net.fit(X, Y, epochs=3, verbose=False, callbacks=look, validation_data=(X, Y))
    assert len(seen) == 3 and not np.array_equal(seen[0], seen[1]) and not np.array_equal(seen[1], seen[2])
    return net


def stop_a_fit(net, folder):
    def stop(epoch, logs):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        net.fit(X, Y, epochs=2, verbose=False, callbacks=stop)
    return net


def set_a_weight(net, folder):
    net.set_weights({"conv1.bias": net.get_weights()["conv1.bias"] + 1})
    return net


def set_a_running_statistic(net, folder):
    net.set_weights({"bn1.mean": net.get_weights()["bn1.mean"] + 0.25})
    return net


def set_exact(net, folder):
    net.exact = True
    return net


def set_the_preprocessing(net, folder):
    net.preprocessing = dataclasses.replace(net.preprocessing, divisor=2)
    return net


def load(net, folder):
    other = network(seed=5)
    other.outputs(X)
    other.save(folder / "other.safetensors")
    return stepnet.Network.load(folder / "other.safetensors")


def change_a_copy(net, folder):
    return set_a_weight(copy.deepcopy(net), folder)


@pytest.mark.parametrize(
    "change",
    [
        fit,
        fit_with_a_look,
        stop_a_fit,
        set_a_weight,
        set_a_running_statistic,
        set_exact,
        set_the_preprocessing,
        load,
        change_a_copy,
    ],
)
def test_a_change_of_a_network_changes_its_next_predictions(change, tmp_path):
    net = network()
    before = net.outputs(X)
    assert np.array_equal(net.outputs(X), before)
    changed = change(net, tmp_path)
    after = changed.outputs(X)
    assert not np.array_equal(after, before)
    assert np.array_equal(after, changed.outputs(X))
    if change is not set_exact:
        # A pickle has that, too; a file has not.
        assert np.array_equal(after, fresh(changed))
    if changed is not net:
        assert np.array_equal(net.outputs(X), before)


def test_exact_networks_can_be_set_back():
    net = network()
    usual = net.outputs(X)
    net.exact = True
    exact = net.outputs(X)
    assert not np.array_equal(exact, usual)
    assert np.array_equal(exact, network(exact=True).outputs(X))
    net.exact = False
    assert np.array_equal(net.outputs(X), usual)


def test_arrays_of_weights_are_copies():
    net = network()
    before = net.outputs(X)
    for array in net.get_weights().values():
        array += 1
    assert np.array_equal(net.outputs(X), before)


def test_what_is_written_into_outputs_stays_there():
    net = network()
    before = net.outputs(X)
    kept = before.copy()
    before[:] = 7
    assert np.array_equal(net.outputs(X), kept)
    assert before.min() == 7


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_outputs_of_an_example_do_not_depend_on_its_batch(dtype):
    net = network(dtype=dtype)
    outputs = net.outputs(X)
    assert outputs.dtype == dtype
    for size in (1, 2, 3, 5, 17, 40, 4, 1):
        assert np.array_equal(net.outputs(X[:size]), outputs[:size])
        assert np.array_equal(net.outputs(X[-size:]), outputs[-size:])
    many = np.concatenate([X] * 15)
    assert np.array_equal(net.outputs(many), np.concatenate([outputs] * 15))
    assert net.outputs(X[:0]).shape == (0, 3)


def test_threads_predict_at_the_same_time():
    net = network()
    expected = net.outputs(X)
    wrong = []

    def ask(number):
        for turn in range(40):
            first, size = (number + turn) % 20, 1 + (7 * turn + number) % 20
            if not np.array_equal(net.outputs(X[first : first + size]), expected[first : first + size]):
                wrong.append((number, turn))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_change_while_others_predict_is_seen_by_the_calls_after_it():
    net, other = network(), network(seed=9)
    whole = [net.outputs(X), other.outputs(X)]
    weights = [net.get_weights(), other.get_weights()]
    strange = []
    stop = threading.Event()

    def ask():
        while not stop.is_set():
            outputs = net.outputs(X)
            if not any(np.array_equal(outputs, one) for one in whole):
                strange.append(outputs)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for turn in range(30):
        net.set_weights(weights[turn % 2])
        assert np.array_equal(net.outputs(X), whole[turn % 2])
    stop.set()
    for thread in threads:
        thread.join()
    assert not strange


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_raw_values_become_inputs_channel_by_channel(channels, dtype):
    net = stepnet.Network("conv(3, 3) -> linear(2) -> softmax", input_shape=(6, 5, channels), classes=2)
    raw = np.random.RandomState(3).randint(0, 256, (7, 6, 5, channels)).astype(dtype)
    mean, deviation = (0.25, 0.5, 0.125)[:channels], (2.0, 0.5, 4.0)[:channels]
    plain = dataclasses.replace(net.preprocessing, divisor=1.0)
    net.preprocessing = plain
    values = (raw.astype(np.float32) / np.float32(255) - np.float32(mean)) / np.float32(deviation)
    expected = net.outputs(values)
    net.preprocessing = dataclasses.replace(
        plain, divisor=255.0, picture_divisor=255.0, mean=mean, deviation=deviation
    )
    assert np.array_equal(net.outputs(raw), expected)
