#!/usr/bin/env bash
# Runs every command in the `sh` blocks of the README and the book, in an empty folder, as a new user would.
# Lines about MNIST need its four files beside the repository and are skipped, visibly, without them; so are those about files
# that others publish.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
server=
# A server runs until the next one begins, or to the end.
stop_server() {
  [ -z "$server" ] || { kill "$server" && wait "$server" || { cat server.txt; echo "failed: the server" >&2; exit 1; }; }
  server=
}
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

export CARGO_TARGET_DIR="$root/target"
cargo build --release --locked --manifest-path "$root/Cargo.toml"
export PATH="$root/target/release:$PATH"

cd "$work"
cargo run --quiet --release --locked --manifest-path "$root/Cargo.toml" \
  --example 02_digits_as_pictures -- my-pictures
for class in 1 7; do
  mkdir -p "my-few-pictures/$class"
  find "my-pictures/$class" -name '*.png' | sort | sed -n '1,20p' | xargs -I{} cp {} "my-few-pictures/$class"
done
mnist="$root/../shared/data/mnist"
[ -d "$mnist" ] && ln -s "$mnist" mnist-folder

run=0 skipped=0
while IFS= read -r line; do
  case $line in
    "cargo test"*) continue ;; # .ci/run has run it, and it would run this again
    *"pip install"*) continue ;; # tools/check_python.sh does that, in an environment of its own
    *"import resnet18"* | *"import mine.pt"*) echo "skipped, a file that others publish: $line"; skipped=$((skipped + 1)); continue ;;
    *"import model.onnx"*) [ -e model.onnx ] || stepnet export runs/mine/model.safetensors --onnx model.onnx >/dev/null ;;
    *mnist*) [ -e mnist-folder ] || { echo "skipped, no MNIST files here: $line"; skipped=$((skipped + 1)); continue; } ;;
  esac
  case $line in
    "stepnet serve "*)
      stop_server
      printf '\n$ %s &\n' "$line"
      bash -euo pipefail -c "exec $line" >server.txt 2>&1 &
      server=$!
      for _ in $(seq 100); do grep -q '^listening' server.txt && break; kill -0 "$server" 2>/dev/null || break; sleep 0.1; done
      grep '^listening' server.txt || { cat server.txt; echo "failed: $line" >&2; exit 1; }
      run=$((run + 1))
      continue ;;
    *127.0.0.1:8000*) command -v curl >/dev/null || { echo "skipped, no curl: $line"; skipped=$((skipped + 1)); continue; }
      # A refusal is a failure.
      line=${line/#curl/curl --fail-with-body} ;;
  esac
  # The repository's own commands are given its manifest; the rest runs as it stands.
  command=${line/#cargo run/cargo run --quiet --locked --manifest-path \"$root/Cargo.toml\"}
  printf '\n$ %s\n' "$line"
  bash -euo pipefail -c "$command" >output.txt 2>&1 || { cat output.txt; echo "failed: $line" >&2; exit 1; }
  tail -n 3 output.txt
  run=$((run + 1))
# The pages in the order of the book: what one makes, a later one uses. A command that was on an earlier page has run.
done < <(cd "$root" && awk '/^```sh$/ {on = 1; next} /^```$/ {on = 0} on && NF && !seen[$0]++' \
  README.md docs/own-images.md docs/examine.md docs/calibrate.md docs/formats.md docs/runs.md docs/several-machines.md docs/transfer.md docs/exchange.md docs/serve.md docs/explain.md docs/look-inside.md docs/course-guide.md docs/python.md docs/rust.md)

stop_server
[ "$run" -ge 25 ] || { echo "failed: only $run commands found" >&2; exit 1; }
echo "README and book: $run commands ran, $skipped skipped"
