#!/usr/bin/env bash
# Builds what is handed to others: the command in target/shipped/release, and with `wheel` the Python package in
# target/wheels. Unlike a plain build it leaves no path of this machine in the files: the messages of panics name the
# source files of the dependencies.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo_home=${CARGO_HOME:-$HOME/.cargo}
# Of several prefixes that fit, the last counts.
export RUSTFLAGS="${RUSTFLAGS:-} --remap-path-prefix=$HOME=~ --remap-path-prefix=$PWD=. --remap-path-prefix=$cargo_home/registry/src=registry"
export CARGO_TARGET_DIR=target/shipped

check() {
  if LC_ALL=C grep -a -o -E "($cargo_home|$HOME|$PWD)/[[:print:]]*" "$1" | head -3 | grep .; then
    echo "error: $1 has paths of this machine in it" >&2
    exit 1
  fi
  echo "$1: no paths of this machine"
}

if [ "${1:-}" = wheel ]; then
  maturin build --release --locked --out target/wheels --manifest-path crates/stepnet-py/Cargo.toml
  check "$(ls target/shipped/release/lib_native.*)"
else
  cargo build --release --locked -p stepnet-cli
  check target/shipped/release/stepnet
fi
