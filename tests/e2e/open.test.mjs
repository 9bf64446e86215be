// Opening the sample: where dispatch failed, what it says, in which language, with what properties.

import assert from "node:assert/strict";

import { scenario } from "./lib/scenario.mjs";
import { built, needs, truth, wordingOf4031 } from "./lib/files.mjs";

const SMSVCHOST = "f18839f5-27ff-4e66-bd2d-639b768cf18b";

scenario("the sample opens with every failed dispatch marked", async (app) => {
  const { sample } = truth();
  await app.open();
  await app.sample();
  await app.total(sample.records);
  await app.shown(sample.records);
  await app.marked(sample.marked);
});

scenario("a failed dispatch tells its message and all its properties", async (app) => {
  await app.open();
  await app.sample();
  await app.nextMarked();
  assert.match(await app.id("detail-message").innerText(), /Session dispatch failed\./);
  const expected = {
    EventID: /4031/,
    Level: /2|Error/,
    Keywords: /0x2000000000000800|ActivationServices/i,
    Channel: /18|Analytic/,
    ProviderGuid: new RegExp(SMSVCHOST, "i"),
    ActivityID: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/i,
    Task: /2500|ActivationDispatchSession/,
    Opcode: /0|Info/,
    Version: /0/,
    "EventData.AppDomain": /SMSvcHost\.exe/,
  };
  for (const [name, pattern] of Object.entries(expected)) {
    assert.match(await app.field(name).first().innerText(), pattern, name);
  }
  assert.match(await app.id("detail-message-source").innerText(), /\S/);
});

scenario("the message is Korean when the language is", async (app) => {
  await app.open();
  await app.id("language").selectOption("ko-kr");
  await app.sample();
  await app.nextMarked();
  await app.until("message", () => app.id("detail-message").innerText(), (text) =>
    text.includes("세션을 디스패치하지 못했습니다."));
  assert.match(await app.id("detail-message-source").innerText(), /ko-kr|한국어/i);
  assert.match(await app.page.evaluate(() => document.documentElement.lang), /^ko/);
  // And back, while the event is still shown.
  await app.id("language").selectOption("en-us");
  await app.until("message", () => app.id("detail-message").innerText(), (text) =>
    text.includes("Session dispatch failed."));
});

scenario("4031 is worded in all fourteen languages as it should be", async (app, t) => {
  const wording = wordingOf4031();
  if (!needs(t, wording)) return;
  assert.equal(wording.length, 14);
  await app.open();
  await app.sample();
  await app.nextMarked();
  for (const { locale, message } of wording) {
    await app.id("language").selectOption(locale);
    await app.until(locale, () => app.id("detail-message").innerText(), (text) => text.includes(message));
  }
});

scenario("the page follows the language of the browser", { locale: "ko-KR" }, async (app) => {
  await app.open();
  assert.equal(await app.id("language").inputValue(), "ko-kr");
  assert.match(await app.id("drop-zone").innerText(), /[가-힣]/);
});

scenario("the next and previous marks walk through all failures in time order", async (app) => {
  const { sample } = truth();
  await app.open();
  await app.sample();
  const seen = [];
  for (let i = 0; i < sample.marked; i += 1) {
    const selected = await app.nextMarked();
    assert.match(selected, /4031/);
    seen.push(selected);
  }
  assert.equal(new Set(seen).size, sample.marked);
  const last = await app.selected();
  await app.page.keyboard.press(",");
  await app.until("selection", () => app.selected(), seen.at(-2));
  await app.page.keyboard.press(".");
  await app.until("selection", () => app.selected(), last);
});

scenario("the failures are explained", async (app) => {
  await app.open();
  await app.sample();
  const { sample } = truth();
  const said = await app.until("insights", () => app.id("insights").innerText(), (text) =>
    text.includes(String(sample.sessions)));
  for (const count of Object.values(sample.verdicts)) {
    assert.match(said, new RegExp(`\\b${count}\\b`), said);
  }
});

scenario("payload text is only ever text", async (app) => {
  await app.open();
  await app.drop(built("html.etl"));
  await app.total(3);
  await app.nextMarked();
  assert.match(await app.field("EventData.AppDomain").first().innerText(), /<img src=x onerror=/);
  assert.notEqual(await app.page.title(), "harmed");
  assert.equal(await app.page.locator("img[src=x]").count(), 0);
});
