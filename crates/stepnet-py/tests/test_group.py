"""Training by several processes that real launchers start, where there are any."""

import ctypes
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest

from stepnet import Network, data

LAUNCHERS = ["mpirun.openmpi", "mpiexec.hydra"]

TEXT = "conv(4, 3) -> bn -> relu -> dropout(0.2) -> linear(10) -> softmax"

FIT = """
    import hashlib, json, os
    {first}
    def tell(word, value):
        # Lines of several processes may run together on one output.
        with open(os.path.join(os.environ["TOLD"], f"{{word}}-{{rank}}"), "w") as file:
            json.dump(value, file)
    from stepnet import Network, data
    rank = int(os.environ.get("OMPI_COMM_WORLD_RANK") or os.environ.get("PMI_RANK"))
    X, y = data.digits()
    net = Network("{text}", (8, 8, 1), classes=10, seed=1)
    {before}
    history = net.fit(X, y, batch_size=64, seed=1, group="mpi", {more})
    tell("weights", hashlib.sha256(b"".join(w.tobytes() for w in net.get_weights().values())).hexdigest())
    tell("history", list(history["val_loss" if "val_loss" in history else "loss"]))
"""


def launched(launcher, ranks, *, first="", before="", more="epochs=2", folder=None, environment=()):
    if shutil.which(launcher) is None:
        pytest.skip(f"there is no {launcher}")
    options = ["--allow-run-as-root", "--oversubscribe", "--mca", "mpi_yield_when_idle", "1"] if "openmpi" in launcher else []
    before = textwrap.indent(textwrap.dedent(before), 4 * " ").strip()
    program = textwrap.dedent(FIT.format(first=first, text=TEXT, before=before, more=more))
    command = [launcher, *options, "-n", str(ranks), sys.executable, "-c", program]
    with tempfile.TemporaryDirectory() as told:
        variables = {**os.environ, "RAYON_NUM_THREADS": "1", "TOLD": told, **dict(environment)}
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, env=variables)
        ran.told = {path.name: json.loads(path.read_text()) for path in Path(told).iterdir()}
    return ran


def said(ran, word):
    """What each rank has told under a word."""
    assert ran.returncode == 0, ran.stderr
    ranks = sorted(name for name in ran.told if name.startswith(f"{word}-"))
    return [ran.told[name] for name in ranks]


def hashed(net):
    return hashlib.sha256(b"".join(w.tobytes() for w in net.get_weights().values())).hexdigest()


def alone(**settings):
    """The weights that one process gets with the same shares, and its history."""
    X, y = data.digits()
    net = Network(TEXT, (8, 8, 1), classes=10, seed=1)
    history = net.fit(X, y, batch_size=64, seed=1, shares=8, verbose=False, **{"epochs": 2, **settings})
    return hashed(net), history


@pytest.fixture(scope="module")
def wanted():
    return alone()[0]


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_any_number_of_processes_trains_to_the_same_weights(launcher, wanted):
    for ranks in (1, 2, 3):
        ran = launched(launcher, ranks)
        assert said(ran, "weights") == [wanted] * ranks
        # The first one prints its epochs.
        assert len([line for line in ran.stdout.splitlines() if "loss" in line]) == 2


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_processes_with_other_examples_are_named_and_all_end(launcher):
    ran = launched(launcher, 2, before="if rank == 1: X = X[::-1].copy()")
    assert ran.returncode != 0
    assert "rank 1: its training data is not that of rank 0" in ran.stderr


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_a_callback_of_one_process_ends_the_training_of_all(launcher):
    before = """
        def stop(epoch, logs):
            net.stop_training = rank == 1 and epoch == 1
    """
    ran = launched(launcher, 2, before=before, more="epochs=5, callbacks=stop")
    assert [len(epochs) for epochs in said(ran, "history")] == [2, 2]


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_an_exception_in_one_process_ends_all(launcher):
    before = """
        def fail(epoch, logs):
            if rank == 1: raise RuntimeError("no more")
    """
    ran = launched(launcher, 2, before=before, more="epochs=5, callbacks=fail")
    assert ran.returncode != 0 and "no more" in ran.stderr


