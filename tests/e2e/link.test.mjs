// A link brings back the view it was made of, and says when the trace is another.

import assert from "node:assert/strict";

import { address } from "./lib/app.mjs";
import { scenario } from "./lib/scenario.mjs";
import { built, truth } from "./lib/files.mjs";

// Filters, selects a range on the timeline, selects a 4031, and copies the link.
async function makeLink(app) {
  await app.open();
  await app.drop(built("sample.etl"));
  await app.total(truth().sample.records);
  await app.id("language").selectOption("ko-kr");
  await app.filter("id:4031 or id:4008");
  const { by_event: events } = truth().sample;
  const smsvchost = "f18839f5-27ff-4e66-bd2d-639b768cf18b";
  await app.shown(events[`${smsvchost}:4031`] + events[`${smsvchost}:4008`]);
  const before = await app.number("event-count", "data-shown");
  await selectRange(app);
  await app.until("range", () => app.number("event-count", "data-shown"), (n) => n > 0 && n < before);
  await app.nextMarked();
  await app.id("share").click();
  const link = await app.page.evaluate(() => navigator.clipboard.readText());
  return { link, view: await viewOf(app) };
}

// Drags over the middle of the timeline and takes the range as a filter.
async function selectRange(app) {
  const box = await app.id("timeline").boundingBox();
  const y = box.y + box.height / 2;
  await app.page.mouse.move(box.x + box.width * 0.35, y);
  await app.page.mouse.down();
  await app.page.mouse.move(box.x + box.width * 0.5, y, { steps: 4 });
  await app.page.mouse.move(box.x + box.width * 0.8, y, { steps: 4 });
  await app.page.mouse.up();
  const apply = app.id("range-filter");
  if ((await apply.count()) > 0) await apply.first().click();
}

async function viewOf(app) {
  const { start, end } = await app.range();
  return {
    shown: await app.number("event-count", "data-shown"),
    filter: await app.id("filter").inputValue(),
    selected: await app.selected(),
    message: await app.id("detail-message").innerText(),
    language: await app.id("language").inputValue(),
    start,
    end,
  };
}

const permissions = ["clipboard-read", "clipboard-write"];

scenario("a link reopens the same view after the same file is dropped", { permissions }, async (app) => {
  const { link, view } = await makeLink(app);
  assert.ok(link.startsWith(`${address}#v1?`), link);

  await app.page.goto("about:blank");
  await app.page.evaluate(() => {}); // a fresh document, as from a chat
  await app.page.goto(link);
  await app.state("empty");
  assert.match(await app.id("drop-zone").innerText(), /sample\.etl/, "it says what to drop");
  await app.drop(built("sample.etl"));
  await app.state("ready");
  await app.shown(view.shown);
  await app.until("selection", () => app.selected(), view.selected);
  assert.deepEqual(await viewOf(app), view);
});

scenario("a link says so when another file is dropped", { permissions }, async (app) => {
  const { link } = await makeLink(app);
  await app.page.goto("about:blank");
  await app.page.goto(link);
  await app.state("empty");
  await app.drop(built("level4.etl"));
  await app.total(truth().files["level4.etl"].records);
  // The link is Korean, so is what the page says.
  await app.until("notice", async () => {
    const said = await app.page.locator("[role=alert],[role=status]").allInnerTexts();
    return said.join("\n");
  }, (text) => text.includes("sample.etl"));
});

scenario("the address follows the view, and back undoes", async (app) => {
  await app.open();
  await app.sample();
  await app.filter("id:4031");
  await app.shown(truth().sample.marked);
  await app.until("address", async () => app.page.url(), (url) => /#v1\?.*4031/.test(url));
  await app.page.goBack();
  await app.shown(truth().sample.records);
});

scenario("a link of a later version is refused with a sentence", async (app) => {
  await app.open("#v9?whatever=1");
  await app.until("notice", async () => {
    return (await app.page.locator("[role=alert],[role=status]").allInnerTexts()).join(" ");
  }, (text) => /newer|later|version/i.test(text));
  await app.sample();
});
