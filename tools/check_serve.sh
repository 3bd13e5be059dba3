#!/usr/bin/env bash
# Asks `stepnet serve` by clients of others, tritonclient above all, and opens its page in a browser: bash tools/check_serve.sh
# The clients are installed into a virtual environment; SERVE_PYTHON=python names one that has them. The browser is $CHROMIUM, or a
# Chromium or Chrome that is installed; it is led by what the laboratory's tests have installed (tools/check_web.sh). What is not there is
# named and skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# As the tests of the workspace are built, with their features: `cargo build` would build every crate again.
cargo test --workspace --release --locked --quiet --no-run
STEPNET_COMMAND=$(realpath "${STEPNET_COMMAND:-${CARGO_TARGET_DIR:-target}/release/stepnet}")
export STEPNET_COMMAND

skip() { echo "skipped: $1"; }

# The Python with the clients; nothing where there is none.
python() {
  if [ -n "${SERVE_PYTHON:-}" ]; then
    echo "$SERVE_PYTHON"
    return
  fi
  python3 -c 'import sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || return 0
  python3 -m venv "$work/venv" >/dev/null || return 0
  "$work/venv/bin/pip" install --quiet --disable-pip-version-check numpy pytest pillow "tritonclient[http]" >&2 || return 0
  echo "$work/venv/bin/python"
}

clients=$(python)
if [ -n "$clients" ]; then
  "$clients" -m pytest -q -rs -p no:cacheprovider crates/stepnet-serve/tests/python
else
  skip "stepnet serve asked by tritonclient: no Python 3.10 or newer with venv, or pip cannot install the clients"
fi

browser=
for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
  if [ -z "$browser" ] && [ -n "$name" ] && command -v "$name" >/dev/null; then
    browser=$(command -v "$name")
  fi
done
if [ -z "$browser" ]; then
  skip "the page of stepnet serve in a browser: no Chromium; set CHROMIUM"
elif ! command -v npm >/dev/null; then
  skip "the page of stepnet serve in a browser: no npm"
else
  [ -d web/node_modules/puppeteer-core ] || npm --prefix web ci --no-audit --no-fund --silent
  CHROMIUM=$browser node --test crates/stepnet-serve/tests/browser/page.test.mjs
fi
