"""Trainings that keep themselves in a folder."""

import json
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import stepnet
from stepnet import callbacks

TEXT = "flatten -> linear(8) -> bn -> relu -> dropout(0.2) -> linear(10) -> softmax"
FILES = {"run.json", "settings.toml", "metrics.jsonl", "model.safetensors", "best.safetensors", "checkpoint.safetensors"}


@pytest.fixture(scope="module")
def digits():
    X, y = stepnet.data.digits()
    return X[:300], y[:300], X[300:400], y[300:400]


def network(**options):
    return stepnet.Network(TEXT, input_shape=(8, 8, 1), classes=10, seed=3, **options)


def fit(net, digits, **settings):
    X, y, X_test, y_test = digits
    settings = {"epochs": 4, "verbose": False, "ema": 0.9, **settings}
    return net.fit(X, y, validation_data=(X_test, y_test), **settings)


def weights(net):
    return {name: array.tobytes() for name, array in net.get_weights().items()}


def test_a_run_computes_what_fit_computes_and_leaves_the_files_of_the_command(digits, tmp_path):
    plain, kept = network(), network()
    wanted = fit(plain, digits)
    history = fit(kept, digits, run=tmp_path / "run")
    assert weights(kept) == weights(plain)
    for name in ("loss", "accuracy", "val_accuracy", "learning_rate"):
        assert history[name] == wanted[name]
    np.testing.assert_allclose(history["val_loss"], wanted["val_loss"], rtol=1e-12)
    assert FILES | {"report.html", "curves.svg"} <= set(os.listdir(tmp_path / "run"))
    loaded = stepnet.Network.load(tmp_path / "run" / "model.safetensors")
    X = digits[2]
    np.testing.assert_array_equal(loaded.predict_proba(X), kept.predict_proba(X))
    lines = [json.loads(line) for line in open(tmp_path / "run" / "metrics.jsonl")]
    assert [line["test_accuracy"] for line in lines] == history["val_accuracy"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_run_that_was_ended_goes_on_to_the_same_bits(digits, tmp_path, dtype):
    wanted = network(dtype=dtype)
    whole = fit(wanted, digits)

    def stop(epoch, logs):
        net.stop_training = epoch == 1

    net = network(dtype=dtype)
    assert fit(net, digits, run=tmp_path / "run", callbacks=stop, resume=True).epochs == 2
    # Another process would have another network object.
    net = network(dtype=dtype)
    history = fit(net, digits, run=tmp_path / "run", resume=True)
    assert history["loss"] == whole["loss"] and history["val_accuracy"] == whole["val_accuracy"]
    assert weights(net) == weights(wanted)
    # It has finished: nothing is trained, and the network has its weights.
    net = network(dtype=dtype)
    assert fit(net, digits, run=tmp_path / "run", resume=True)["loss"] == whole["loss"]
    assert weights(net) == weights(wanted)


def test_what_a_run_keeps_changes_nothing_of_it(digits, tmp_path):
    plain, kept = network(), network()
    fit(plain, digits)
    watched = {"trace_hashes": "gradients", "tensorboard": tmp_path / "board", "tensorboard_every": 2, "checkpoint_every": "3 steps"}
    fit(kept, digits, run=tmp_path / "run", **watched)
    assert weights(kept) == weights(plain)
    lines = [json.loads(line) for line in open(tmp_path / "run" / "trace.jsonl")]
    assert [line["step"] for line in lines] == [*range(1, 41)] and all(line["gradients"] for line in lines)
    assert {part.name for part in (tmp_path / "board").iterdir()} == {"train", "test"}
    described = json.loads((tmp_path / "run" / "run.json").read_text())["settings"]
    assert (described["trace-hashes"], described["tensorboard"]) == ("gradients", str(tmp_path / "board"))
    assert described["tensorboard-every"] == 2
    fit(network(), digits, run=tmp_path / "other", tensorboard=True, epochs=1)
    assert (tmp_path / "other" / "tensorboard" / "train").is_dir()


def test_a_killed_run_goes_on_from_its_last_checkpoint(digits, tmp_path):
    program = textwrap.dedent(f"""
        import os, sys
        import stepnet
        X, y = stepnet.data.digits()
        net = stepnet.Network("{TEXT}", input_shape=(8, 8, 1), classes=10, seed=3)
        def kill(epoch, logs):
            if epoch == 2 and sys.argv[1] == "killed":
                os.kill(os.getpid(), 9)
        net.fit(X[:300], y[:300], validation_data=(X[300:400], y[300:400]), epochs=4, ema=0.9, verbose=False,
                run="run", resume=True, checkpoint_every="3 steps", callbacks=kill)
    """)
    for word, code in (("killed", -signal.SIGKILL), ("whole", 0)):
        ended = subprocess.run([sys.executable, "-c", program, word], cwd=tmp_path, capture_output=True, text=True)
        assert ended.returncode == code, ended.stderr
    wanted = network()
    fit(wanted, digits)
    assert weights(stepnet.Network.load(tmp_path / "run" / "model.safetensors")) == weights(wanted)


def test_ctrl_c_keeps_what_is_learnt(digits, tmp_path):
    class Interrupt(callbacks.Callback):
        def on_epoch_end(self, epoch, logs):
            if epoch == 1:
                raise KeyboardInterrupt

    net = network()
    with pytest.raises(KeyboardInterrupt):
        fit(net, digits, run=tmp_path / "run", callbacks=Interrupt())
    wanted, net = network(), network()
    fit(wanted, digits)
    assert fit(net, digits, run=tmp_path / "run", resume=True).epochs == 4
    assert weights(net) == weights(wanted)


def test_early_stopping_is_that_of_the_command(digits, tmp_path):
    stopping = {"early_stop": 1, "min_delta": 0.4, "epochs": 9}
    plain, kept = network(), network()
    wanted = fit(plain, digits, **stopping)
    history = fit(kept, digits, run=tmp_path / "run", **stopping)
    assert history.epochs == wanted.epochs < 9
    assert weights(kept) == weights(plain)
    assert "early-stop" in (tmp_path / "run" / "settings.toml").read_text()
    with pytest.raises(ValueError, match="early_stop needs validation_data"):
        kept.fit(*digits[:2], early_stop=1, run=tmp_path / "none", verbose=False)
    assert not (tmp_path / "none").exists()


def test_runs_that_contradict_are_refused_in_a_line(digits, tmp_path):
    folder = tmp_path / "run"
    fit(network(), digits, run=folder, epochs=2)
    before = {name: (folder / name).read_bytes() for name in os.listdir(folder)}

    def refused(kind, *parts, net=None, data=digits, **settings):
        with pytest.raises(kind) as caught:
            fit(net or network(), data, **{"epochs": 2, "run": folder, **settings})
        for part in parts:
            assert part in str(caught.value)
        assert "`" not in str(caught.value) and "\n" not in str(caught.value)

    refused(ValueError, "holds the model.safetensors of an earlier run", "resume=True", "overwrite=True")
    refused(ValueError, "batch_size is 64, but the run was started with 32", resume=True, batch_size=64)
    refused(ValueError, "the training data is not what the run was started with", resume=True, data=(digits[0] // 2, *digits[1:]))
    refused(ValueError, "epochs is 1, but the run is already in epoch 3", resume=True, epochs=1)
    refused(ValueError, "schedule depends on", resume=True, epochs=3)
    other = stepnet.Network("linear(10) -> softmax", input_shape=(8, 8, 1), classes=10)
    refused(ValueError, "is a run of the network", net=other, resume=True)
    refused(ValueError, "made in f32, expected f64", net=network(dtype="float64"), resume=True)
    refused(ValueError, "resume and overwrite are both True", resume=True, overwrite=True)
    refused(ValueError, "no run is named", run=None, resume=True)
    refused(ValueError, "no run is named", run=None, checkpoint_every="1 epoch")
    refused(ValueError, "trace_hashes is 'weights', but no run is named", run=None, trace_hashes="weights")
    refused(ValueError, "tensorboard is True, but no run is named", run=None, tensorboard=True)
    refused(ValueError, "tensorboard_every is given without tensorboard", tensorboard_every=3)
    refused(ValueError, 'checkpoint_every is "5", expected a number of steps', checkpoint_every="5", resume=True)
    refused(ValueError, "initial_epoch is 1", initial_epoch=1, resume=True)
    refused(TypeError, "run", run=5)
    refused(ValueError, "run is ''", run="")
    refused(ValueError, "is a file", run=folder / "run.json")
    assert {name: (folder / name).read_bytes() for name in os.listdir(folder)} == before
    fit(network(), digits, run=folder, epochs=1, overwrite=True)
    assert len((folder / "metrics.jsonl").read_text().splitlines()) == 1


def test_numbers_are_kept_too(tmp_path):
    random = np.random.default_rng(1)
    X = random.random((200, 6)).astype(np.float32)
    y = X @ np.arange(6.0)
    net = stepnet.Network("linear(1)", input_shape=6, targets="numbers")
    history = net.fit(X, y, validation_data=(X[:50], y[:50]), epochs=3, verbose=False, run=tmp_path / "run")
    assert "accuracy" not in history and history["val_r2"][-1] == history["val_r2"][2]
    again = stepnet.Network.load(tmp_path / "run" / "model.safetensors")
    np.testing.assert_array_equal(again.predict(X), net.predict(X))


def tensors(path):
    """The part of a safetensors file after its header, in which the description of the data differs."""
    content = path.read_bytes()
    return content[8 + int.from_bytes(content[:8], "little") :]


def test_the_folder_is_that_of_the_command_to_the_bit(digits, tmp_path):
    X, X_test = ((16 * digits[part]).astype(np.uint8).reshape(-1, 8, 8) for part in (0, 2))
    y, y_test = digits[1], digits[3]
    np.savez(tmp_path / "digits.npz", x_train=X, y_train=y, x_test=X_test, y_test=y_test)
    options = ["--epochs", "3", "--seed", "5", "--batch", "20", "--ema", "0.9", "--checkpoint-every", "2 steps", "--divisor", "255"]
    words = [sys.executable, "-m", "stepnet", "train", "digits.npz", "--model", TEXT, *options, "--out", "command"]
    ended = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr

    net = stepnet.Network(TEXT, input_shape=(8, 8, 1), classes=10, seed=5)
    X, X_test = X[..., np.newaxis], X_test[..., np.newaxis]
    settings = {"epochs": 3, "seed": 5, "batch_size": 20, "ema": 0.9, "checkpoint_every": "2 steps"}
    net.fit(X, y, validation_data=(X_test, y_test), verbose=False, run=tmp_path / "python", **settings)
    for name in ("model.safetensors", "best.safetensors", "checkpoint.safetensors", "checkpoint.previous.safetensors"):
        assert tensors(tmp_path / "python" / name) == tensors(tmp_path / "command" / name), name
    by_command, by_python = (
        [json.loads(line) for line in open(tmp_path / folder / "metrics.jsonl")] for folder in ("command", "python")
    )
    times = {"seconds", "images_per_second", "waited"}
    for ours, theirs in zip(by_python, by_command, strict=True):
        assert {k: v for k, v in ours.items() if k not in times} == {k: v for k, v in theirs.items() if k not in times}
    assert set(os.listdir(tmp_path / "python")) == set(os.listdir(tmp_path / "command"))
    # The command has none of the examples that a program had.
    words = [sys.executable, "-m", "stepnet", "train", "--resume", "python"]
    refused = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert refused.returncode == 2 and "a program started this run" in refused.stderr, refused.stderr


def test_callbacks_have_the_last_word_on_the_network(digits, tmp_path):
    best = {}

    def remember(epoch, logs):
        if epoch == 0:
            best.update(weights(net))

    class Restore(callbacks.Callback):
        def on_epoch_end(self, epoch, logs):
            if epoch == 0:
                self.first = self.network.get_weights()

        def on_train_end(self):
            self.network.set_weights(self.first)

    net = network()
    fit(net, digits, run=tmp_path / "run", callbacks=[remember, Restore()])
    assert weights(net) == best
    assert weights(stepnet.Network.load(tmp_path / "run" / "model.safetensors")) != best
