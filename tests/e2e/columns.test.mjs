// Columns are chosen, ordered, sized and sorted by, and the link brings them back.

import assert from "node:assert/strict";

import { scenario } from "./lib/scenario.mjs";
import { truth } from "./lib/files.mjs";

const head = (app, name) => app.id("event-table").locator(`[role=columnheader][data-head="${name}"]`);
const heads = (app) =>
  app.id("event-table").locator("[role=columnheader]").evaluateAll((all) => all.map((one) => one.dataset.head));
const column = async (app, name) => (await app.rows()).map((row) => row[name]);

async function addField(app, name) {
  await app.id("columns-menu").locator("summary").click();
  await app.id("column-field").fill(name);
  await app.id("column-field").press("Enter");
  await app.page.keyboard.press("Escape");
}

scenario("a payload field becomes a column, from the details and by its name", async (app) => {
  await app.open();
  await app.sample();
  await app.filter("id:4010");
  await app.shown(7);
  await app.row(0).click();
  const field = app.field("EventData.Uri").first();
  await field.hover();
  await field.getByTestId("as-column").click();
  await app.until("uri", () => column(app, "EventData.Uri"), (cells) =>
    cells.length === 7 && cells.every((cell) => cell.startsWith("net.")));
  await addField(app, "count");
  await app.until("count", () => column(app, "EventData.count"), (cells) => cells.every((cell) => cell === "100"));
  const order = await heads(app);
  assert.deepEqual(order.slice(-3), ["EventData.Uri", "EventData.count", "message"]);

  // The link carries them; a page without the link has them from the settings.
  await app.until("link", async () => app.page.url(), (url) => /EventData.*count/.test(url));
  const fragment = new URL(app.page.url()).hash;
  await app.id("columns-menu").locator("summary").click();
  await app.id("columns-menu").getByRole("button", { name: "Usual columns" }).click();
  await app.until("usual", () => heads(app), (now) => now.length === 9);
  await app.open(`?again${fragment}`);
  await app.sample();
  await app.until("columns of the link", () => heads(app), (now) => now.length === 11);
});

scenario("any column sorts, both ways, and time order comes back", { timeout: 180_000 }, async (app) => {
  const { sample } = truth();
  await app.open();
  await app.sample();
  await app.filter("id:4010 or id:4031 or id:4001");
  const shown = await app.until("shown", () => app.number("event-count", "data-shown"), (n) => n < sample.records);
  const ids = async () => (await column(app, "id")).map(Number);
  const rising = (list) => list.length > 5 && list.every((id, at) => at === 0 || list[at - 1] <= id);
  const inTime = await ids();
  await head(app, "id").click();
  await app.until("rising", ids, rising);
  assert.equal(await head(app, "id").getAttribute("aria-sort"), "ascending");
  assert.equal(await head(app, "time").getAttribute("aria-sort"), "none");
  assert.equal((await ids())[0], 4001);
  await head(app, "id").click();
  await app.until("falling", ids, (list) => rising([...list].reverse()) && list[0] === 4031);
  assert.equal(await head(app, "id").getAttribute("aria-sort"), "descending");

  // A step goes on in time, and its row is the one that is selected.
  await app.nextMarked();
  await app.until("selected", async () =>
    app.id("event-table").locator("[role=row][aria-selected=true] .cell.id").allInnerTexts(), (texts) =>
    texts.length === 1 && texts[0] === "4031");
  await app.id("event-table").focus();
  await app.page.keyboard.press("End");
  const last = app.row(shown - 1);
  await last.waitFor();
  await app.until("last", () => last.locator(".cell.id").innerText(), "4001");

  await head(app, "id").click();
  assert.equal(await head(app, "time").getAttribute("aria-sort"), "ascending");
  await app.page.keyboard.press("Home");
  await app.id("event-table").focus();
  await app.page.keyboard.press("Home");
  await app.until("in time", async () => JSON.stringify((await ids()).slice(0, 8)), JSON.stringify(inTime.slice(0, 8)));
});

