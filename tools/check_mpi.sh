#!/usr/bin/env bash
# Runs the tests of groups over MPI with Open MPI and with MPICH, 2 and 4 ranks on this machine: bash tools/check_mpi.sh
# What the tests take is installed from the distribution's packages, where this is root on a system with apt-get. A library
# that is not there is skipped, visibly; so is everything where there is none. Python's `fit` is tried with both, and with Ray and
# Dask as launchers, in a virtual environment; STEPNET_WHEEL names a wheel of the package to take in place of a new one.
set -euo pipefail
cd "$(dirname "$0")/.."

# Each library by the name of its launcher on a system that has both, and by its package.
launchers=(mpirun.openmpi mpiexec.hydra)
packages=(openmpi-bin mpich)

missing=()
for at in "${!launchers[@]}"; do
  command -v "${launchers[$at]}" >/dev/null || missing+=("${packages[$at]}")
done
if [ "${#missing[@]}" -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}"; } >/dev/null 2>&1 \
      || echo "skipped: apt-get cannot install ${missing[*]}"
  else
    echo "skipped: ${missing[*]} cannot be installed by this user on this system"
  fi
fi

# What the tests ask for: more ranks than processors, as root in a container, without spinning while they wait.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_hwloc_base_binding_policy=none

there=0
for at in "${!launchers[@]}"; do
  launcher=${launchers[$at]}
  if ! command -v "$launcher" >/dev/null; then
    echo "skipped: there is no $launcher, groups not tried over ${packages[$at]}"
    continue
  fi
  there=$((there + 1))
done
if [ "$there" = 0 ]; then
  echo "skipped: no MPI library, groups tried as threads of one process alone"
  exit 0
fi

# The command and the example are built with the tests of the workspace.
cargo test --workspace --release --locked --quiet --no-run
group=${CARGO_TARGET_DIR:-target}/release/examples/group
stepnet=${CARGO_TARGET_DIR:-target}/release/stepnet
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
train=(train --epochs 2 --batch 64 --hold-out 0.2 --threads 1)

"$stepnet" "${train[@]}" --shares 8 --out "$work/one" >"$work/one.txt"
for launcher in "${launchers[@]}"; do
  command -v "$launcher" >/dev/null || continue
  for ranks in 2 4; do
    right=$(timeout 120 "$launcher" -n "$ranks" "$group" | grep -c ': all right$')
    [ "$right" = "$ranks" ] || { echo "failed: $launcher -n $ranks: every operation right on $right ranks" >&2; exit 1; }
    timeout 300 "$launcher" -n "$ranks" "$stepnet" "${train[@]}" --shares 8 --out "$work/$launcher-$ranks" >"$work/ranks.txt" \
      || { cat "$work/ranks.txt"; echo "failed: $launcher -n $ranks stepnet train" >&2; exit 1; }
    expected=$(grep '^weights ' "$work/one.txt") found=$(grep '^weights ' "$work/ranks.txt")
    [ "$expected" = "$found" ] || { echo "failed: $launcher -n $ranks: $found, one process: $expected" >&2; exit 1; }
    echo "$launcher, $ranks ranks: every operation right; $found, as one process has them"
  done
done
# The suites start the launchers themselves: those of the group, of the command and of training. Of the whole workspace, as
# they were built: one package alone has other features, and would be built again.
cargo test --workspace --release --locked --quiet --test launched
cargo test --workspace --release --locked --quiet --test cli -- ranks:: group::

# Runs one of the examples of launchers without MPI: its name, and the package that it takes.
try_launcher() {
  if ! "$bin/pip" --quiet --disable-pip-version-check install "$2" 2>/dev/null; then
    echo "skipped: pip cannot install $2, training under $1 not tried"
    return 0
  fi
  (cd "$work" && timeout 90 "$bin/python" "$project/crates/stepnet-py/examples/train_with_$1.py" 2 2>"$work/$1.txt") || {
    cat "$work/$1.txt"
    echo "failed: crates/stepnet-py/examples/train_with_$1.py" >&2
    exit 1
  }
}

project=$PWD bin=$work/venv/bin wheel=${STEPNET_WHEEL:-}
if ! python3 -c 'import sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || ! python3 -m venv "$work/venv" >/dev/null; then
  echo "skipped: no Python 3.10 or newer with venv, fit not tried over ranks"
  exit 0
fi
if ! "$bin/pip" --quiet --disable-pip-version-check install numpy pytest; then
  echo "skipped: pip cannot install numpy and pytest, fit not tried over ranks"
  exit 0
fi
"$bin/pip" --quiet --disable-pip-version-check install mpi4py || echo "skipped: pip cannot install mpi4py, fit tried without it alone"
if [ -z "$wheel" ]; then
  "$bin/pip" --quiet --disable-pip-version-check wheel --no-deps --wheel-dir "$work/wheels" ./crates/stepnet-py
  wheel=$(echo "$work"/wheels/stepnet-*.whl)
fi
"$bin/pip" --quiet --disable-pip-version-check install --no-deps "$wheel"
(cd "$work" && "$bin/python" -m pytest -q -rs "$project"/crates/stepnet-py/tests/test_{group,meeting}.py)
try_launcher ray ray
try_launcher dask "dask[distributed]"
