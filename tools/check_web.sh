#!/usr/bin/env bash
# Checks the page of the laboratory: types, messages and units in node, and the whole page in a real browser.
#
#     tools/check_web.sh              all of it
#     tools/check_web.sh --units      without a browser
#
# Needs node 20 or newer with npm. The browser is $CHROMIUM, or a Chromium or Chrome that is installed; as root on Debian
# one is installed. The page is built by tools/build_web.sh. Its weights are compared with those of the command: $STEPNET, or
# the release build. What is not there is named and skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() {
  echo "skipped: $1"
  exit 0
}

find_browser() {
  local name
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    if [ -n "$name" ] && command -v "$name" >/dev/null; then
      command -v "$name"
      return
    fi
  done
}

command -v npm >/dev/null || skip "the page's checks: npm is not installed"
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || skip "the page's checks: they need node 20 or newer"

npm --prefix web ci --no-audit --no-fund --silent || skip "the page's checks: npm cannot install the packages of web/package-lock.json"
npm --prefix web test
[ "${1:-}" = --units ] && { npm --prefix web run build; exit 0; }

browser=$(find_browser)
if [ -z "$browser" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get install -y --no-install-recommends chromium >/dev/null || true
  browser=$(find_browser)
fi
[ -n "$browser" ] || skip "the page in a browser: no Chromium; set CHROMIUM, or install the package chromium"

dist=${STEPNET_WEB_DIST:-${CARGO_TARGET_DIR:-target}/lab}
if [ ! -f "$dist/worker.js" ] && [ -x tools/build_web.sh ]; then
  tools/build_web.sh --plain "$dist"
fi
[ -f "$dist/worker.js" ] || skip "the page in a browser: the engine is not built; see tools/build_web.sh"
# The engine may have been built before the page was changed.
dist=$(realpath "$dist")
npm --prefix web run build -- "$dist"

stepnet=${STEPNET:-${CARGO_TARGET_DIR:-target}/release/stepnet}
if [ -x "$stepnet" ]; then
  stepnet=$(realpath "$stepnet")
else
  echo "skipped: the weights of the page beside those of the command: $stepnet is not there; build it, or set STEPNET"
  stepnet=""
fi
CHROMIUM=$browser STEPNET=$stepnet node web/tests/browser/run.mjs "$dist"
