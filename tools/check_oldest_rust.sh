#!/usr/bin/env bash
# Checks that the workspace compiles with the oldest compiler it promises (`rust-version` in Cargo.toml). Clippy's lint
# `incompatible_msrv`, which looks for newer parts of the standard library with any compiler, is among the lints of the
# workspace. Without that toolchain, or without Python 3.10 for the Python package, says so and succeeds.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() {
  echo "skipped: $*"
  exit 0
}

version=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
[ -n "$version" ] || { echo "failed: no rust-version in Cargo.toml" >&2; exit 1; }
case $version in *.*.*) toolchain=$version ;; *) toolchain=$version.0 ;; esac

command -v rustup >/dev/null || skip "no rustup, nothing built with Rust $version"
if ! cargo "+$toolchain" --version >/dev/null 2>&1; then
  rustup toolchain install "$toolchain" --profile minimal --no-self-update >/dev/null 2>&1 ||
    skip "Rust $toolchain cannot be installed (rustup toolchain install $toolchain --profile minimal)"
fi

scope=(--workspace)
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
  echo "skipped: no Python 3.10 or newer, the Python package not checked with Rust $version"
  scope+=(--exclude stepnet-py)
fi
cargo "+$toolchain" check --quiet "${scope[@]}" --all-features --locked
echo "compiles with Rust $toolchain"
