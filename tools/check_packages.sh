#!/usr/bin/env bash
# Packs every crate that may be published, as `cargo publish` would, and builds each from what was packed: what a
# package lacks does not build. The Python package goes another way, as a wheel: tools/check_python.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

# Files that are not committed are packed, too: what is checked is what lies here.
cargo package --quiet --workspace --exclude stepnet-py --locked --allow-dirty

packages=$(cargo metadata --format-version 1 --no-deps --locked | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')/package
for package in "$packages"/stepnet*-*.crate; do
  files=$(tar -tf "$package")
  for file in Cargo.toml README.md LICENSE-APACHE LICENSE-MIT; do
    grep -q "^[^/]*/$file\$" <<<"$files" || { echo "failed: $(basename "$package") has no $file"; exit 1; }
  done
  printf '%s: %s files, %s kB\n' "$(basename "$package")" "$(wc -l <<<"$files")" "$(($(wc -c <"$package") / 1000))"
done
