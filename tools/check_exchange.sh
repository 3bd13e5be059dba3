#!/usr/bin/env bash
# Runs exported models where others would: ONNX's full checker, ONNX Runtime, PyTorch, Netron; compares the numbers with
# Stepnet's: bash tools/check_exchange.sh
# Imports models that torchvision, timm and other packages have, and compares them with ONNX Runtime, too.
# It installs the packages into a virtual environment of its own; EXCHANGE_PYTHON=python names one that has them. Without
# Python 3.10 or newer, or where pip cannot fetch the packages, it says so and succeeds.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() {
  echo "skipped: $*, exported and imported models not compared with ONNX Runtime and PyTorch"
  exit 0
}

if [ -z "${EXCHANGE_PYTHON:-}" ]; then
  python3 -c 'import sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || skip "no Python 3.10 or newer with venv"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  python3 -m venv "$work/venv" >/dev/null || skip "no virtual environment can be made"
  EXCHANGE_PYTHON=$work/venv/bin/python
  "$EXCHANGE_PYTHON" -m pip install --quiet --disable-pip-version-check numpy pytest pillow safetensors onnx onnxruntime onnxscript netron torch torchvision timm keras jax h5py scikit-learn \
    || skip "pip cannot install what the tests take"
fi
command -v node >/dev/null || echo "skipped: no node, Netron not tried"

# As the tests of the workspace are built, with their features: `cargo build` would build every crate again. The command and
# the examples are part of it.
cargo test --workspace --release --locked --quiet --no-run
# A passed test's files go at once: Keras's applications alone are more than ten gigabytes.
"$EXCHANGE_PYTHON" -m pytest -q -rs -s -p no:cacheprovider --durations=15 -o tmp_path_retention_policy=failed -o tmp_path_retention_count=1 \
  crates/stepnet-exchange/tests/python
