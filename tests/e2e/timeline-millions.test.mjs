// Among five million events the one 4031 is seen at every zoom, and a range is counted exactly.

import assert from "node:assert/strict";

import { scenario } from "./lib/scenario.mjs";
import { big } from "./lib/files.mjs";

const MIB = 180;
const width = ({ start, end }) => end - start;

// Pixels of the colour of 4031 below the overview.
async function markedPixels(app) {
  return app.id("timeline").locator("canvas").evaluate((canvas) => {
    const probe = document.createElement("i");
    probe.style.color = "var(--marked)";
    document.body.append(probe);
    const [r, g, b] = getComputedStyle(probe).color.match(/\d+/g).map(Number);
    probe.remove();
    const top = Math.round((54 * canvas.height) / canvas.clientHeight);
    const { data } = canvas.getContext("2d").getImageData(0, top, canvas.width, canvas.height - top);
    let found = 0;
    for (let i = 0; i < data.length; i += 4) found += data[i] === r && data[i + 1] === g && data[i + 2] === b;
    return found;
  });
}

scenario("one 4031 among five million events is drawn at every zoom and in any lanes", { timeout: 300_000 }, async (app) => {
  const trace = big(MIB, "needle");
  await app.open();
  await app.drop(trace.path);
  await app.total(trace.records);
  await app.until("4031", () => markedPixels(app), (n) => n > 20);
  for (const group of ["level", "cpu", "provider"]) {
    await app.id("group").selectOption(group);
    await app.until(`4031 by ${group}`, () => markedPixels(app), (n) => n > 20);
  }
  // Selected, so that it stays in sight; ever closer.
  await app.nextMarked();
  await app.id("timeline").focus();
  let before = await app.range();
  for (let round = 0; round < 8; round += 1) {
    for (let i = 0; i < 4; i += 1) await app.page.keyboard.press("+");
    const now = await app.until("range", () => app.range(), (range) => width(range) < width(before));
    before = now;
    // Back to it: zooming keeps the middle, not the event.
    await app.page.keyboard.press(".");
    await app.until("4031", () => markedPixels(app), (n) => n > 20);
  }
  // All of it as one range: as many events as there are.
  await app.page.keyboard.press("0");
  await app.until("range", () => app.range(), (range) => width(range) > width(before));
  for (let i = 0; i < 10; i += 1) await app.page.keyboard.press("Shift+ArrowRight");
  const counted = async () => Number((await app.id("range-events").innerText()).replaceAll(",", ""));
  const some = await app.until("events", counted, (n) => n > trace.records / 4 && n < trace.records);
  await app.page.waitForTimeout(500);
  const settled = await counted();
  await app.page.keyboard.press("Enter");
  await app.shown(settled);
  assert.ok(settled >= some);
  // What frames cost is on record for the browser's profiler.
  const measures = await app.page.evaluate(() => performance.getEntriesByName("etlens-frame", "measure").length);
  assert.ok(measures > 10, String(measures));
});
