"""Callbacks that write files."""

import csv

import numpy as np
import pytest

import stepnet
from stepnet.callbacks import CSVLogger, ModelCheckpoint, TensorBoard

X = np.random.default_rng(0).normal(size=(40, 4)).astype("f4")
Y = (X[:, 0] > 0).astype(int)


def network():
    return stepnet.Network("linear(2) -> softmax", input_shape=(4,))


def test_checkpoints_hold_the_network_after_their_epochs(tmp_path):
    net = network()
    net.fit(X, Y, epochs=3, callbacks=ModelCheckpoint(tmp_path / "e{epoch}.safetensors", "loss"), verbose=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"e{epoch}.safetensors" for epoch in (1, 2, 3)]
    last = stepnet.Network.load(tmp_path / "e3.safetensors")
    assert np.array_equal(last.get_weights()["linear1.weight"], net.get_weights()["linear1.weight"])
    best = ModelCheckpoint(tmp_path / "best.safetensors", "loss", save_best_only=True)
    best.set_network(net)
    best.on_epoch_end(0, {"loss": 1.0})
    written = (tmp_path / "best.safetensors").stat().st_mtime_ns
    best.on_epoch_end(1, {"loss": 2.0})
    assert (tmp_path / "best.safetensors").stat().st_mtime_ns == written
    with pytest.raises(ValueError, match="needs validation_data"):
        network().fit(X, Y, callbacks=ModelCheckpoint("a", save_best_only=True), verbose=False)
    with pytest.raises(ValueError, match="it may name epoch, loss"):
        network().fit(X, Y, callbacks=ModelCheckpoint(tmp_path / "{acc}"), verbose=False)


def test_a_table_has_a_line_for_each_epoch(tmp_path):
    path = tmp_path / "log.csv"
    net = network()
    history = net.fit(X, Y, epochs=2, callbacks=CSVLogger(path), verbose=False)
    rows = list(csv.DictReader(path.open()))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert [float(row["loss"]) for row in rows] == history["loss"]
    with pytest.raises(ValueError, match="is there already"):
        net.fit(X, Y, epochs=1, callbacks=CSVLogger(path), verbose=False)
    net.fit(X, Y, epochs=1, callbacks=CSVLogger(path, append=True), verbose=False)
    assert len(list(csv.DictReader(path.open()))) == 3


def test_tensorboard_says_what_it_needs(tmp_path, monkeypatch):
    import importlib

    def none(name, package=None):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", none)
    with pytest.raises(ImportError, match="pip install tensorboardX"):
        network().fit(X, Y, callbacks=TensorBoard(tmp_path), verbose=False)
