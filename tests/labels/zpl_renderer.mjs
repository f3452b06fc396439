// Draws each ZPL label of standard input as a PNG; arguments: dots per millimetre, folder to write to.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [dotsPerMm, folder, modules] = process.argv.slice(2);
const { ready } = createRequire(join(modules, "index.js"))("zpl-renderer-js");
const { api } = await ready;
const labels = readFileSync(0, "utf8").split("^XZ").map((label) => label.trim()).filter(Boolean);
for (const [index, label] of labels.entries()) {
  const png = await api.zplToBase64Async(`${label}^XZ`, 100, 150, Number(dotsPerMm));
  writeFileSync(join(folder, `${String(index).padStart(4, "0")}.png`), Buffer.from(png, "base64"));
}
// The renderer keeps a timer running.
process.exit(0);
