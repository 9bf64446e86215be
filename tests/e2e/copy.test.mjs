// Rows are copied as text, tables, JSON and XML; when the browser forbids it, that is said.

import assert from "node:assert/strict";

import { scenario } from "./lib/scenario.mjs";

async function pick(app, from, to) {
  await app.open();
  await app.sample();
  await app.filter("id:4010");
  await app.shown(7);
  await app.row(from).click();
  await app.row(to).click({ modifiers: ["Shift"] });
}

scenario("selected rows are copied in every form", async (app) => {
  await app.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await pick(app, 1, 3);
  const selected = app.id("event-table").locator("[role=row][aria-selected=true]");
  await app.until("selected", () => selected.count(), 3);
  const clipboard = () => app.page.evaluate(() => navigator.clipboard.readText());
  const said = async () => app.id("status").innerText();

  await app.id("event-table").focus();
  await app.page.keyboard.press("Control+c");
  await app.until("said", said, (text) => text.includes("3"));
  const lines = (await clipboard()).trimEnd().split("\n");
  assert.equal(lines.length, 4);
  assert.ok(lines.every((line) => line.split("\t").length === 9), lines[1]);
  assert.equal(lines[1].split("\t")[3], "4010");

  const copy = async (form, wanted) => {
    await app.id("copy-menu").locator("summary").click();
    await app.id("copy-menu").locator(`[data-copy=${form}]`).click();
    return app.until(form, clipboard, wanted);
  };
  const csv = await copy("csv", (text) => text.includes("\r\n"));
  assert.equal(csv.trimEnd().split("\r\n").length, 4);
  const markdown = await copy("markdown", (text) => text.startsWith("| "));
  assert.match(markdown.split("\n")[1], /^\|( --- \|){9}$/);
  const json = await copy("jsonl", (text) => text.startsWith("{"));
  const events = json.trimEnd().split("\n").map((line) => JSON.parse(line).Event);
  assert.deepEqual(events.map((event) => event.System.EventID), [4010, 4010, 4010]);
  const xml = await copy("xml", (text) => text.includes("<Event "));
  const ids = await app.page.evaluate((text) => {
    const parsed = new DOMParser().parseFromString(text, "text/xml");
    return [...parsed.getElementsByTagName("EventID")].map((element) => element.textContent);
  }, xml);
  assert.deepEqual(ids, ["4010", "4010", "4010"]);
});

scenario("rows are picked by keys, and a plain step picks one again", async (app) => {
  await pick(app, 2, 2);
  const selected = app.id("event-table").locator("[role=row][aria-selected=true]");
  await app.id("event-table").focus();
  await app.page.keyboard.press("Shift+ArrowDown");
  await app.page.keyboard.press("Shift+ArrowDown");
  await app.until("three", () => selected.count(), 3);
  await app.page.keyboard.press("ArrowUp");
  await app.until("one", () => selected.count(), 1);
});

scenario("a clipboard that is refused is said", async (app) => {
  await app.context.clearPermissions();
  await app.page.addInitScript(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error("denied"));
  });
  await pick(app, 0, 0);
  await app.id("event-table").focus();
  await app.page.keyboard.press("Control+c");
  await app.until("said", () => app.id("status").innerText(), (text) => /not allow/.test(text));
});
