// A filter that reads payloads of a large trace is searched by several workers. It finds what one
// worker finds, gives way to the next at once, and loses nothing with a worker.

import assert from "node:assert/strict";

import { big } from "./lib/files.mjs";
import { scenario } from "./lib/scenario.mjs";

const patient = { timeout: 300_000 };
// Decoded event by event, which takes long.
const SLOW = "~\"(dis|p)atch.*[0-8]$\"";
const FILTERS = [SLOW, "cpu:3 ~\"failed .*7\"", "not ~\"[13579]$\"", "(cpu:1 or ~er) ~\"1$\"", "EventData.NewTID>3000 or ~\"ok$\""];

// The page as on a machine with so many processors.
async function onMachine(app, processors) {
  await app.context.addInitScript((processors) => {
    Object.defineProperty(Navigator.prototype, "hardwareConcurrency", { get: () => processors });
  }, processors);
  await app.open();
}

// Loads a trace; the workers that are started from then on.
async function opened(app, processors, trace) {
  await onMachine(app, processors);
  await app.drop(trace.path);
  await app.total(trace.records);
  const helpers = [];
  app.page.on("worker", (worker) => helpers.push(worker));
  return helpers;
}

// Applies a filter of which some events pass, and waits until it is in force.
async function filtered(app, text, before) {
  await app.filter(text);
  return app.until(text, () => app.number("event-count", "data-shown"), (shown) => shown !== before);
}

const answers = {};

for (const processors of [1, 3]) {
  scenario(`payloads are searched on ${processors} processors`, patient, async (app) => {
    const trace = big(48);
    const helpers = await opened(app, processors, trace);
    const found = [];
    for (const text of FILTERS) {
      found.push(await filtered(app, text, trace.records), await app.number("timeline", "data-marked"));
      await app.filter("");
      await app.shown(trace.records);
    }
    assert.equal(helpers.length > 0, processors > 1);
    await app.until("workers that ended", async () => app.page.workers().length, 1);
    answers[processors] = found;
    if (answers[1] && answers[3]) assert.deepEqual(answers[3], answers[1]);
  });
}

scenario("the next filter takes the place of one that is searched with help", patient, async (app) => {
  const trace = big(512, "manifest");
  const helpers = await opened(app, 3, trace);
  await app.filter("~\"x[0-9]y$\"");
  await app.until("helpers", async () => helpers.length, 3);
  await app.filter("id:4031");
  const begun = Date.now();
  await app.shown(trace.marked);
  assert.ok(Date.now() - begun < 2_000, "a busy machine aside, at once");
  await app.until("workers that ended", async () => app.page.workers().length, 1);
});

scenario("helpers break down while they search and nothing is missing", patient, async (app) => {
  const trace = big(48);
  const helpers = await opened(app, 3, trace);
  await app.filter(SLOW);
  await app.until("helpers", async () => helpers.length, 3);
  await Promise.all(helpers.map((worker) => worker.evaluate(() => void setTimeout(() => {
    throw new Error("broken down");
  }))));
  assert.equal(await app.number("event-count", "data-shown"), trace.records, "it was not over before");
  await app.until("the outcome", () => app.number("event-count", "data-shown"), answers[1][0]);
  assert.equal(await app.number("timeline", "data-marked"), answers[1][1]);
});
