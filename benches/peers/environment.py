"""What measuring takes: the benchmark's binary, a virtual environment, and a description of both."""

import json
import os
import platform
import shutil
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

from processes import Failure

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ["torch", "onnxruntime", "onnx", "numpy"]
COMPILERS = ["g++", "clang++", "c++"]


def output_of(command, what, **options):
    """What a command prints; a failure names `what` and the command's last words."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, **options)
    except OSError as error:
        raise Failure(f"{what}: {command[0]} cannot be run: {error.strerror}") from None
    if done.returncode != 0:
        words = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        # Where tools say more than one thing, the first line with an error is the one that tells.
        errors = [line for line in words if line.lower().startswith("error")]
        told = (errors or words[-1:] or [f"exit code {done.returncode}"])[0]
        raise Failure(f"{what}: {told}")
    return done.stdout


def target_folder():
    """Where cargo builds."""
    text = output_of(["cargo", "metadata", "--no-deps", "--format-version", "1"], "finding the target folder")
    return Path(json.loads(text)["target_directory"])


def build():
    """The benchmark's binary, built in release mode."""
    command = ["cargo", "bench", "-p", "stepnet", "--bench", "layers", "--no-run", "--message-format", "json"]
    for line in output_of(command, "building the benchmark").splitlines():
        message = json.loads(line)
        if message.get("reason") == "compiler-artifact" and message["target"]["name"] == "layers":
            return message["executable"]
    raise Failure("building the benchmark: cargo named no binary")


def python_of(venv):
    """The interpreter of the virtual environment, made and filled where it is not yet."""
    python = venv / "bin" / "python"
    if not python.exists():
        print(f"making a virtual environment in {venv}", file=sys.stderr)
        output_of([sys.executable, "-m", "venv", str(venv)], "making a virtual environment")
    check = [str(python), "-c", "import " + ", ".join(PACKAGES)]
    if subprocess.run(check, capture_output=True).returncode != 0:
        print(f"installing {', '.join(PACKAGES)}", file=sys.stderr)
        install = [str(python), "-m", "pip", "install", *PACKAGES]
        try:
            output_of(install, "installing the libraries")
        except Failure as failure:
            hint = "pip's settings can be given in variables PIP_..., as benches/peers/README.md says"
            raise Failure(f"{failure}; {hint}") from None
        output_of(check, "importing the libraries")
    return python


def has_compiler():
    """Whether torch.compile has a C++ compiler to call."""
    chosen = os.environ.get("CXX")
    return any(shutil.which(name) for name in ([chosen] if chosen else COMPILERS))


def commit():
    """The commit that is measured."""
    try:
        words = ["git", "describe", "--always", "--dirty", "--abbrev=10", "--match", ""]
        return output_of(words, "asking git").strip()
    except Failure:
        return "unknown"


def machine():
    """The facts that a reader needs to judge the figures, in order."""
    model, flags = processor()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "Date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        "Processor": model,
        "Cores": str(os.cpu_count()),
        "Vector instructions": ", ".join(flags) or "unknown",
        "Memory": f"{memory:.0f} GiB",
        "System": f"{platform.system()} {platform.machine()}",
        "Load before the run": f"{os.getloadavg()[0]:.1f} (0 is a quiet machine)",
        "Compiler": output_of(["rustc", "--version"], "asking the compiler").strip(),
        "Python": platform.python_version(),
    }


def processor():
    """Its name, and which vector instructions it has."""
    model, flags = platform.processor() or "unknown", []
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return model, flags
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    fields = {key.strip(): value.strip() for key, value in fields.items()}
    has = set(fields.get("flags", fields.get("Features", "")).split())
    known = {"avx2": "AVX2", "fma": "FMA", "avx512f": "AVX-512", "amx_tile": "AMX", "asimd": "NEON", "sve": "SVE"}
    return fields.get("model name", model), [name for flag, name in known.items() if flag in has]
