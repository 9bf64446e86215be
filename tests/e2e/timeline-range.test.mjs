// The statistics of a selected range: exact, in step with selection and filter, usable by keys.

import assert from "node:assert/strict";

import { scenario } from "./lib/scenario.mjs";
import { truth } from "./lib/files.mjs";

const number = (text) => Number(text.replaceAll(",", ""));

// What the panel says, by name.
async function figures(app) {
  const pairs = await app.id("range-stats").locator(".figure").evaluateAll((all) =>
    all.map((one) => [one.querySelector("dt").innerText, one.querySelector("dd").innerText.trim()]));
  return Object.fromEntries(pairs);
}

async function sums(app) {
  return app.id("range-stats").locator(".shares").first().locator("b").evaluateAll((all) =>
    all.reduce((sum, one) => sum + Number(one.innerText.replaceAll(",", "")), 0));
}

scenario("a range drawn with the mouse is counted", async (app) => {
  await app.open();
  await app.sample();
  assert.equal(await app.id("range-stats").isVisible(), false);
  const box = await app.id("timeline").locator("canvas").boundingBox();
  const y = box.y + box.height * 0.6;
  await app.page.mouse.move(box.x + box.width * 0.2, y);
  await app.page.mouse.down();
  await app.page.mouse.move(box.x + box.width * 0.4, y, { steps: 5 });
  await app.page.mouse.move(box.x + box.width * 0.8, y, { steps: 5 });
  await app.page.mouse.up();
  await app.until("events", () => app.id("range-events").innerText(), (text) => number(text) > 0);
  // The number settles with the range: the same as a filter to it lets through.
  await app.page.waitForTimeout(300);
  const found = await figures(app);
  assert.equal(await sums(app), number(found.Events), "levels add up");
  assert.ok(number(found["4031"]) <= truth().sample.marked);
  assert.match(found.Rate, /\/s$/);
  assert.match(found["Longest gap"], / after /);
  await app.id("range-stats").getByRole("button", { name: "Filter", exact: true }).click();
  await app.shown(number(found.Events));
  assert.equal(await app.id("range-stats").isVisible(), false);
});

scenario("a range is selected, counted, gone through and given up by keys", async (app) => {
  await app.open();
  await app.sample();
  const all = truth().sample.records;
  await app.id("timeline").focus();
  const { keyboard } = app.page;
  for (let i = 0; i < 12; i += 1) await keyboard.press("Shift+ArrowRight");
  await app.id("range-stats").waitFor();
  const first = await app.until("events", async () => number(await app.id("range-events").innerText()), (n) => n > 0 && n < all);
  // With a filter only what passes it counts, and what must not be overlooked stays counted.
  await app.filter("level<=error");
  const some = await app.until("events", async () => number(await app.id("range-events").innerText()), (n) => n < first);
  const found = await figures(app);
  assert.equal(number(found.Errors) + number(found["4031"]), some);
  // The first event of the range can be gone to.
  await app.id("range-stats").locator(".link").first().focus();
  await keyboard.press("Enter");
  const selected = await app.until("selection", () => app.selected(), (now) => now !== null);
  assert.ok(selected);
  await app.id("timeline").focus();
  await keyboard.press("Escape");
  await app.id("range-stats").waitFor({ state: "hidden" });
});