scenario("a payload column sorts by number, events without it last", async (app) => {
  await app.open();
  await app.sample();
  await app.filter("id:4016 or id:4010");
  await addField(app, "count");
  await head(app, "EventData.count").click();
  const cells = () => column(app, "EventData.count");
  await app.until("sorted", cells, (list) => list[0] === "100" && list.indexOf("") === list.lastIndexOf("100") + 1);
});

scenario("columns are moved, widened and taken away by keys alone", async (app) => {
  await app.open();
  await app.sample();
  await head(app, "time").focus();
  await app.page.keyboard.press("ArrowRight");
  await app.until("focus", () => app.page.evaluate(() => document.activeElement.dataset.head), "level");
  const width = () => head(app, "level").evaluate((cell) => cell.offsetWidth);
  const before = await width();
  await app.page.keyboard.press("Shift+ArrowRight");
  await app.until("wider", width, (now) => now === before + 16);
  await app.page.keyboard.press("Control+ArrowRight");
  await app.until("moved", async () => (await heads(app)).slice(0, 3).join(), "time,provider,level");
  await app.until("focus follows", () => app.page.evaluate(() => document.activeElement.dataset.head), "level");
  await app.page.keyboard.press("Delete");
  await app.until("gone", async () => (await heads(app)).includes("level"), false);
  const cells = await app.row(0).locator("[data-column]").evaluateAll((all) => all.map((cell) => cell.dataset.column));
  assert.deepEqual(cells, await heads(app));
});

scenario("an edge is dragged and a head is dropped elsewhere", async (app) => {
  await app.open();
  await app.sample();
  const box = await head(app, "id").locator(".edge").boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const before = await head(app, "id").evaluate((cell) => cell.offsetWidth);
  await app.page.mouse.move(x, y);
  await app.page.mouse.down();
  await app.page.mouse.move(x + 40, y, { steps: 4 });
  await app.page.mouse.up();
  assert.equal(await head(app, "id").evaluate((cell) => cell.offsetWidth), before + 40);
  assert.equal(await head(app, "id").getAttribute("aria-sort"), "none", "dragging an edge does not sort");
  await head(app, "tid").dragTo(head(app, "level"), { sourcePosition: { x: 10, y: 8 }, targetPosition: { x: 10, y: 8 } });
  await app.until("order", async () => (await heads(app)).slice(0, 3).join(), "time,tid,level");
  assert.equal(await head(app, "tid").getAttribute("aria-sort"), "none", "dragging a head does not sort");
});

scenario("groups count every event once, and open as a filter", async (app) => {
  const { sample } = truth();
  await app.open();
  await app.sample();
  await app.id("group-by").selectOption("pid");
  const rows = () => app.id("groups").locator("tbody tr").evaluateAll((all) =>
    all.map((row) => [...row.children].map((cell) => cell.innerText.trim())));
  const groups = await app.until("groups", rows, (list) => list.length > 1);
  const events = (cell) => Number(cell.replace(/\D/g, ""));
  assert.equal(groups.reduce((sum, row) => sum + events(row[1]), 0), sample.records);
  assert.equal(groups.reduce((sum, row) => sum + events(row[3]), 0), sample.marked);
  const of = groups.find((row) => row[0] === "2540");
  assert.equal(events(of[1]), sample.by_pid[2540]);
  await app.id("groups").getByRole("button", { name: "2540", exact: true }).press("Enter");
  await app.shown(sample.by_pid[2540]);
  assert.equal(await app.id("groups").count(), 0);
  // The values of a payload field can be grouped too.
  await app.filter("id:4010");
  await app.shown(7);
  await addField(app, "Uri");
  await app.id("group-by").selectOption("EventData.Uri");
  const uris = await app.until("groups", rows, (list) => list.length > 0 && list[0].length === 6);
  assert.equal(uris.reduce((sum, row) => sum + events(row[1]), 0), 7);
  assert.match(uris[0][0], /^net\./);
});
