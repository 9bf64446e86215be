// Times the index pass compiled to WebAssembly in Chromium: node index-pass.mjs FOLDER FILE TIMES,
// FOLDER being where wasm-bindgen put the module for the web.
// Prints lines of `name value`, as the native program does; the slices are as large as there.

import { chromium } from "playwright-core";

import { serve } from "./lib/static.mjs";

const [folder, file, times] = process.argv.slice(2);

// A page on its own has a clock of 5 µs instead of 100.
const isolated = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};
const { address, stop } = await serve(folder, isolated);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
const page = await browser.newPage();
page.setDefaultTimeout(600_000);
// Any document of this origin will do.
await page.goto(`${address}etlens_bench.js`);
await page.setContent("<input type=file>");
await page.locator("input").setInputFiles(file);
const lines = await page.evaluate(async (times) => {
  const { default: begin, WasmIndex, module_memory } = await import("/etlens_bench.js");
  await begin({ module_or_path: "/etlens_bench_bg.wasm" });
  const file = document.querySelector("input").files[0];
  const [READ_BYTES, SLICE_BYTES] = [64 << 20, 4 << 20];
  // Reads the file and takes it slice by slice; the seconds spent in `take`. Nothing is read
  // meanwhile: that is the browser's work and not the engine's.
  const pass = async (take, prepare = () => {}) => {
    let spent = 0;
    for (let from = 0; from < file.size; from += READ_BYTES) {
      const read = await file.slice(from, from + READ_BYTES).arrayBuffer();
      for (let at = 0; at < read.byteLength; at += SLICE_BYTES) {
        const slice = new Uint8Array(read, at, Math.min(SLICE_BYTES, read.byteLength - at));
        prepare(slice);
        const start = performance.now();
        take(slice);
        spent += performance.now() - start;
      }
    }
    return spent / 1e3;
  };
  const lines = [];
  let records = 0;
  for (let round = 0; round < times; round += 1) {
    const copied = new WasmIndex(file.size);
    lines.push(`engine ${await pass((slice) => copied.push(slice))}`);
    records = copied.finish();
    const index = new WasmIndex(file.size);
    // The memory is another object once it has grown.
    const place = (slice) => new Uint8Array(module_memory().buffer).set(slice, index.place());
    lines.push(`in-place ${await pass((slice) => index.push_in_place(slice.length), place)}`);
    index.finish();
  }
  return [...lines, `bytes ${file.size}`, `events ${records}`];
}, Number(times));
console.log(lines.join("\n"));
await browser.close();
await stop();
