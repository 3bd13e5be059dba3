#!/usr/bin/env bash
# Builds the Python package's wheel, installs it into a virtual environment of its own, and runs its tests and
# type checks there: bash tools/check_python.sh
# Without Python 3.10 or newer, or where pip cannot fetch what that takes, says so and succeeds.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() {
  echo "skipped: $*, the Python package not tested"
  exit 0
}

python3 -c 'import sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || skip "no Python 3.10 or newer with venv"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" >/dev/null || skip "no virtual environment can be made"
bin=$work/venv/bin
"$bin/pip" install --quiet --disable-pip-version-check 'maturin>=1.9,<2' numpy pytest hypothesis mypy pandas pillow matplotlib scikit-learn || skip "pip cannot install what the tests take"

PYO3_PYTHON=$bin/python cargo clippy --quiet -p stepnet-py --features module --all-targets --locked -- -D warnings
"$bin/maturin" build --quiet --release --locked --manifest-path crates/stepnet-py/Cargo.toml --interpreter "$bin/python" --out "$work/wheels"
"$bin/pip" install --quiet --disable-pip-version-check "$work"/wheels/*.whl
ls -l "$work"/wheels | awk 'NF > 5 {printf "%s: %.1f MB\n", $NF, $5 / 1e6}'

# Away from the sources, so that nothing but the wheel can be imported.
tests=$PWD/crates/stepnet-py/tests
cd "$work"
"$bin/python" -m mypy --strict -p stepnet
"$bin/python" -m mypy.stubtest stepnet._native
"$bin/python" -m pytest -q --doctest-modules --pyargs stepnet
"$bin/python" -m pytest -q "$tests"
