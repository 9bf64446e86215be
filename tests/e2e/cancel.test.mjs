// A long load shows its progress, can be stopped, and gives way to the next file.

import assert from "node:assert/strict";

import { scenario } from "./lib/scenario.mjs";
import { big, built, truth } from "./lib/files.mjs";

const MIB = 512;

scenario("loading is cancelled; what was read stays", { timeout: 240_000 }, async (app) => {
  const { path } = big(MIB);
  await app.open();
  await app.drop(path);
  await app.state("loading");
  // Rows are there before the end.
  await app.until("rows while loading", () => app.rows(), (rows) => rows.length > 0);
  assert.equal(await app.attribute("status", "data-state"), "loading");
  await app.id("cancel").click();
  await app.state("ready");
  const records = await app.number("event-count", "data-total");
  assert.ok(records > 0);
  await app.filter("id:4031");
  await app.until("shown", () => app.number("event-count", "data-shown"), (n) => n > 0 && n < records);
});

scenario("another file dropped meanwhile takes its place", { timeout: 240_000 }, async (app) => {
  const { path } = big(MIB);
  await app.open();
  await app.drop(path);
  await app.state("loading");
  await app.drop(built("sample.etl"));
  await app.total(truth().sample.records);
  await app.marked(truth().sample.marked);
});

scenario("Escape stops loading too", { timeout: 240_000 }, async (app) => {
  const { path } = big(MIB);
  await app.open();
  await app.drop(path);
  await app.state("loading");
  await app.page.keyboard.press("Escape");
  await app.state("ready", "empty");
});
