// Going back to what was visible, going to a time, and the cursors A and B.

import assert from "node:assert/strict";

import { scenario } from "./lib/scenario.mjs";
import { truth } from "./lib/files.mjs";

const width = ({ start, end }) => end - start;
const text = ({ start, end }) => `${start} ${end}`;
const SECOND = 10_000_000n;

async function ready(app) {
  await app.open();
  await app.id("zone").selectOption("utc");
  await app.sample();
  await app.id("timeline").focus();
  return app.range();
}

const changed = (app, before) => app.until("range", () => app.range(), (now) => text(now) !== text(before));
const becomes = (app, wanted) => app.until("range", async () => text(await app.range()), text(wanted));

scenario("zooming is undone and done again, by keys and by buttons", async (app) => {
  const whole = await ready(app);
  const { keyboard } = app.page;
  assert.equal(await app.id("zoom-back").isDisabled(), true);
  await keyboard.press("w");
  const closer = await changed(app, whole);
  assert.ok(width(closer) < width(whole));
  // A pause ends the gesture.
  await app.page.waitForTimeout(700);
  await keyboard.press("d");
  const moved = await changed(app, closer);
  assert.equal(width(moved), width(closer));
  await keyboard.press("Backspace");
  await becomes(app, closer);
  await keyboard.press("Backspace");
  await becomes(app, whole);
  await keyboard.press("Backspace");
  await app.until("status", () => app.id("status").innerText(), (said) => said.includes("no view to go back"));
  await app.id("zoom-forth").click();
  await becomes(app, closer);
  await app.id("zoom-forth").click();
  await becomes(app, moved);
  assert.equal(await app.id("zoom-forth").isDisabled(), true);
});

scenario("a time that is typed is gone to", async (app) => {
  const whole = await ready(app);
  const { keyboard } = app.page;
  for (let i = 0; i < 8; i += 1) await keyboard.press("w");
  const close = await changed(app, whole);
  await keyboard.press("g");
  await app.id("goto").fill("half past nine");
  await app.id("goto").press("Enter");
  assert.equal(await app.id("goto").getAttribute("aria-invalid"), "true");
  await app.id("goto").fill("+30");
  await app.id("goto").press("Enter");
  const there = await changed(app, close);
  const wanted = whole.start + 30n * SECOND;
  assert.ok(there.start <= wanted && wanted < there.end, `${text(there)} ${wanted}`);
  // The focus is back on the timeline, and the first event from then on is selected.
  assert.equal(await app.page.evaluate(() => document.activeElement.id), "timeline");
  const selected = await app.until("selection", () => app.selected(), (now) => now !== null);
  assert.ok(selected);
  // As the axis writes it.
  const start = new Date(truth().sample.start / 10_000 - 11_644_473_600_000);
  const clock = new Date(start.getTime() + 60_000).toISOString().slice(11, 19);
  await keyboard.press("g");
  await app.id("goto").fill(clock);
  await app.id("goto").press("Enter");
  const minute = await changed(app, there);
  assert.ok(minute.start > there.start);
});

scenario("two cursors say how far apart they are and what lies between, and are in the link", async (app) => {
  await ready(app);
  const { keyboard } = app.page;
  const box = await app.id("timeline").locator("canvas").boundingBox();
  const y = box.y + box.height / 2;
  assert.equal(await app.id("cursors").count(), 0);
  await app.page.mouse.move(box.x + box.width * 0.25, y);
  await keyboard.press("Shift+A");
  await app.id("cursors").waitFor();
  await app.page.mouse.move(box.x + box.width * 0.75, y);
  await app.id("timeline").focus();
  await keyboard.press("Shift+B");
  const delta = await app.until("delta", () => app.id("cursor-delta").innerText(), (said) => /events/.test(said));
  assert.match(delta, /^B − A: 4:59 min · [\d,]+ events$/);
  const events = Number(/([\d,]+) events/.exec(delta)[1].replaceAll(",", ""));
  // The same number as a filter to the range between them.
  await app.page.getByRole("button", { name: "Select the range" }).click();
  await app.id("range-filter").first().click();
  await app.shown(events);
  await app.until("address", async () => app.page.url(), (url) => /[&?]a=\d+&b=\d+/.test(url));
  await app.id("timeline").focus();
  await keyboard.press("Escape");
  await app.until("cursors", () => app.id("cursors").count(), 0);
  // Alt and click places them too.
  await keyboard.down("Alt");
  await app.page.mouse.click(box.x + box.width * 0.4, y);
  await keyboard.up("Alt");
  await app.until("cursors", () => app.id("cursors").innerText(), (said) => said.startsWith("A"));
});

scenario("what fingers pinch stays between them", { hasTouch: true }, async (app) => {
  const whole = await ready(app);
  const box = await app.id("timeline").locator("canvas").boundingBox();
  const session = await app.context.newCDPSession(app.page);
  const [left, right, y] = [box.x + box.width * 0.4, box.x + box.width * 0.6, box.y + box.height * 0.7];
  const touch = (type, points) => session.send("Input.dispatchTouchEvent", {
    type, touchPoints: points.map((x, id) => ({ x, y, id })),
  });
  await touch("touchStart", [left, right]);
  for (let i = 1; i <= 5; i += 1) {
    await touch("touchMove", [left - (i * box.width) / 50, right + (i * box.width) / 50]);
  }
  await touch("touchEnd", []);
  const closer = await changed(app, whole);
  const middle = ({ start, end }) => Number((start + end) / 2n - whole.start) / Number(width(whole));
  await app.until("range", () => app.range(), (now) => Number(width(now)) / Number(width(whole)) < 0.55);
  assert.ok(Math.abs(middle(await app.range()) - 0.5) < 0.01);
  assert.ok(width(closer) < width(whole));
});
