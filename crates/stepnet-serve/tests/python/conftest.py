"""A server of the built command: run by tools/check_serve.sh."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
RELEASE = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
COMMAND = Path(os.environ.get("STEPNET_COMMAND", RELEASE / "stepnet"))


class Running:
    """A server, and what it said at its start."""

    def __init__(self, *words):
        command = [COMMAND, "serve", *words, "--port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.said = []
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith("listening: http://"):
                self.address = line.split("http://")[1].strip().rstrip("/")
                return
        raise AssertionError(f"{self.said} {self.process.stderr.read()}")

    def end(self, by=signal.SIGTERM):
        """Ends it; what it says last, and its exit code."""
        self.process.send_signal(by)
        said, _ = self.process.communicate(timeout=20)
        return said, self.process.returncode


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """A model of the embedded digits, in a folder called `digits`."""
    if not COMMAND.exists():
        pytest.exit(f"{COMMAND} is not built; tools/check_serve.sh builds it", returncode=2)
    run = tmp_path_factory.mktemp("models") / "digits"
    subprocess.run([COMMAND, "train", "--epochs", "2", "--out", run], check=True, capture_output=True)
    return run / "model.safetensors"


@pytest.fixture(scope="session")
def server(model):
    running = Running(model)
    yield running
    running.end()