def abi_of(launcher, folder):
    """The environment in which a wheel of mpi4py takes the library of this launcher."""
    if "openmpi" in launcher:
        return {"MPI4PY_MPIABI": "openmpi"}
    try:
        ctypes.CDLL("libmpi.so.12")
        paths = {}
    except OSError:
        # Debian calls it by another name than mpi4py does.
        listed = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, check=False).stdout.splitlines()
        found = [line.rpartition("=> ")[2] for line in listed if "libmpich.so.12 " in line]
        if not found:
            pytest.skip("there is no library of MPICH that mpi4py knows")
        os.symlink(found[0], folder / "libmpi.so.12")
        paths = {"LD_LIBRARY_PATH": f"{folder}:{os.environ.get('LD_LIBRARY_PATH', '')}"}
    return {"MPI4PY_MPIABI": "mpich", **paths}


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_mpi4py_may_begin_mpi_itself(launcher, wanted, tmp_path):
    pytest.importorskip("mpi4py")
    environment = abi_of(launcher, tmp_path)
    sees_both = "from mpi4py import MPI; assert MPI.COMM_WORLD.size == 2"
    ran = launched(launcher, 2, first=sees_both, environment=environment)
    if "AssertionError" in ran.stderr or "ImportError" in ran.stderr:
        pytest.skip(f"this mpi4py was built for another library than that of {launcher}")
    assert said(ran, "weights") == [wanted] * 2
    # And its own function can carry the bytes.
    before = """
        from stepnet.group import Group
        world, fit = MPI.COMM_WORLD, net.fit
        member = Group(world.rank, world.size, world.alltoall)
        net.fit = lambda *data, **more: fit(*data, **{**more, "group": member})
    """
    ran = launched(launcher, 2, first=sees_both, before=before, environment=environment)
    assert said(ran, "weights") == [wanted] * 2


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_the_first_process_keeps_the_run_of_all(launcher, tmp_path):
    settings = {"ema": 0.9, "schedule": "constant"}
    X, y = data.digits()
    tested = (X[:100], y[:100])
    weights, history = alone(run=tmp_path / "alone", epochs=3, validation_data=tested, **settings)
    more = "run='run', resume=True, validation_data=(X[:100], y[:100]), ema=0.9, schedule='constant', epochs="
    ran = launched(launcher, 2, more=f"{more}2", folder=tmp_path)
    assert said(ran, "history") == [history["val_loss"][:2]] * 2
    assert len([line for line in ran.stdout.splitlines() if "loss" in line]) == 2
    # Others go on with it.
    ran = launched(launcher, 3, more=f"{more}3", folder=tmp_path)
    assert said(ran, "weights") == [weights] * 3
    assert said(ran, "history") == [history["val_loss"]] * 3
    # What was resumed had a checkpoint, which is kept beside the last one.
    assert set(os.listdir(tmp_path / "run")) - {"checkpoint.previous.safetensors"} == set(os.listdir(tmp_path / "alone"))
    assert hashed(Network.load(tmp_path / "run" / "model.safetensors")) == weights


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_a_run_of_several_processes_has_the_bits_of_the_commands(launcher, tmp_path):
    words = ["--model", TEXT, "--hold-out", "0", "--epochs", "2", "--batch", "64", "--shares", "8", "--seed", "1", "--out", "command"]
    ran = subprocess.run([sys.executable, "-m", "stepnet", "train", *words], cwd=tmp_path, capture_output=True, text=True, check=True)
    ran = launched(launcher, 2, more="epochs=2, run='run'", folder=tmp_path)
    assert len(said(ran, "weights")) == 2
    ends = [json.loads((tmp_path / run / "run.json").read_text())["end"] for run in ("run", "command")]
    assert ends[0]["finished"] and ends[0]["weights"] == ends[1]["weights"]


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_a_stopped_run_keeps_the_best_weights_for_all(launcher, tmp_path):
    # It does not get better: the weights of the first epoch are kept.
    more = "run='run', early_stop=2, learning_rate=1e-9, epochs=9, validation_data=(X[:100], y[:100])"
    ran = launched(launcher, 2, more=more, folder=tmp_path)
    both = said(ran, "weights")
    assert both == [hashed(Network.load(tmp_path / "run" / "model.safetensors"))] * 2
    assert [len(epochs) for epochs in said(ran, "history")] == [3, 3]


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_a_run_that_is_there_is_refused_by_all(launcher, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text("{}")
    before = """
        fit = net.fit
        def refused(*data, **more):
            try:
                fit(*data, **more)
            except Exception as error:
                tell("refused", str(error))
                raise SystemExit(0)
        net.fit = refused
    """
    ran = launched(launcher, 2, before=before, more="epochs=1, run='run'", folder=tmp_path)
    lines = said(ran, "refused")
    assert len(lines) == 2 and all("overwrite=True" in line for line in lines), lines
    assert sorted(line.startswith("rank 0: ") for line in lines) == [False, True]


def test_without_a_launcher_and_with_other_words_it_is_refused():
    X, y = data.digits()
    net = Network("linear(classes) -> softmax", (8, 8, 1), classes=10)
    with pytest.raises(ValueError, match="no launcher such as mpirun"):
        net.fit(X, y, epochs=1, group="mpi")
    with pytest.raises(ValueError, match="group is 'gloo', expected 'mpi', a stepnet.group.Group or None"):
        net.fit(X, y, epochs=1, group="gloo")
