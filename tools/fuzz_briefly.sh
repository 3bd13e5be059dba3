#!/usr/bin/env bash
# Builds every fuzz target and runs each for a few seconds from its seeds: bash tools/fuzz_briefly.sh [SECONDS]
# Without a nightly toolchain, or where cargo-fuzz cannot be installed, says so and succeeds.
set -euo pipefail
cd "$(dirname "$0")/.."

version=0.13.2
seconds=${1:-10}

skip() {
  echo "skipped: $*, fuzz targets not run"
  exit 0
}

case $seconds in
  '' | *[!0-9]* | 0) echo "usage: tools/fuzz_briefly.sh [SECONDS], a positive whole number, got \"$seconds\"" >&2; exit 2 ;;
esac
[ "$(uname -s)" = Linux ] || [ "$(uname -s)" = Darwin ] || skip "libFuzzer needs Linux or macOS"
cargo +nightly --version >/dev/null 2>&1 || skip "no nightly toolchain"
if ! cargo fuzz --version >/dev/null 2>&1; then
  cargo install cargo-fuzz --locked --version "$version" || skip "cargo-fuzz $version cannot be installed"
  cargo fuzz --version || skip "cargo does not find cargo-fuzz after its installation"
fi

log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT

# cargo-fuzz has no --locked; a lock file that does not fit would be rewritten unseen.
cargo tree --locked --manifest-path fuzz/Cargo.toml >/dev/null
cargo +nightly fuzz build

# One target, by its name; what it says goes to a file.
fuzz() {
  local target=$1 seeds=fuzz/seeds/$1
  [ -d "$seeds" ] || { echo "failed: $target has no $seeds"; return 1; }
  # What a run finds goes to a folder of its own, so that every run starts from the seeds alone.
  mkdir -p "$log/$target"
  # The same seed every time: a change is judged by what it changed. Longer runs draw their own.
  local options=(-seed=1 -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1500 -print_final_stats=1)
  case $target in
    notation | network | model_file | checkpoint) options+=(-dict=fuzz/arrow.dict) ;;
  esac
  if ! cargo +nightly fuzz run "$target" "$log/$target" "$seeds" -- "${options[@]}" >"$log/$target.txt" 2>&1; then
    tail -n 60 "$log/$target.txt"
    echo "failed: $target; the input lies in fuzz/artifacts/$target/"
    return 1
  fi
  echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log/$target.txt") inputs, no crash"
}
export -f fuzz
export log seconds

# A target runs in one thread: two at a time take half as long, and leave each the time it is given.
targets=$(cargo +nightly fuzz list)
[ -n "$targets" ] || { echo "failed: no fuzz targets found"; exit 1; }
xargs -P 2 -I{} bash -c 'fuzz {}' <<<"$targets"
echo "fuzzing: $(wc -l <<<"$targets") targets, $seconds s each"
