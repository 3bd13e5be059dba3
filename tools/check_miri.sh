#!/usr/bin/env bash
# Runs small tests of the kernels under Miri, which finds undefined behaviour: reads beyond an array, races between
# threads, references that overlap. It interprets every step and has none of the processor's vector instructions, so the
# portable set runs: the same loops of simd/tile, with all their `unsafe`, as on the other sets.
# Without a nightly toolchain, or where Miri cannot be installed, says so and succeeds.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() {
  echo "skipped: $*, nothing run under Miri"
  exit 0
}

cargo +nightly --version >/dev/null 2>&1 || skip "no nightly toolchain"
if ! cargo +nightly miri --version >/dev/null 2>&1; then
  command -v rustup >/dev/null || skip "no Miri"
  rustup component add --toolchain nightly miri rust-src >/dev/null 2>&1 ||
    skip "Miri cannot be installed (rustup component add --toolchain nightly miri rust-src)"
fi

# Every kind of inner loop, which set runs, and passes that threads share: rayon's threads never end, which Miri reports
# as a leak, and its queues pass only under tree borrows.
tests=(miri_tests:: simd::choice:: simd::tests:: conv::tests::a_convolution_by_hand)
export MIRIFLAGS="-Zmiri-tree-borrows -Zmiri-ignore-leaks -Zmiri-permissive-provenance -Zmiri-disable-isolation"
cargo +nightly miri test --quiet --locked -p stepnet-kernels --lib -- "${tests[@]}"
