#!/usr/bin/env bash
# Builds the laboratory page with its engine: a folder of static files that any host serves.
#
#     tools/build_web.sh [--plain] [OUT]        OUT is target/lab unless given
#
# Needs Rust's target wasm32-unknown-unknown, node and npm; what else it takes it builds or installs below the target folder.
# The engine is built twice: with vectors of 128 bits, and with relaxed multiply-adds for browsers that have them and users
# who ask for them. `--plain` leaves out the second one, and takes half of the time.
# Prints the compressed sizes, and runs the engine's tests in node: the weights it ends in are those of a native build.
set -euo pipefail
cd "$(dirname "$0")/.."

relaxed=yes
if [ "${1:-}" = --plain ]; then
  relaxed=no
  shift
fi
target=wasm32-unknown-unknown
target_dir=${CARGO_TARGET_DIR:-$PWD/target}
# Not `web`: cargo puts what it builds for this machine in the profile's folder of that name.
out=${1:-$target_dir/lab}
tools=$target_dir/web-tools
# The bytes of everything that a visit loads, compressed. The aim is 1.2 MB; this is what there is, and it must not grow.
most=2800000
binaryen=132
bindgen=tools/web_bindgen

skip() {
  echo "skipped: $1"
  exit 0
}

have_target() {
  test -d "$(rustc --print target-libdir --target "$target" 2>/dev/null)" && return
  command -v rustup >/dev/null && rustup target add "$target" >/dev/null 2>&1
}

# The version of a package in a lock file.
locked() {
  sed -n "/^name = \"$1\"\$/{n;s/version = \"\(.*\)\"/\1/p}" "$2"
}

# Fails unless what writes the JavaScript around the module has the version of the library in the module.
same_bindgen() {
  local library tool
  library=$(locked wasm-bindgen Cargo.lock)
  tool=$(locked wasm-bindgen-cli-support "$bindgen/Cargo.lock")
  [ "$library" = "$tool" ] && return
  echo "wasm-bindgen is $library in Cargo.lock and $tool in $bindgen: write =$library into $bindgen/Cargo.toml, and run cargo update there" >&2
  return 1
}

optimizer() {
  [ -x "$tools/node_modules/.bin/wasm-opt" ] && return
  npm install --silent --no-audit --no-fund --prefix "$tools" "binaryen@$binaryen"
}

# Compiles the module with some features of WebAssembly: compile FEATURE...
compile() {
  local features
  features=$(printf ',+%s' "$@")
  # Of this kind of library alone: with a Rust library beside it every crate is compiled twice, for it and for the link.
  RUSTFLAGS="-C target-feature=${features#,}" cargo rustc --locked --profile web --target "$target" -p stepnet-web --lib \
    --crate-type cdylib
}

# Makes the compiled module ready for browsers: finish FOLDER FEATURE...
finish() {
  local folder=$1 enabled=() feature
  shift
  for feature in "$@"; do
    enabled+=("--enable-${feature/simd128/simd}")
  done
  "$tools/build/release/web-bindgen" "$target_dir/$target/web/stepnet_web.wasm" "$folder"
  # More makes the module no smaller, and takes minutes.
  "$tools/node_modules/.bin/wasm-opt" -O1 "${enabled[@]}" --enable-bulk-memory --enable-bulk-memory-opt \
    --enable-nontrapping-float-to-int --enable-sign-ext --enable-mutable-globals --enable-reference-types --enable-multivalue \
    "$folder/stepnet_web_bg.wasm" -o "$folder/optimized.wasm"
  mv "$folder/optimized.wasm" "$folder/stepnet_web_bg.wasm"
}

# Prints the compressed size of each file; fails if those that a visit loads are too large.
sizes() {
  local sum=0 file bytes
  for file in "$out"/*; do
    [ -f "$file" ] || continue
    bytes=$(gzip -9 --stdout "$file" | wc -c)
    printf '%-28s %9d bytes, %8d compressed\n' "${file##*/}" "$(wc -c <"$file")" "$bytes"
    # A visit loads one of the two engines; stepnet-lab.html is the whole page in one file, for who wants that instead.
    case ${file##*/} in *relaxed* | stepnet-lab.html | *.map | *.txt) ;; *) sum=$((sum + bytes)) ;; esac
  done
  echo "a visit loads $sum bytes, at most $most"
  [ "$sum" -le "$most" ]
}

have_target || skip "no standard library for $target (rustup target add $target)"
command -v node >/dev/null && command -v npm >/dev/null || skip "no node with npm"
[ -d web/node_modules ] || npm ci --silent --no-audit --no-fund --prefix web || skip "the page's packages (web/package-lock.json) cannot be had"
optimizer || skip "no wasm-opt (npm's binaryen)"
same_bindgen
cargo fetch --quiet --locked --manifest-path "$bindgen/Cargo.toml" || skip "the crates of $bindgen cannot be had"

mkdir -p "$out"
# While the module is compiled, the last part of which has one thread.
CARGO_TARGET_DIR=$tools/build cargo build --quiet --release --locked --manifest-path "$bindgen/Cargo.toml" &
building=$!
compile simd128
wait "$building"
finish "$tools/simd128" simd128
cp "$tools/simd128/stepnet_web_bg.wasm" "$out/stepnet_web_bg.wasm"
rm -rf "$tools/relaxed" "$out/stepnet_web_relaxed_bg.wasm"
if [ "$relaxed" = yes ]; then
  compile simd128 relaxed-simd
  finish "$tools/relaxed" simd128 relaxed-simd
  cmp "$tools/simd128/stepnet_web.js" "$tools/relaxed/stepnet_web.js"
  cp "$tools/relaxed/stepnet_web_bg.wasm" "$out/stepnet_web_relaxed_bg.wasm"
fi
node web/build_worker.mjs "$tools/simd128/stepnet_web.js" "$out"
npm run --silent --prefix web build -- "$out"
sizes

# Engines that have relaxed instructions by themselves no longer know the option.
node=(node --no-warnings)
if node --experimental-wasm-relaxed-simd -e "" 2>/dev/null; then
  node+=(--experimental-wasm-relaxed-simd)
fi
STEPNET_ENGINES=$tools "${node[@]}" --test web/engine-tests/*.test.mjs
echo "built $out"
