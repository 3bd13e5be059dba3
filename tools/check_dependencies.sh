#!/usr/bin/env bash
# Checks what is shipped of others: the notices of their licences are up to date, the licences allow it, nothing comes
# from an unknown source, and no advisory is open. What cannot be checked here is skipped visibly.
set -euo pipefail
cd "$(dirname "$0")/.."

if command -v python3 >/dev/null; then
  tools/third_party_notices.py --check
  echo "notices: up to date"
else
  echo "skipped: no python3, the notices not compared"
fi

if ! command -v cargo-deny >/dev/null; then
  # Building it takes longer than all the rest here: what it says of licences and sources is checked by a script.
  if python3 -c 'import tomllib' 2>/dev/null; then
    tools/check_licences.py
    echo "skipped: no cargo-deny (cargo install cargo-deny), advisories and doubled versions not looked for"
  else
    echo "skipped: neither cargo-deny (cargo install cargo-deny) nor Python 3.11, licences, sources and advisories not checked"
  fi
  exit 0
fi
cargo deny --log-level error check licenses bans sources

# The database of advisories comes from the network.
if cargo deny --log-level error fetch db 2>/dev/null; then
  cargo deny --log-level error check --disable-fetch advisories
else
  echo "skipped: the database of advisories cannot be had, advisories not checked"
fi
