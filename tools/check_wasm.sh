#!/usr/bin/env bash
# Runs the kernels' tests as compiled for WebAssembly with vectors, in node: against the references, and with plain simd128
# against the portable set, bit by bit. Numbers of 32 bits count what is there, as in a browser.
#
#     tools/check_wasm.sh [--relaxed]        with relaxed multiply-adds as well: they take as long again
set -euo pipefail
cd "$(dirname "$0")/.."

target=wasm32-wasip1

if ! command -v node >/dev/null; then
  echo "skipped: no node, the kernels are not tested in WebAssembly"
  exit 0
fi
if ! test -d "$(rustc --print target-libdir --target "$target" 2>/dev/null)"; then
  if ! command -v rustup >/dev/null || ! rustup target add "$target" >/dev/null 2>&1; then
    echo "skipped: no standard library for $target (rustup target add $target), the kernels are not tested in WebAssembly"
    exit 0
  fi
fi

node="node --no-warnings"
# Engines that have relaxed instructions by themselves no longer know the option.
if node --experimental-wasm-relaxed-simd -e "" 2>/dev/null; then
  node+=" --experimental-wasm-relaxed-simd"
fi
# A result does not depend on the level, and the higher ones take three times as long to compile.
export CARGO_PROFILE_RELEASE_OPT_LEVEL=1
export CARGO_TARGET_WASM32_WASIP1_RUNNER="$node $PWD/tools/run_wasi.mjs"
builds=(+simd128)
[ "${1:-}" = --relaxed ] && builds+=(+simd128,+relaxed-simd)
for features in "${builds[@]}"; do
  echo "kernels with $features"
  RUSTFLAGS="-C target-feature=$features" cargo test --quiet --release --locked --target "$target" -p stepnet-kernels --lib
done
