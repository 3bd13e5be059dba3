// Writes the page into one file that opens from file://: styles, script, worker and module (gzipped, in base64) inlined.
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

export const MODULE = "stepnet_web_bg.wasm";

/** The page in the folder `dist`, as the file `out`. */
export function inline(dist, out) {
  const file = (name) => readFileSync(`${dist}/${name}`);
  // `</script` inside a script would end it. In JavaScript it can only stand in strings and comments, where `<\/` is the same.
  const script = (name) => file(name).toString().replaceAll("</script", "<\\/script");
  const wasm = gzipSync(file(MODULE), { level: 9 }).toString("base64");
  const plain = (id, text) => `<script type="text/plain" id="${id}">${text}</script>\n`;

  const parts = [
    ['<link rel="stylesheet" href="style.css">', `<style>${file("style.css")}</style>`],
    [
      '<script src="page.js"></script>',
      plain("stepnet-worker", script("worker.js")) +
        plain("stepnet-licences", script("licences.txt")) +
        plain("stepnet-wasm", wasm) +
        `<script>${script("page.js")}</script>`,
    ],
  ];
  let html = file("index.html").toString();
  for (const [from, to] of parts) {
    if (!html.includes(from)) throw new Error(`index.html has no ${from}`);
    html = html.replace(from, () => to);
  }
  writeFileSync(out, html);
}
