#!/usr/bin/env bash
# Checks that the crates compile for other systems and processors: types and borrows, nothing is linked or run, so no
# linker and no C library of those systems is needed (no dependency has C code). A target whose standard library cannot
# be had is skipped, visibly.
set -euo pipefail
cd "$(dirname "$0")/.."

# A browser has no threads, signals or terminal: there it is the library, and the rest that makes sense without them.
checks=(
  "wasm32-unknown-unknown -p stepnet --no-default-features"
  "wasm32-unknown-unknown -p stepnet"
  "wasm32-unknown-unknown -p stepnet-web"
  "aarch64-unknown-linux-gnu -p stepnet-cli"
  "aarch64-apple-darwin -p stepnet-cli"
  "x86_64-pc-windows-gnu -p stepnet-cli"
)

have() {
  rustc --print target-libdir --target "$1" 2>/dev/null | xargs -I{} test -d {} && return
  command -v rustup >/dev/null && rustup target add "$1" >/dev/null 2>&1
}

for check in "${checks[@]}"; do
  read -r target arguments <<<"$check"
  have "$target" || { echo "skipped: no standard library for $target (rustup target add $target)"; continue; }
  # shellcheck disable=SC2086  # several arguments
  cargo check --quiet --locked --target "$target" $arguments
  echo "compiles for $target: $arguments"
done
