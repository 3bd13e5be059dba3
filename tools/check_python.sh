#!/usr/bin/env bash
# Builds the Python package's wheel, installs it into a virtual environment of its own, and runs its tests, its
# type checks and the notebooks there: bash tools/check_python.sh
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
pip() { "$bin/pip" --quiet --disable-pip-version-check "$@"; }
pip install numpy pytest hypothesis mypy pandas pyarrow pillow tqdm jupyterlab || skip "pip cannot install what the tests take"

# What the README says, by way of a wheel, whose size is of interest.
pip wheel --no-deps --wheel-dir "$work/wheels" ./crates/stepnet-py
pip install "$(echo "$work"/wheels/stepnet-*.whl)[notebook,sklearn]"
ls -l "$work"/wheels | awk 'NF > 5 {printf "%s: %.1f MB\n", $NF, $5 / 1e6}'

# Away from the sources, so that nothing but the wheel can be imported.
project=$PWD
cd "$work"
"$bin/python" -m mypy --strict -p stepnet
"$bin/python" -m mypy.stubtest stepnet._native
"$bin/python" -m pytest -q --doctest-modules --pyargs stepnet
"$bin/python" -m pytest -q "$project/crates/stepnet-py/tests"
# The same with a function that panics, which is not in the wheel that is shipped.
pip wheel --no-deps --wheel-dir "$work/broken" --config-settings=build-args="--features module,break-promise" "$project/crates/stepnet-py"
pip install --target "$work/broken/site" --no-deps "$work"/broken/stepnet-*.whl
PYTHONPATH=$work/broken/site "$bin/python" -m pytest -q "$project/crates/stepnet-py/tests/test_native.py" -k panic
echo "the comparison with other libraries: the tests that need numpy or the package"
"$bin/python" -m unittest discover --quiet "$project/benches/peers"
echo "the READMEs' programs"
awk '/^```python$/ {on = 1; print "# a program of its own"; next} /^```$/ {on = 0} on' "$project/README.md" "$project/docs/python.md" "$project/crates/stepnet-py/README.md" "$project"/docs/notebooks/*.md >readme.py
"$bin/python" readme.py | tail -n 3
echo "the notebooks"
"$bin/python" -m unittest discover --quiet "$project/tools"
"$bin/python" "$project/tools/notebooks.py" check
