"""The `stepnet` command within the package: the same as the program, with its exit codes, and without a traceback."""

import os
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

import stepnet

MODULE = [sys.executable, "-m", "stepnet"]


def run(folder, *line, start=MODULE, **more):
    return subprocess.run([*start, *map(str, line)], cwd=folder, capture_output=True, text=True, timeout=300, **more)


def test_the_module_and_the_script_are_the_command(tmp_path):
    script = Path(sysconfig.get_path("scripts")) / ("stepnet.exe" if os.name == "nt" else "stepnet")
    for start in (MODULE, [str(script)]):
        done = run(tmp_path, "--version", start=start)
        assert (done.returncode, done.stdout) == (0, f"stepnet {stepnet.__version__}\n")
        assert "Usage: stepnet train [OPTIONS] [DATA]" in run(tmp_path, "train", "--help", start=start).stdout


def test_a_model_of_the_command_is_a_model_of_the_package(tmp_path):
    done = run(tmp_path, "train", "--epochs", 2, "--schedule", "constant", "--out", "run", "--threads", 1)
    assert (done.returncode, done.stderr) == (0, "")
    X, y = stepnet.data.digits(scale=False)
    net = stepnet.Network.load(tmp_path / "run" / "model.safetensors")
    assert net.evaluate(X, y)["accuracy"] > 0.5
    # The run knows the words that it was called with.
    resumed = run(tmp_path, "train", "--resume", "run", "--epochs", 3)
    assert resumed.returncode == 0, resumed.stderr
    assert (tmp_path / "run" / "metrics.jsonl").read_text().count("\n") == 3


def test_mistakes_are_a_line_and_an_exit_code(tmp_path):
    for line, code, told in [
        (["tarin"], 2, "error: unrecognized subcommand 'tarin'"),
        (["train", "--epochs", "0"], 2, "see stepnet train --help"),
        (["evaluate", "none.safetensors"], 2, "none.safetensors"),
    ]:
        done = run(tmp_path, *line)
        assert done.returncode == code, done.stderr
        assert told in done.stderr and done.stderr.count("\n") == 1, done.stderr


@pytest.mark.skipif(os.name == "nt", reason="names of files are text there")
def test_names_that_are_no_text_reach_the_command(tmp_path):
    done = subprocess.run([*map(os.fsencode, MODULE), b"show", b"caf\xe9.npy"], cwd=tmp_path, capture_output=True)
    assert done.returncode == 2 and b"Traceback" not in done.stderr, done.stderr


@pytest.mark.skipif(os.name == "nt", reason="there is no way to send Ctrl-C to one process")
@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_which_keeps_its_model(tmp_path, number, code):
    started = subprocess.Popen(
        [*MODULE, "train", "--epochs", "100000", "--out", "run", "--threads", "1"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    metrics = tmp_path / "run" / "metrics.jsonl"
    end = time.monotonic() + 120
    while not (metrics.exists() and metrics.stat().st_size) and time.monotonic() < end:
        time.sleep(0.02)
    started.send_signal(number)
    out, err = started.communicate(timeout=120)
    assert (started.returncode, err) == (code, ""), out
    assert "stopped by" in out
    stepnet.Network.load(tmp_path / "run" / "model.safetensors")


@pytest.mark.skipif(os.name == "nt", reason="pipes close otherwise there")
def test_a_closed_pipe_is_no_failure(tmp_path):
    started = subprocess.Popen([*MODULE, "licenses"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    started.stdout.close()
    err = started.stderr.read()
    assert (started.wait(60), err) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to write to")
def test_a_full_disk_is_a_failure(tmp_path):
    with open("/dev/full", "w") as full:
        done = subprocess.run([*MODULE, "licenses"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("error: the standard output: cannot write"), done.stderr


@pytest.mark.parametrize("threads", [1, 3])
def test_the_number_of_threads_is_that_of_the_option(tmp_path, threads):
    # More than there are processors is no reason for a note.
    done = run(tmp_path, "train", "--epochs", 1, "--out", f"run{threads}", "--threads", threads, "--strict")
    assert (done.returncode, done.stderr) == (0, "")
