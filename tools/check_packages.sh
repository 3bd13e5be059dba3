#!/usr/bin/env bash
# Packs every crate that may be published, as `cargo publish` would, and builds each from what was packed: what a
# package lacks does not build. The Python package goes another way, as a wheel: tools/check_python.sh.
# Before Rust 1.90 cargo cannot package crates that depend on each other before they are published: skipped visibly.
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(cargo --version | cut -d ' ' -f 2)
IFS=. read -r major minor _ <<<"$version"
if [ "$major" -eq 1 ] && [ "$minor" -lt 90 ]; then
  echo "skipped: cargo $version, packages not built (1.90 or newer packs a workspace whose crates are unpublished)"
  exit 0
fi

target=$(cargo metadata --format-version 1 --no-deps --locked | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
[ -d "$target" ] || mkdir -p "${target:?cargo named no target directory}"
target=$target/packages
packages=$target/package
# cargo reuses what it unpacked and built for the same name and version, so our earlier packages go; otherwise crates
# would be built with their neighbours' old sources. Unpacked ones lie by the registry they are of: here a local one.
rm -rf "$packages" "$target"/debug/.fingerprint/stepnet* "${CARGO_HOME:-$HOME/.cargo}"/registry/src/-*/stepnet*
# Files that are not committed are packed, too: what is checked is what lies here.
cargo package --quiet --workspace --exclude stepnet-py --locked --allow-dirty --target-dir "$target"

for package in "$packages"/stepnet*-*.crate; do
  files=$(tar -tf "$package")
  for file in Cargo.toml README.md LICENSE-APACHE LICENSE-MIT; do
    grep -q "^[^/]*/$file\$" <<<"$files" || { echo "failed: $(basename "$package") has no $file" >&2; exit 1; }
  done
  printf '%s: %s files, %s kB\n' "$(basename "$package")" "$(wc -l <<<"$files")" "$(($(wc -c <"$package") / 1000))"
done
