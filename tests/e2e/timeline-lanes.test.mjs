// Lanes by any field of the header; pinned, moved, hidden, collapsed, by mouse and by keys.

import assert from "node:assert/strict";

import { scenario } from "./lib/scenario.mjs";
import { built, truth } from "./lib/files.mjs";

// The lanes from top to bottom: what they are known by, and what they show.
async function lanes(app) {
  return app.id("timeline").locator("[data-lane]").evaluateAll((items) =>
    items.map((item) => ({ key: item.dataset.lane, text: item.innerText.replace(/\s+/g, " ") })));
}

const keys = async (app) => (await lanes(app)).map((lane) => lane.key);

async function by(app, group, some) {
  await app.id("group").selectOption(group);
  return app.until(`lanes by ${group}`, () => keys(app), (found) => found.length > 0 && found.some(some));
}

// Chooses in the menu of a lane.
async function menu(app, key, name) {
  await app.id("timeline").locator(`[data-lane="${key}"] .lane-more`).click();
  await app.page.getByRole("menuitem", { name, exact: false }).click();
}

scenario("a lane for each value of any field of the header", async (app) => {
  await app.open();
  await app.sample();
  for (const [group, first] of Object.entries({
    provider: "provider", process: "pid:", thread: "pid:", level: "level:", event: "provider",
    activity: "activity:", keyword: "keyword", opcode: "opcode", task: "task", channel: "channel", cpu: "cpu:",
  })) {
    await by(app, group, (key) => key.startsWith(first));
  }
  // What a lane counts is what its term lets through.
  await by(app, "level", (key) => key === "level:error");
  const error = (await lanes(app)).find((lane) => lane.key === "level:error");
  await app.id("timeline").locator('[data-lane="level:error"] button.lane-head').click();
  const shown = await app.until("shown", () => app.number("event-count", "data-shown"), (n) =>
    n > 0 && n < truth().sample.records);
  assert.ok(error.text.replace(/\D+$/, "").endsWith(String(shown)), `${error.text} ${shown}`);
});

scenario("a hidden lane is said to be hidden, comes back, and is in the link", async (app) => {
  await app.open();
  await app.choose(built("sample.etl"));
  await app.total(truth().sample.records);
  const all = await by(app, "level", (key) => key === "level:error");
  assert.equal(await app.id("lanes-hidden").count(), 0);
  await menu(app, "level:error", "Hide");
  await app.until("lanes", async () => (await keys(app)).includes("level:error"), false);
  const said = await app.id("lanes-hidden").innerText();
  assert.match(said, /1 hidden – show/);
  assert.match(said, new RegExp(`${truth().sample.marked} × 4031`), "what must not be overlooked is said");
  await app.until("address", async () => app.page.url(), (url) => url.includes("h=level:error"));
  const link = app.page.url().split("#")[1];
  await app.id("lanes-hidden").click();
  await app.page.getByRole("menuitem", { name: "Show all" }).click();
  await app.until("lanes", () => keys(app).then(String), String(all));
  assert.equal(await app.id("lanes-hidden").count(), 0);
  // The link hides it again.
  await app.page.goto("about:blank");
  await app.open(`#${link}`);
  await app.choose(built("sample.etl"));
  await app.total(truth().sample.records);
  await app.id("lanes-hidden").waitFor();
  assert.equal((await keys(app)).includes("level:error"), false);
});

scenario("lanes are pinned and moved by keys, and the focus stays on them", async (app) => {
  await app.open();
  await app.sample();
  const all = await by(app, "level", (key) => key === "level:verbose");
  assert.ok(all.length >= 4, String(all));
  const last = all.at(-1);
  // The menu by keys alone.
  await app.id("timeline").locator(`[data-lane="${last}"] .lane-more`).focus();
  const { keyboard } = app.page;
  await keyboard.press("Enter");
  await app.page.getByRole("menu").waitFor();
  for (let i = 0; i < 12; i += 1) {
    const text = await app.page.evaluate(() => document.activeElement.textContent);
    if (text.startsWith("Pin")) break;
    await keyboard.press("ArrowDown");
  }
  await keyboard.press("Enter");
  await app.until("first", async () => (await keys(app))[0], last);
  await app.until("focus", () => app.page.evaluate(() => document.activeElement.closest("[data-lane]")?.dataset.lane), last);
  // A pinned lane stays on top; the next moves down and says where it is.
  const second = (await keys(app))[1];
  await app.id("timeline").locator(`[data-lane="${second}"] button.lane-head`).focus();
  await keyboard.press("Alt+ArrowDown");
  await app.until("third", async () => (await keys(app))[2], second);
  await app.until("focus", () => app.page.evaluate(() => document.activeElement.closest("[data-lane]")?.dataset.lane), second);
  assert.match(await app.id("status").innerText(), /lane 3 of/);
  assert.equal((await keys(app))[0], last);
  await keyboard.press("Alt+ArrowUp");
  await app.until("second", async () => (await keys(app))[1], second);
});

scenario("a lane is dragged to its place", async (app) => {
  await app.open();
  await app.sample();
  const before = await by(app, "level", (key) => key === "level:verbose");
  const grip = app.id("timeline").locator(`[data-lane="${before[0]}"] .grip`);
  const from = await grip.boundingBox();
  const to = await app.id("timeline").locator(`[data-lane="${before[2]}"]`).boundingBox();
  await app.page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await app.page.mouse.down();
  await app.page.mouse.move(from.x + from.width / 2, to.y + to.height - 4, { steps: 4 });
  await app.page.mouse.up();
  const expected = [before[1], before[2], before[0], ...before.slice(3)];
  await app.until("lanes", () => keys(app).then(String), String(expected));
});

scenario("the lanes can be shown as one, and a single one collapsed", async (app) => {
  await app.open();
  await app.sample();
  await by(app, "level", (key) => key === "level:error");
  await menu(app, "level:error", "Collapse");
  const height = (key) => app.id("timeline").locator(`[data-lane="${key}"]`).boundingBox().then((box) => box.height);
  await app.until("height", () => height("level:error"), (px) => px < 20);
  await menu(app, "level:error", "Expand");
  await app.until("height", () => height("level:error"), (px) => px > 20);
  assert.equal(await app.id("lanes-merge").getAttribute("aria-expanded"), "true");
  await app.id("lanes-merge").click();
  await app.until("lanes", async () => (await keys(app)).length, 0);
  assert.match(await app.id("timeline").innerText(), /All events\s*6,186/);
  assert.equal(await app.id("lanes-merge").getAttribute("aria-expanded"), "false");
});
