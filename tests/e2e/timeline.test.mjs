// The timeline zooms at the cursor, pans, and turns a drag into a range.

import assert from "node:assert/strict";

import { scenario } from "./lib/scenario.mjs";
import { truth } from "./lib/files.mjs";

const width = ({ start, end }) => end - start;

async function changed(app, before) {
  return app.until("range", () => app.range(), (now) => now.start !== before.start || now.end !== before.end);
}

scenario("it begins with the whole trace", async (app) => {
  const { sample } = truth();
  await app.open();
  await app.sample();
  const { start, end } = await app.range();
  assert.ok(start <= BigInt(sample.start) && end >= BigInt(sample.end), `${start} ${end}`);
  assert.ok(end - start < 700n * 10_000_000n, "no more than ten minutes and a margin");
});

scenario("the wheel zooms at the cursor, also far in", async (app) => {
  await app.open();
  await app.sample();
  const whole = await app.range();
  const box = await app.id("timeline").boundingBox();
  await app.page.mouse.move(box.x + box.width * 0.75, box.y + box.height / 2);
  await app.page.keyboard.down("Control");
  await app.page.mouse.wheel(0, -300);
  await app.page.keyboard.up("Control");
  const zoomed = await changed(app, whole);
  assert.ok(width(zoomed) < width(whole));
  // What was under the cursor stays there: more was cut off before it than behind it.
  assert.ok(zoomed.start - whole.start > whole.end - zoomed.end);
  // On and on: the range stays a range.
  for (let i = 0; i < 60; i += 1) {
    await app.page.keyboard.down("Control");
    await app.page.mouse.wheel(0, -400);
    await app.page.keyboard.up("Control");
  }
  const deep = await app.until("range", () => app.range(), (now) => width(now) < width(zoomed));
  assert.ok(width(deep) > 0n);
});

scenario("a drag selects a range, which can become a filter", async (app) => {
  await app.open();
  await app.sample();
  const all = await app.number("event-count", "data-shown");
  const box = await app.id("timeline").boundingBox();
  const y = box.y + box.height / 2;
  await app.page.mouse.move(box.x + box.width * 0.5, y);
  await app.page.mouse.down();
  await app.page.mouse.move(box.x + box.width * 0.6, y, { steps: 3 });
  await app.page.mouse.move(box.x + box.width * 0.7, y, { steps: 3 });
  await app.page.mouse.up();
  const apply = app.id("range-filter");
  if ((await apply.count()) > 0) await apply.first().click();
  const some = await app.until("shown", () => app.number("event-count", "data-shown"), (n) => n > 0 && n < all);
  assert.ok(some > all / 100);
});

scenario("the marks count what the filter lets through", async (app) => {
  const { sample } = truth();
  await app.open();
  await app.sample();
  await app.marked(sample.marked);
  await app.filter("not id:4031");
  await app.marked(0);
  await app.filter(`pid:2540 and id:4031`);
  await app.marked(sample.marked);
});

scenario("the canvas is drawn", async (app) => {
  await app.open();
  await app.sample();
  const colours = async () => app.id("timeline").locator("canvas").first().evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const seen = new Set();
    for (let i = 0; i < data.length; i += 4) seen.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
    return seen.size;
  });
  await app.until("colours", colours, (n) => n > 3);
});
