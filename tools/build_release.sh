#!/usr/bin/env bash
# Builds what is handed to others, into target/dist. Unlike a plain build it leaves no path of this machine in the files:
# the messages of panics name the source files of the dependencies.
#
#   tools/build_release.sh                    the command, for this system
#   tools/build_release.sh static             the command for any Linux: it needs no C library (musl)
#   tools/build_release.sh wheel              the Python package, for this system and every Python from 3.10
#   tools/build_release.sh manylinux          the same for any Linux with glibc 2.17 or newer, linked by zig
#   tools/build_release.sh sdist              its sources, which pip builds where there is a Rust toolchain
#   tools/build_release.sh sdist manylinux static     several, one after the other
#
# The command and the wheel hold the page of `stepnet lab` if tools/build_web.sh has built it into target/lab.
#
# TARGET=aarch64-unknown-linux-gnu (or another of Rust's targets) builds for another processor or system. Only rustup,
# a linker and Python are needed: targets are added by rustup, and maturin, zig and auditwheel come by pip into an
# environment in target/release-tools.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo_home=${CARGO_HOME:-$HOME/.cargo}
# Of several prefixes that fit, the last counts.
export RUSTFLAGS="${RUSTFLAGS:-} --remap-path-prefix=$HOME=~ --remap-path-prefix=$PWD=. --remap-path-prefix=$cargo_home/registry/src=registry"
export CARGO_TARGET_DIR=target/shipped
dist=target/dist
host=$(rustc -vV | sed -n 's/^host: //p')
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
mkdir -p "$dist"
if [ -f target/lab/index.html ]; then
  export STEPNET_LAB=target/lab
else
  echo "skipped: the page of stepnet lab: it is not in target/lab (tools/build_web.sh)"
fi

fail() {
  echo "error: $*" >&2
  exit 1
}

check_paths() {
  if LC_ALL=C grep -a -o -E "($cargo_home|$HOME|$PWD)/[[:print:]]*" "$1" | head -3 | grep .; then
    fail "$1 has paths of this machine in it"
  fi
  echo "$1: no paths of this machine"
}

# The standard library of a target.
need_target() {
  rustc --print target-libdir --target "$1" 2>/dev/null | xargs -I{} test -d {} && return
  command -v rustup >/dev/null || fail "no standard library for $1, and no rustup to add it"
  echo "adding the standard library for $1 (rustup target add)"
  rustup target add "$1"
}

# Programs that come by pip, in an environment of their own.
need_tools() {
  local tools=target/release-tools bin=target/release-tools/bin
  [ -d "$tools" ] || python3 -m venv "$tools" || fail "no virtual environment can be made (python3 -m venv)"
  [ -d "$bin" ] || bin=$tools/Scripts
  echo "tools by pip: $*"
  "$bin/python" -m pip install --quiet --disable-pip-version-check "$@" || fail "pip cannot install $*"
  export PATH="$PWD/$bin:$PATH"
}

# One archive with the command and its licences.
pack() {
  local target=$1 name=stepnet-$version-$1 program=$2
  rm -rf "$dist/$name"
  mkdir "$dist/$name"
  cp "$program" README.md LICENSE-MIT LICENSE-APACHE crates/stepnet-cli/THIRD-PARTY-NOTICES "$dist/$name/"
  tar -C "$dist" -czf "$dist/$name.tar.gz" "$name"
  rm -r "${dist:?}/$name"
  ls -l "$program" "$dist/$name.tar.gz" | awk '{printf "%s: %.1f MB\n", $NF, $5 / 1e6}'
}

build_command() {
  local target=$1 suffix=
  case $target in *windows*) suffix=.exe ;; esac
  need_target "$target"
  cargo build --release --locked -p stepnet-cli --target "$target"
  check_paths "target/shipped/$target/release/stepnet$suffix"
  pack "$target" "target/shipped/$target/release/stepnet$suffix"
}

# Training with musl's own allocator takes as long as with glibc's, and ends in the same weights.
build_static() {
  local target=${TARGET:-${host%%-*}-unknown-linux-musl}
  build_command "$target"
  # Where the machine cannot run it, readelf is the judge: no program interpreter, no shared library.
  local program=target/shipped/$target/release/stepnet
  if readelf --program-headers --dynamic "$program" | grep -E "INTERP|NEEDED"; then
    fail "$program is not static"
  fi
  echo "$program: static"
}

# The wheel holds every crate, and an abi3 wheel fits every Python from 3.10.
build_wheel() {
  local target=${TARGET:-$host}
  need_target "$target"
  need_tools "maturin>=1.9,<2"
  maturin build --release --locked --out "$dist" --manifest-path crates/stepnet-py/Cargo.toml --target "$target"
  check_paths "$(find "target/shipped/$target/release" -maxdepth 1 -name 'lib_native.*' ! -name '*.d' -o -maxdepth 1 -name _native.dll | head -1)"
}

build_manylinux() {
  local target=${TARGET:-${host%%-*}-unknown-linux-gnu} wheel
  need_target "$target"
  need_tools "maturin>=1.9,<2" ziglang auditwheel
  # maturin checks it against the rules of manylinux, auditwheel a second time.
  maturin build --release --locked --out "$dist" --manifest-path crates/stepnet-py/Cargo.toml --target "$target" \
    --zig --compatibility manylinux2014
  wheel=$(ls -t "$dist"/stepnet-*manylinux*"${target%%-*}".whl | head -1)
  auditwheel show "$wheel" | tee "$dist/auditwheel.txt"
  tr '\n' ' ' <"$dist/auditwheel.txt" | grep -Eq "consistent with the following platform tag: *\"manylinux_2_(5|12|17)_${target%%-*}\"" ||
    fail "auditwheel does not find $wheel to be manylinux2014"
  rm "$dist/auditwheel.txt"
  check_paths "target/shipped/$target/release/lib_native.so"
}

build_sdist() {
  need_tools "maturin>=1.9,<2"
  maturin sdist --out "$dist" --manifest-path crates/stepnet-py/Cargo.toml
}

[ $# -gt 0 ] || set -- command
for what in "$@"; do
  printf '\n== %s\n' "$what"
  case $what in
    command) build_command "${TARGET:-$host}" ;;
    static | wheel | manylinux | sdist) "build_$what" ;;
    *) fail "$what is not known, expected command, static, wheel, manylinux or sdist" ;;
  esac
done
printf '\n'
ls -l "$dist" | awk 'NF > 5 {printf "%s: %.1f MB\n", $NF, $5 / 1e6}'
