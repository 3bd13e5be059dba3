#!/usr/bin/env bash
# Makes docs/pictures/, the README's pictures of `why` and of the report, from the command's own pages: it trains on the
# embedded digits, explains a value, and has a browser without a window draw both pages.
#     tools/readme_pictures.sh
# Takes node, whose packages (a browser, and what steers it) are installed in target/pictures; pip, for the colours of the
# pictures to be few (Pillow). Not a part of CI: a picture is made again when the pages change.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$root/target/pictures
command -v node >/dev/null && command -v npm >/dev/null || { echo "error: no node and npm to draw pages with" >&2; exit 1; }
mkdir -p "$work"
cd "$work"
rm -rf images run why.html

stepnet=${STEPNET_COMMAND:-$root/target/release/stepnet}
[ -x "$stepnet" ] || cargo build --release --locked --manifest-path "$root/Cargo.toml" --target-dir "$root/target"
digits=${STEPNET_DIGITS:-$root/target/release/examples/02_digits_as_pictures}
[ -x "$digits" ] || cargo build --release --locked --manifest-path "$root/Cargo.toml" --target-dir "$root/target" --example 02_digits_as_pictures
"$digits" images
"$stepnet" train images --model lenet5 --epochs 5 --out run
"$stepnet" why run/model.safetensors images/3/0003.png --at "conv1[12,12,1]" --html why.html

npm install --no-audit --no-fund --silent @sparticuz/chromium playwright-core
cat >draw.mjs <<'JS'
import chromium from "@sparticuz/chromium";
import { chromium as browsers } from "playwright-core";

const executablePath = await chromium.executablePath();
const browser = await browsers.launch({ executablePath, args: chromium.args });
const tab = await browser.newPage({ viewport: { width: 1000, height: 700 }, deviceScaleFactor: 1.5 });

// From the page's top to the end of the first element of `last`.
async function draw(name, page, last) {
  await tab.goto(`file://${process.cwd()}/${page}`);
  const bottom = await tab.evaluate((last) => {
    // Of the report the parts that say most, so that they fit into one picture.
    const parts = ["classes", "confusion", "network", "settings"].map((name) => `section[aria-labelledby=${name}]`);
    const more = [".charts > :nth-child(n+3)", ".mistakes > :nth-child(n+6)"];
    for (const part of document.querySelectorAll([...parts, ...more])) part.remove();
    return document.querySelector(last).getBoundingClientRect().bottom + window.scrollY;
  }, last);
  await tab.setViewportSize({ width: 1000, height: Math.ceil(bottom) + 16 });
  await tab.screenshot({ path: `${name}.png` });
}

await draw("why", "why.html", "section[aria-labelledby=forward]");
await draw("report", "run/report.html", "section[aria-labelledby=mistakes]");
await browser.close();
JS
node draw.mjs

[ -d venv ] || python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pillow
mkdir -p "$root/docs/pictures"
venv/bin/python - "$root/docs/pictures" <<'PY'
import sys
from pathlib import Path

from PIL import Image

for name in ("why", "report"):
    path = Path(sys.argv[1]) / f"{name}.png"
    Image.open(f"{name}.png").convert("RGB").quantize(256, kmeans=2, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path}: {size / 1000:.0f} kB")
    assert size < 150_000, "too large for a README"
PY
