#!/usr/bin/env bash
# Packs every crate that may be published, as `cargo publish` would, and checks that each compiles from what was packed:
# what a package lacks does not. `cargo package` itself would build all of them to machine code, which takes eight minutes
# and finds no more. The Python package goes another way, as a wheel: tools/check_python.sh.
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
packages=$target/packages/package
rm -rf "$target/packages"
# Files that are not committed are packed, too: what is checked is what lies here.
cargo package --quiet --workspace --exclude stepnet-py --exclude stepnet-web --no-verify --locked --allow-dirty --target-dir "$target/packages"

for package in "$packages"/stepnet*-*.crate; do
  files=$(tar -tf "$package")
  for file in Cargo.toml README.md LICENSE-APACHE LICENSE-MIT; do
    grep -q "^[^/]*/$file\$" <<<"$files" || { echo "failed: $(basename "$package") has no $file" >&2; exit 1; }
  done
  printf '%s: %s files, %s kB\n' "$(basename "$package")" "$(wc -l <<<"$files")" "$(($(wc -c <"$package") / 1000))"
done

# A workspace of the unpacked crates, each of which takes the others from there in place of the registry.
unpacked=$target/packages/unpacked
mkdir -p "$unpacked"
cp Cargo.lock "$unpacked"
{
  printf '[workspace]\nresolver = "3"\nmembers = ["stepnet*"]\n\n[patch.crates-io]\n'
  for package in "$packages"/stepnet*-*.crate; do
    # -m: the files in a package are all of one old date, by which cargo would take what it compiled at an earlier check.
    tar -xmf "$package" -C "$unpacked"
    folder=$(basename "$package" .crate)
    printf '%s = { path = "%s" }\n' "${folder%-*}" "$folder"
  done
} >"$unpacked/Cargo.toml"
# What they take from others is what the lints have compiled.
cargo check --quiet --workspace --manifest-path "$unpacked/Cargo.toml" --target-dir "$target"
echo "all of them compile from what was packed"
