// Spans: what lies between a start and its stop, as lanes and as a list of the longest.

import assert from "node:assert/strict";

import { scenario } from "./lib/scenario.mjs";

scenario("dispatch sessions are spans, the longest first, and one is gone to", async (app) => {
  await app.open();
  await app.sample();
  await app.id("spans").locator("summary").focus();
  await app.page.keyboard.press("Enter");
  const rows = app.id("spans").locator("tbody tr");
  await app.until("rows", () => rows.count(), (n) => n > 10);
  const shown = await rows.evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.innerText)));
  const session = rows.filter({ hasText: "Dispatch sessions" }).first();
  // Lengths in seconds do not grow down the list.
  const seconds = (text) => {
    const [, minutes, rest] = /^(\d+):(\d+) min$/.exec(text) ?? [];
    if (minutes) return Number(minutes) * 60 + Number(rest);
    const [, value, unit] = /^([\d.]+)\s*(s|ms|µs)$/u.exec(text);
    return Number(value) * { s: 1, ms: 1e-3, µs: 1e-6 }[unit];
  };
  const lengths = shown.map((row) => seconds(row[1].trim()));
  assert.deepEqual(lengths, [...lengths].sort((a, b) => b - a));
  assert.match(await app.id("spans").innerText(), /spans of \d+ kinds/);
  // Its name selects the event it begins with; its length shows it on the timeline.
  const whole = await app.range();
  await session.getByRole("button").first().click();
  await app.until("selection", () => app.selected(), (now) => now?.includes("4001"));
  await session.getByRole("button").nth(1).click();
  await app.until("range", () => app.range(), (now) => now.end - now.start < whole.end - whole.start);
});

scenario("lanes of spans draw bars that can be clicked", async (app) => {
  await app.open();
  await app.sample();
  await app.id("group").selectOption("span");
  const lane = app.id("timeline").locator('[data-lane="id:4001"]');
  await lane.waitFor();
  assert.match(await lane.innerText(), /Dispatch sessions/);
  // The longest is shown over most of the width: a click in the middle of its lane is on it.
  await app.id("spans").locator("summary").click();
  const rows = app.id("spans").locator("tbody tr");
  await app.until("rows", () => rows.count(), (n) => n > 0);
  const before = await app.range();
  await rows.filter({ hasText: "Dispatch sessions" }).first().getByRole("button").nth(1).click();
  await app.until("range", () => app.range(), (now) => now.start !== before.start);
  await app.page.waitForTimeout(500);
  const [head, canvas] = [await lane.boundingBox(), await app.id("timeline").locator("canvas").boundingBox()];
  await app.page.mouse.move(canvas.x + canvas.width * 0.5, head.y + 6);
  await app.until("tip", () => app.id("timeline").locator(".tip").innerText(), (text) => text.includes("Dispatch sessions"));
  await app.page.mouse.click(canvas.x + canvas.width * 0.5, head.y + 6);
  await app.until("selection", () => app.selected(), (now) => now?.includes("4001"));
});
