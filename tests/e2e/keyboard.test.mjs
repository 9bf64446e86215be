// Everything can be reached and done with the keyboard alone.

import assert from "node:assert/strict";

import { scenario } from "./lib/scenario.mjs";
import { truth } from "./lib/files.mjs";

const MOST_STOPS = 150;

// Presses Tab until the focus is on (or in) the element with a test id.
async function tabTo(app, id) {
  for (let i = 0; i < MOST_STOPS; i += 1) {
    await app.page.keyboard.press("Tab");
    const there = await app.page.evaluate((wanted) => {
      const focused = document.activeElement;
      return Boolean(focused?.closest(`[data-testid="${wanted}"]`));
    }, id);
    if (there) {
      await assertVisibleFocus(app, id);
      return;
    }
  }
  assert.fail(`Tab does not reach ${id}`);
}

// Where the focus is must be seen.
async function assertVisibleFocus(app, id) {
  const seen = await app.page.evaluate(() => {
    let element = document.activeElement;
    const shows = (e, pseudo) => {
      const style = getComputedStyle(e, pseudo);
      return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
    };
    // The ring may be drawn by the element, its label or its wrapper.
    for (let i = 0; i < 3 && element; i += 1, element = element.parentElement) {
      if (shows(element) || shows(element, "::after") || shows(element, "::before")) return true;
    }
    return false;
  });
  assert.ok(seen, `no visible focus on ${id}`);
}

scenario("the whole main job without a mouse", { timeout: 180_000 }, async (app) => {
  const { sample } = truth();
  const { keyboard } = app.page;
  await app.open();

  await tabTo(app, "open-file");
  await tabTo(app, "open-sample");
  await keyboard.press("Enter");
  await app.total(sample.records);

  await keyboard.press(".");
  const first = await app.until("selection", () => app.selected(), (now) => now?.includes("4031"));
  await keyboard.press(".");
  const second = await app.until("selection", () => app.selected(), (now) => now && now !== first);
  await keyboard.press(",");
  await app.until("selection", () => app.selected(), first);
  assert.notEqual(first, second);

  await tabTo(app, "details");

  await keyboard.press("/");
  assert.equal(await app.page.evaluate(() => document.activeElement.closest("[data-testid=filter]") !== null), true);
  await keyboard.type("id:4031");
  await keyboard.press("Enter");
  await app.shown(sample.marked);

  await tabTo(app, "event-table");
  await keyboard.press("End");
  await app.until("last row", () => app.row(sample.marked - 1).count(), 1);
  await keyboard.press("Home");
  await keyboard.press("ArrowDown");
  await app.until("selected row", () =>
    app.id("event-table").locator("[role=row][aria-selected=true]").getAttribute("data-index"), (index) => index !== null);

  await tabTo(app, "language");
  await choose(app, "language", "ko-kr");
  await app.until("message", () => app.id("detail-message").innerText(), (text) => text.includes("세션을"));
  await tabTo(app, "theme");
  await choose(app, "theme", "dark");
  await tabTo(app, "share");
});

// Chooses in a focused list by its keys.
async function choose(app, id, wanted) {
  const values = await app.id(id).locator("option").evaluateAll((options) => options.map((o) => o.value));
  const from = values.indexOf(await app.id(id).inputValue());
  const steps = values.indexOf(wanted) - from;
  assert.notEqual(values.indexOf(wanted), -1, `${wanted} in ${values}`);
  for (let i = 0; i < Math.abs(steps); i += 1) {
    await app.page.keyboard.press(steps > 0 ? "ArrowDown" : "ArrowUp");
  }
  await app.until(id, () => app.id(id).inputValue(), wanted);
}

scenario("the timeline is zoomed, panned and measured by keys", async (app) => {
  await app.open();
  await app.sample();
  await tabTo(app, "timeline");
  const whole = await app.range();
  const width = ({ start, end }) => end - start;
  const changed = (before) => app.until("range", () => app.range(), (now) =>
    now.start !== before.start || now.end !== before.end);
  await app.page.keyboard.press("+");
  const zoomed = await changed(whole);
  assert.ok(width(zoomed) < width(whole));
  await app.page.keyboard.press("ArrowRight");
  const panned = await changed(zoomed);
  assert.equal(width(panned), width(zoomed));
  assert.ok(panned.start > zoomed.start);
  await app.page.keyboard.press("ArrowLeft");
  await changed(panned);
  await app.page.keyboard.press("-");
  await app.until("range", () => app.range(), (now) => width(now) > width(zoomed));
  // A range is selected with Shift and the arrows, and becomes a filter with Enter.
  await app.page.keyboard.press("0");
  await app.until("range", () => app.range(), (now) => width(now) >= width(whole));
  await app.page.keyboard.press("+");
  for (let i = 0; i < 4; i += 1) await app.page.keyboard.press("Shift+ArrowRight");
  await app.page.keyboard.press("Enter");
  await app.until("shown", () => app.number("event-count", "data-shown"), (n) =>
    n > 0 && n < truth().sample.records);
});
