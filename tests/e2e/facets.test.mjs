// The values of the header fields, counted under the filter, include and exclude themselves.

import assert from "node:assert/strict";

import { scenario } from "./lib/scenario.mjs";
import { truth } from "./lib/files.mjs";

const values = (app, field) =>
  app.id("facets").locator(`[data-facet=${field}] li[data-value]`).evaluateAll((all) =>
    all.map((line) => [line.dataset.value, Number(line.querySelector(".count").innerText.replace(/\D/g, ""))]));
const value = (app, field, label) =>
  app.id("facets").locator(`[data-facet=${field}] li[data-value="${label}"]`);

scenario("values are counted, most frequent first, and follow the filter", async (app) => {
  const { sample } = truth();
  await app.open();
  await app.sample();
  await app.id("facets-toggle").click();
  const levels = await app.until("levels", () => values(app, "level"), (list) => list.length > 2);
  const counts = levels.map(([, count]) => count);
  assert.deepEqual(counts, [...counts].sort((a, b) => b - a));
  assert.equal(counts.reduce((all, count) => all + count, 0), sample.records);
  assert.deepEqual(new Set(counts), new Set(Object.values(sample.by_level)));

  await value(app, "level", "Error").getByTestId("facet-include").click();
  await app.shown(sample.by_level[2]);
  const sum = (list) => list.reduce((all, [, count]) => all + count, 0);
  await app.until("providers", async () => sum(await values(app, "provider")), sample.by_level[2]);
  // The values beside the one chosen stay, with what choosing them too would add.
  assert.deepEqual(await values(app, "level"), levels);

  await app.filter("");
  await app.shown(sample.records);
  await app.until("providers", async () => sum(await values(app, "provider")), sample.records);
  await value(app, "level", "Error").getByTestId("facet-exclude").click();
  await app.shown(sample.records - sample.by_level[2]);
  await app.filter("");
  await app.until("levels", () => values(app, "level"), (list) => list.length > 2);
  await value(app, "level", "Error").getByTestId("facet-include").click({ modifiers: ["Shift"] });
  await app.shown(sample.records - sample.by_level[2]);
});

scenario("values of one field widen the filter, and are taken away again, by pointer and keys", async (app) => {
  const { sample } = truth();
  const of = (...levels) => levels.reduce((all, level) => all + sample.by_level[level], 0);
  const pressed = (label, id) => value(app, "level", label).getByTestId(`facet-${id}`).getAttribute("aria-pressed");
  await app.open();
  await app.sample();
  await app.id("facets-toggle").click();
  await app.filter("kind:*");
  await value(app, "level", "Error").getByTestId("facet-include").click();
  await app.shown(of(2));
  await value(app, "level", "Warning").getByTestId("facet-include").click();
  await app.shown(of(2, 3));
  assert.equal(await app.id("filter").inputValue(), "kind:* level:(error,warning)", "what was typed stays");
  await app.until("pressed", () => pressed("Warning", "include"), "true");
  assert.equal(await pressed("Error", "include"), "true");
  assert.equal(await pressed("Information", "include"), "false");

  // The list is made anew under the focus, which stays.
  const focused = value(app, "level", "Error").getByTestId("facet-include");
  await focused.press("Enter");
  await app.shown(of(3));
  await app.until("focus", () => focused.evaluate((button) => button === document.activeElement), true);
  assert.equal(await pressed("Error", "include"), "false");

  // Without the only value that is chosen: all but its events.
  await value(app, "level", "Warning").getByTestId("facet-exclude").press("Enter");
  await app.shown(sample.records - of(3));
  await app.until("pressed", () => pressed("Warning", "exclude"), "true");
  await value(app, "level", "Error").getByTestId("facet-exclude").press("Enter");
  await app.shown(sample.records - of(2, 3));
  assert.equal(await app.id("filter").inputValue(), "kind:* not level:(warning,error)");
  for (const label of ["Warning", "Error"]) await value(app, "level", label).getByTestId("facet-exclude").press("Enter");
  await app.shown(sample.records);
  assert.equal(await app.id("filter").inputValue(), "kind:*");

  // Between fields both must hold; where the field stands within an "or", too.
  await app.filter("level:error or id:4031");
  await value(app, "level", "Error").getByTestId("facet-include").click();
  await app.until("filter", () => app.id("filter").inputValue(), "(level:error or id:4031) level:error");
  await app.shown(of(2));
});

scenario("a section shows few values until more are wished; the panel works by keys", async (app) => {
  const { sample } = truth();
  await app.open();
  await app.sample();
  await app.id("facets-toggle").press("Enter");
  const section = app.id("facets").locator("[data-facet=pid]");
  await section.locator("summary").press("Enter");
  const few = await app.until("few", () => values(app, "pid"), (list) => list.length > 0);
  const all = Object.keys(sample.by_pid).length;
  if (all > few.length) {
    await section.getByRole("button", { name: /more/ }).press("Enter");
    await app.until("all", async () => (await values(app, "pid")).length, (n) => n > few.length);
  }
  await value(app, "pid", "2540").getByTestId("facet-include").press("Enter");
  await app.shown(sample.by_pid[2540]);
  // Shut, it stays shut when the page is opened again.
  await app.id("facets").getByRole("button", { name: "Close" }).click();
  await app.until("closed", () => app.id("facets").isVisible(), false);
});

scenario("in a narrow window the values are a drawer", async (app) => {
  await app.page.setViewportSize({ width: 320, height: 640 });
  await app.open();
  await app.sample();
  await app.id("facets-toggle").click();
  await app.id("facets").waitFor();
  await app.assertNoSidewaysScroll();
  await app.id("facets").getByRole("button", { name: "Close" }).click();
  await app.until("closed", () => app.id("facets").isVisible(), false);
});
