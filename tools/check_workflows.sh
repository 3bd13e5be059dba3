#!/usr/bin/env bash
# Checks the workflow files: by actionlint where it is installed, else against their schema, which comes by pip. Where neither
# can be had it says so and succeeds. They run at a code host only; the script that they call runs here.
set -euo pipefail
cd "$(dirname "$0")/.."

if command -v actionlint >/dev/null; then
  actionlint
  echo "workflows: as actionlint wants them"
else
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  { python3 -m venv "$work/venv" && "$work/venv/bin/pip" install --quiet --disable-pip-version-check check-jsonschema; } >/dev/null 2>&1 ||
    { echo "skipped: neither actionlint nor pip's check-jsonschema, the workflows not checked"; exit 0; }
  "$work/venv/bin/check-jsonschema" --builtin-schema vendor.github-workflows .github/workflows/*.yml
  echo "workflows: as their schema has them (no actionlint: expressions and shell not checked)"
fi

# What a workflow has the release script do, the script knows.
for what in $(sed -n 's/.*tools\/build_release\.sh //p' .github/workflows/*.yml); do
  grep -Eq "(^|[ |(])$what( \||\))" tools/build_release.sh || { echo "error: build_release.sh does not know $what" >&2; exit 1; }
done
bash -n tools/build_release.sh
