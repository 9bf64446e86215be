// The filter shows what it should, and says where it is not understood.

import assert from "node:assert/strict";

import { scenario } from "./lib/scenario.mjs";
import { truth } from "./lib/files.mjs";

const SMSVCHOST = "f18839f5-27ff-4e66-bd2d-639b768cf18b";
const SERVICES = "c651f5f6-1c0d-492e-8ae1-b4efd7c9d503";

scenario("filters select what was put into the trace", { timeout: 180_000 }, async (app) => {
  const { sample } = truth();
  const events = Object.entries(sample.by_event);
  const of = (provider) => events.filter(([key]) => key.startsWith(provider)).reduce((sum, [, n]) => sum + n, 0);
  const id = (number, provider = SMSVCHOST) => sample.by_event[`${provider}:${number}`] ?? 0;
  const levels = (...numbers) => numbers.reduce((sum, n) => sum + (sample.by_level[n] ?? 0), 0);
  const cases = [
    ["id:4031", id(4031)],
    ["id:4016 or id:4031", id(4016) + id(4031)],
    ["level<=error", levels(1, 2)],
    ["level:warning", levels(3)],
    ["level<=error and not id:4031", levels(1, 2) - id(4031)],
    [`provider:{${SMSVCHOST}}`, of(SMSVCHOST)],
    [`not provider:${SMSVCHOST}`, sample.records - of(SMSVCHOST)],
    [`provider:${SERVICES} and (id:205 or id:214)`, id(205, SERVICES) + id(214, SERVICES)],
    ["provider:Contoso-Orders", of("7d2f0c1e-5b0a-5f6e-9c56-3a4b1f2e8d70")],
    ["pid:2540", sample.by_pid[2540]],
    ["pid:2540 and id:4031", null],
    ["ConnectionDispatchFailed", sample.marked],
    ["id~^4031$", sample.marked],
    ["name~dispatch.*failed$ id:4031", sample.marked],
    ["time:+0s..-0s", sample.records],
    ["time>-0s", 0],
    ["id:1234567", null],
    ["", sample.records],
  ];
  await app.open();
  await app.sample();
  for (const [text, expected] of cases) {
    if (expected === null) continue;
    await app.filter(text);
    await app.until(text, () => app.number("event-count", "data-shown"), expected);
    assert.equal(await app.id("filter-error").isVisible(), false, text);
    assert.equal(await app.number("event-count", "data-total"), sample.records);
  }
});

scenario("what is not understood is shown at its column, and the old filter stays", async (app) => {
  const { sample } = truth();
  await app.open();
  await app.sample();
  await app.filter("id:4031");
  await app.shown(sample.marked);
  // Text, and the 1-based column of what is wrong.
  const cases = [["id:4031 and level<=nonsense", 20], ["id:4031 and (pid:4", null], ["pid:many", 5]];
  for (const [text, column] of cases) {
    await app.filter(text);
    await app.id("filter-error").waitFor();
    const said = await app.id("filter-error").innerText();
    if (column !== null) assert.match(said, new RegExp(`\\b${column}\\b`), said);
    assert.equal(await app.number("event-count", "data-shown"), sample.marked);
    assert.equal(await app.id("filter").getAttribute("aria-invalid"), "true");
  }
  await app.filter("id:4030");
  await app.until("error", () => app.id("filter-error").isVisible(), false);
});

scenario("a filter that selects nothing says so", async (app) => {
  await app.open();
  await app.sample();
  await app.filter("id:4031 and id:4030");
  await app.shown(0);
  await app.marked(0);
  assert.match(await app.id("event-table").locator("..").innerText(), /no event|nothing|none/i);
  await app.filter("");
  await app.shown(truth().sample.records);
});

scenario("values in the details include and exclude", async (app) => {
  const { sample } = truth();
  await app.open();
  await app.sample();
  await app.nextMarked();
  const press = async (what) => {
    const field = app.field("EventID").first();
    await field.hover();
    await field.getByTestId(what).click();
  };
  await press("exclude");
  await app.shown(sample.records - sample.marked);
  await app.filter("");
  await app.shown(sample.records);
  await app.nextMarked();
  await press("include");
  await app.shown(sample.marked);
});

scenario("a misspelt payload field is hinted at, with the nearest name", async (app) => {
  await app.open();
  await app.sample();
  await app.filter("id:4010 and Urri:*");
  await app.shown(0);
  const hints = app.id("filter-hints");
  await app.until("hint", () => hints.innerText(), (text) => /Urri/.test(text) && /Uri/.test(text));
  await hints.getByRole("button").click();
  await app.shown(7);
  await app.until("no hint", () => hints.isVisible(), false);
  assert.equal(await app.id("filter").inputValue(), "id:4010 and Uri:*");
});

scenario("payload fields and their values are offered while typing", async (app) => {
  await app.open();
  await app.sample();
  const offered = () => app.page.locator("#completions [role=option]").allInnerTexts();
  await app.id("filter").pressSequentially("cou");
  await app.until("field", offered, (list) => list.includes("count:"));
  await app.id("filter").pressSequentially("nt:");
  await app.until("value", offered, (list) => list.includes("100"));
});

scenario("what was said is said in the language chosen later", async (app) => {
  await app.open();
  await app.sample();
  await app.filter("id:4010");
  await app.until("english", () => app.id("status").innerText(), (text) => /7 events pass/.test(text));
  await app.id("language").selectOption("ko-kr");
  await app.until("korean", () => app.id("status").innerText(), (text) => /[가-힣]/.test(text) && /7/.test(text));
});

scenario("steps asked for while one is on its way are all taken", async (app) => {
  await app.open();
  await app.sample();
  await app.filter("id:4031");
  await app.until("shown", () => app.number("event-count", "data-shown"), (n) => n > 5);
  await app.id("event-table").focus();
  // Pressed in one go, faster than any answer.
  await app.page.evaluate(() => {
    for (const key of [".", ".", ".", ".", ","]) {
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    }
  });
  await app.until("third", () => app.row(2).getAttribute("aria-selected"), "true");
});

scenario("completions that come after Enter stay away", async (app) => {
  await app.open();
  await app.sample();
  const all = await app.number("event-count", "data-total");
  // In one go: no answer can come between the last letter and the key.
  await app.id("filter").evaluate((input) => {
    input.focus();
    input.value = "id:4031";
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  });
  await app.until("shown", () => app.number("event-count", "data-shown"), (shown) => shown < all);
  await app.page.waitForTimeout(500);
  assert.equal(await app.page.locator("#completions").isVisible(), false);
  // Asked for, they come.
  await app.id("filter").press("ArrowDown");
  await app.page.locator("#completions").waitFor();
});
