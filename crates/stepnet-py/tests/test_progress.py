"""What a training shows while it runs, and the learning rate between its epochs."""

import io
import pickle
import sys

import numpy as np
import pytest

import stepnet
from stepnet import _progress
from stepnet.callbacks import Callback, LearningRateScheduler

X = np.random.default_rng(0).normal(size=(40, 4)).astype("f4")
Y = (X[:, 0] > 0).astype(int)


def network():
    return stepnet.Network("linear(2) -> softmax", input_shape=(4,))


@pytest.fixture
def watched(monkeypatch):
    pytest.importorskip("tqdm")
    monkeypatch.setattr(_progress, "is_watched", lambda: True)


def test_lines_are_printed_where_nobody_looks_on(capsys):
    network().fit(X, Y, epochs=2)
    out, err = capsys.readouterr()
    assert [line[:10] for line in out.splitlines()] == ["epoch 1/2:", "epoch 2/2:"]
    assert err == ""


def test_a_terminal_shows_a_bar_and_keeps_the_lines(watched, capsys):
    network().fit(X, Y, epochs=3, validation_data=(X, Y))
    out, err = capsys.readouterr()
    assert "epoch 1/3:   0%" in err
    assert [line[:10] for line in out.splitlines()] == ["epoch 1/3:", "epoch 2/3:", "epoch 3/3:"]
    # The bar is wiped away.
    assert err.endswith("\r") and err.rstrip("\r").endswith(" ")


def test_a_bar_alone_stays_with_the_last_scores(watched, capsys):
    history = network().fit(X, Y, epochs=3, validation_data=(X, Y), verbose="bar")
    out, err = capsys.readouterr()
    assert out == ""
    last = err.rstrip("\n").split("\r")[-1]
    assert last.startswith("epoch 3/3: 100%|")
    assert f"loss {history['loss'][-1]:.4f}" in last and f"accuracy {history['val_accuracy'][-1]:.4f}" in last


def test_lines_alone_and_nothing(watched, capsys):
    network().fit(X, Y, epochs=2, verbose="lines")
    out, err = capsys.readouterr()
    assert out.count("\n") == 2 and err == ""
    for quiet in (False, 0, np.bool_(False)):
        network().fit(X, Y, epochs=2, verbose=quiet)
    assert capsys.readouterr() == ("", "")


def test_a_callback_that_fails_leaves_no_bar(watched, capsys):
    def fail(epoch, logs):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        network().fit(X, Y, epochs=3, callbacks=fail)
    assert capsys.readouterr().err.endswith("\r")


def test_without_tqdm_there_are_lines(watched, capsys, monkeypatch):
    monkeypatch.setattr(_progress, "tqdm", lambda: None)
    network().fit(X, Y, epochs=2)
    out, err = capsys.readouterr()
    assert out.count("\n") == 2 and err == ""
    with pytest.raises(ImportError, match="pip install tqdm"):
        network().fit(X, Y, verbose="bar")


def test_who_looks_on(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    closed = io.StringIO()
    closed.close()
    for stream, watches in [(Terminal(), True), (io.StringIO(), False), (closed, False), (None, False)]:
        monkeypatch.setattr(sys, "stderr", stream)
        assert _progress.is_watched() is watches
    monkeypatch.setitem(sys.modules, "ipykernel", _progress)
    assert _progress.is_watched()


def test_what_it_may_be_is_told():
    for wrong, kind in [("yes", ValueError), (2, TypeError), (None, TypeError)]:
        with pytest.raises(kind, match='expected True, False, "bar" or "lines"'):
            network().fit(X, Y, verbose=wrong)


def long_training():
    """One epoch that takes a good part of a second."""
    many = np.random.default_rng(0).normal(size=(4000, 16, 16, 3)).astype("f4")
    net = stepnet.Network("conv(16, 3, same) -> relu -> conv(16, 3, same) -> flatten -> linear(2) -> softmax", (16, 16, 3))
    rows, labels = many.reshape(len(many), -1), (np.arange(len(many)) % 2).astype(np.uint32)
    begin = {"initial_epoch": None, "reset": False, "divisor": 1.0, "group": None}
    return stepnet._native.Training(net._net, rows, ("classes", labels), ["0", "1"], {"epochs": 1, "batch_size": 8}, begin)


def test_a_long_epoch_tells_how_far_it_is():
    told = []
    training = long_training()
    loss, _, _ = training.epoch(lambda share, loss: told.append((share, loss)))
    shares = [share for share, _ in told]
    assert len(set(shares)) > 1 and shares == sorted(shares) and all(0 < share <= 1 for share in shares)
    assert all(0 < found < 100 for _, found in told), loss


def test_what_the_display_raises_ends_the_epoch():
    def broken(share, loss):
        raise BrokenPipeError("nobody reads")

    with pytest.raises(BrokenPipeError, match="nobody reads"):
        long_training().epoch(broken)


def test_a_function_sets_the_rate_of_each_epoch():
    seen = []

    def schedule(epoch, rate):
        seen.append((epoch, rate))
        return 0.1 / (epoch + 1)

    # Whatever the schedule: without a function, this one warms up and falls.
    given = {"epochs": 3, "learning_rate": 0.05, "warm_up": 1, "schedule": "cosine", "verbose": False}
    history = network().fit(X, Y, callbacks=LearningRateScheduler(schedule), **given)
    assert history["learning_rate"] == [0.1, 0.05, 0.1 / 3]
    assert [epoch for epoch, _ in seen] == [0, 1, 2]
    assert seen[0][1] < 0.05 and [rate for _, rate in seen[1:]] == [0.1, 0.05]


def test_the_rate_of_a_function_is_that_of_the_setting():
    constant = {"epochs": 4, "schedule": "constant", "verbose": False}
    nets = [network(), network()]
    nets[0].fit(X, Y, learning_rate=0.02, **constant)
    nets[1].fit(X, Y, callbacks=LearningRateScheduler(lambda epoch, rate: 0.02), **constant)
    first, second = (net.get_weights()["linear1.weight"] for net in nets)
    assert np.array_equal(first, second)


def test_a_callback_may_set_it_after_an_epoch():
    class Halve(Callback):
        def on_epoch_end(self, epoch, logs):
            assert pickle.loads(pickle.dumps(self.network)).learning_rate is None
            self.network.learning_rate /= 2

    net = network()
    history = net.fit(X, Y, epochs=3, learning_rate=0.08, schedule="constant", callbacks=Halve(), verbose=False)
    assert history["learning_rate"] == [0.08, 0.04, 0.02]
    assert net.learning_rate is None


def test_rates_that_are_refused():
    for wrong, kind, told in [
        (lambda epoch, rate: None, TypeError, "what schedule returns is None"),
        (lambda epoch, rate: -1.0, ValueError, "the learning rate is -1"),
        (lambda epoch, rate: float("nan"), ValueError, "the learning rate is NaN"),
    ]:
        net = network()
        with pytest.raises(kind, match=told):
            net.fit(X, Y, epochs=1, callbacks=LearningRateScheduler(wrong), verbose=False)
        assert net.learning_rate is None
    with pytest.raises(TypeError, match="schedule is 0.1, expected a function"):
        LearningRateScheduler(0.1)
    with pytest.raises(ValueError, match="can be set while the network is trained"):
        network().learning_rate = 0.1
