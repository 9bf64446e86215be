// The table shows any number of rows by drawing only those in sight.

import assert from "node:assert/strict";

import { scenario } from "./lib/scenario.mjs";
import { built, needs, realFiles, truth } from "./lib/files.mjs";

scenario("rows are in time order, and the last one can be reached", async (app) => {
  const { sample } = truth();
  await app.open();
  await app.sample();
  await app.until("rows", async () => (await app.rows()).length, (n) => n > 5);
  const first = await app.rows();
  assert.equal(first[0].index, 0);
  assert.ok(first.length < 400, `${first.length} rows are drawn`);
  // The header row may be counted.
  const counted = Number(await app.attribute("event-table", "aria-rowcount"));
  assert.ok(counted === sample.records || counted === sample.records + 1, String(counted));
  await app.row(3).click();
  await app.page.keyboard.press("End");
  await app.row(sample.records - 1).waitFor();
  await app.page.keyboard.press("Home");
  await app.row(0).waitFor();
  for (let i = 0; i < 6; i += 1) await app.page.keyboard.press("PageDown");
  await app.until("first row", async () => (await app.rows())[0]?.index, (index) => index > 0);
});

scenario("a hundred and sixty thousand rows scroll to their end", { timeout: 180_000 }, async (app, t) => {
  const files = realFiles();
  if (!needs(t, files)) return;
  const file = files.find((candidate) => candidate.name === "net.4.5.2.x86.etl.zip");
  await app.open();
  await app.drop(file.path);
  await app.total(file.records);
  await app.row(0).click();
  await app.page.keyboard.press("End");
  const last = app.row(file.records - 1);
  await last.waitFor();
  const inSight = await last.evaluate((row) => {
    const box = row.getBoundingClientRect();
    return box.top >= 0 && box.bottom <= innerHeight && box.height > 0;
  });
  assert.ok(inSight, "the last row is in sight");
  // The wheel moves by rows, not by thousands.
  await last.hover();
  await app.page.mouse.wheel(0, -200);
  const rows = await app.until("rows", () => app.rows(), (drawn) => drawn.length > 0);
  assert.ok(rows.at(-1).index > file.records - 200, String(rows.at(-1).index));
});

scenario("every cell is one line, in the type of its row", async (app) => {
  await app.open();
  await app.sample();
  await app.filter("id:57410 or id:4002 or id:4031");
  await app.until("rows", async () => (await app.rows()).length, (n) => n > 10);
  const odd = await app.id("event-table").locator("[role=row][data-index] [data-column]").evaluateAll((cells) =>
    cells
      .filter((cell) => {
        const row = cell.closest("[role=row]").getBoundingClientRect().height;
        const lines = cell.getClientRects().length;
        return cell.scrollHeight > row + 1 || lines > 1 || getComputedStyle(cell).whiteSpace !== "nowrap";
      })
      .map((cell) => `${cell.dataset.column}: ${cell.innerText.slice(0, 40)}`));
  assert.deepEqual(odd, []);
});

scenario("a row is selected by a click and shown in the details", async (app) => {
  await app.open();
  await app.sample();
  await app.filter("id:4010");
  await app.shown(7);
  await app.row(2).click();
  await app.until("details", () => app.field("EventID").first().innerText(), (text) => text.includes("4010"));
  assert.match(await app.field("EventData.Uri").first().innerText(), /net\.tcp:\/\/orders\.contoso\.example:808\/Orders/);
  assert.match(await app.field("EventData.count").first().innerText(), /100/);
  const [row] = (await app.rows()).filter((candidate) => candidate.index === 2);
  assert.match(row.id, /4010/);
  assert.match(row.message, /100/);
  assert.match(row.pid, /2540/);
});

scenario("what cannot be decoded is shown with its bytes", async (app) => {
  await app.open();
  await app.drop(built("kinds.etl"));
  await app.total(8);
  for (let index = 1; index < 8; index += 1) {
    await app.row(index).click();
    await app.until(`row ${index}`, () => app.id("details").innerText(), (text) =>
      /de ?ad ?be ?ef/i.test(text));
  }
});
