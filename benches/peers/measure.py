"""The measurement: interleaved pairs, ours and theirs, and their ratios."""

import os
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

from processes import Failure, Server

HERE = Path(__file__).resolve().parent

# A variant that is this much slower than the best one in a trial does not take part in the pairs.
HOPELESS = 1.15
TRIALS = 3

# With two peers of one name nobody could say whose figure it is.
PYTORCH, ONNX_RUNTIME = "PyTorch", "ONNX Runtime"


@dataclass
class Settings:
    """How a run is made."""

    pairs: int
    window: float
    compiled: bool
    only: list
    layers: Path
    logs: Path


def environments(threads, isa):
    """Our process's environment and that of the peers: with `avx2` all are held to AVX2, Stepnet too."""
    ours = dict(os.environ)
    theirs = {**os.environ, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    if isa == "avx2":
        ours["STEPNET_ISA"] = "avx2"
        names = ["ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "MKL_ENABLE_INSTRUCTIONS"]
        theirs.update(zip(names, ["avx2", "AVX2", "AVX2"]))
    return ours, theirs


class Session:
    """The processes for one number of threads and one choice of instructions."""

    def __init__(self, binary, python, threads, isa, settings):
        self.settings = settings
        self.servers = []
        our_environment, environment = environments(threads, isa)
        layers = str(settings.layers)
        try:
            ours = [binary, "--bench", "--serve", "--threads", str(threads), "--layers", layers]
            self.ours = self._start("Stepnet", ours, our_environment, f"stepnet-{threads}")
            torch = [str(python), str(HERE / "torch_worker.py"), str(threads), layers]
            torch += ["--compile"] if settings.compiled else []
            onnx = [str(python), str(HERE / "onnx_worker.py"), str(threads)]
            self.peers = {
                PYTORCH: self._start(PYTORCH, torch, environment, f"torch-{threads}"),
                ONNX_RUNTIME: self._start(ONNX_RUNTIME, onnx, environment, f"onnx-{threads}"),
            }
        except BaseException:
            self.close()
            raise

    def _start(self, name, command, environment, log):
        server = Server(name, command, environment, self.settings.logs / f"{log}.log")
        self.servers.append(server)
        return server

    def close(self):
        """Ends all processes."""
        for server in self.servers:
            server.close()

    def cases(self):
        """The names of what is compared, each with its peer."""
        for name in self.ours.about["names"]:
            kind = name.split(":", 1)[0]
            peer = {"forward": PYTORCH, "backward": PYTORCH, "step": PYTORCH, "infer": ONNX_RUNTIME}.get(kind)
            if peer and wanted(name, self.settings.only):
                yield name, peer

    def row(self, name, peer):
        """Measures one case."""
        window = self.settings.window
        server = self.peers[peer]
        peak = self.ours.ask("peak", window)["gflops"]
        contenders, trial, failed = self._contenders(name, server)
        ours, theirs = [], {variant: [] for variant in contenders}
        for _ in range(self.settings.pairs):
            ours.append(self.ours.ask(name, window))
            for variant in contenders:
                theirs[variant].append(server.ask(name, variant, window))
        peak = max(peak, self.ours.ask("peak", window)["gflops"])
        median = lambda answers: statistics.median(answer["ms"] for answer in answers)
        best = min(contenders, key=lambda variant: median(theirs[variant]))
        check_parameters(name, ours[0], theirs[best][0])
        return {
            "peer": peer,
            "variant": best,
            "ours_ms": [answer["ms"] for answer in ours],
            "theirs_ms": [answer["ms"] for answer in theirs[best]],
            "ours_median_ms": [answer["median_ms"] for answer in ours],
            "theirs_median_ms": [answer["median_ms"] for answer in theirs[best]],
            "trial_ms": trial,
            "failed": failed,
            "gflop": ours[0]["gflop"],
            "examples": ours[0]["examples"],
            "peak_gflops": peak,
            "memory": self._memory(name, server, best) if name.startswith("step:") else None,
        }

    def _memory(self, name, server, variant):
        """The peak memory of each in a process that does nothing but this case, ours first."""
        return [
            memory_of(self.ours, name, self.settings.window),
            memory_of(server, name, variant, self.settings.window),
        ]

    def _contenders(self, name, server):
        """The variants of a peer that may turn out best, by a few interleaved trials of all of them."""
        trial, failed = {}, {}
        for _ in range(TRIALS):
            for variant in server.about["variants"]:
                if variant in failed:
                    continue
                try:
                    ms = server.ask(name, variant, self.settings.window)["ms"]
                except Failure as failure:
                    if server.process.poll() is not None:
                        raise
                    failed[variant] = str(failure)
                    print(f"{variant}: {failure}", file=sys.stderr)
                    continue
                trial[variant] = min(ms, trial.get(variant, ms))
        trial = {variant: ms for variant, ms in trial.items() if variant not in failed}
        if not trial:
            raise Failure(f"{server.name}: {name}: no variant could be measured: {next(iter(failed.values()))}")
        least = min(trial.values())
        return [variant for variant, ms in trial.items() if ms <= HOPELESS * least], trial, failed


def memory_of(server, *words):
    """The peak memory of a process of its own that answers one question."""
    alone = server.again()
    try:
        alone.ask(*words)
        return alone.peak_memory()
    finally:
        alone.close()


def scaling(binary, threads, settings, name):
    """How much faster more threads are: our own process for each number of threads, taking turns."""
    servers = []
    try:
        for count in threads:
            command = [binary, "--bench", "--serve", "--threads", str(count), "--layers", str(settings.layers)]
            log = settings.logs / f"scaling-{count}.log"
            servers.append(Server(f"Stepnet on {count}", command, os.environ, log))
        times = [[], []]
        for _ in range(settings.pairs):
            for server, ms in zip(servers, times):
                ms.append(server.ask(name, settings.window)["ms"])
    finally:
        for server in servers:
            server.close()
    return {"threads": list(threads), "ms": times}


def wanted(name, only):
    """Whether a case was asked for."""
    return not only or any(word in name for word in only)


def check_parameters(name, ours, theirs):
    """Two networks with different numbers of parameters are not the same network."""
    if ours["parameters"] != theirs["parameters"]:
        raise Failure(
            f"{name}: the networks differ: {ours['parameters']} parameters and {theirs['parameters']} in the peer's"
        )
