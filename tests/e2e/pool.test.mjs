// Large files are read by several workers. What the page shows must be what one worker shows.

import assert from "node:assert/strict";

import { scenario } from "./lib/scenario.mjs";
import { big } from "./lib/files.mjs";

const MIB = 96;
const patient = { timeout: 240_000 };

// The page as on a machine with so many processors, and so much memory.
async function onMachine(app, processors, memoryGib) {
  await app.context.addInitScript(([processors, memoryGib]) => {
    Object.defineProperty(Navigator.prototype, "hardwareConcurrency", { get: () => processors });
    Object.defineProperty(Navigator.prototype, "deviceMemory", { get: () => memoryGib });
  }, [processors, memoryGib]);
  await app.open();
}

// What is seen of a trace: counts, rows from beginning, middle and end, details, losses, filters.
async function seen(app, trace) {
  const said = { total: await app.number("event-count", "data-total") };
  const look = async (what) => {
    said[what] = {
      shown: await app.number("event-count", "data-shown"),
      marked: await app.number("timeline", "data-marked"),
      range: [await app.attribute("timeline", "data-start"), await app.attribute("timeline", "data-end")],
    };
  };
  await look("all");
  await app.row(0).click();
  said.first = [await app.rows(), await app.until("details", () => app.selected(), Boolean)];
  await app.page.keyboard.press("End");
  await app.row(trace.records - 1).waitFor();
  said.last = await app.rows();
  await app.page.keyboard.press("Home");
  await app.row(0).waitFor();
  await app.until("the first event again", () => app.selected(), said.first[1]);
  await app.nextMarked();
  said.marked = await app.selected();
  said.lost = await app.trouble();
  for (const text of ["level<=error", "cpu:3 and not id:4031", "\"OrderService\""]) {
    await app.filter(text);
    // Some of them pass, and it stays so.
    let shown = trace.records;
    await app.until(text, async () => {
      const before = shown;
      await app.page.waitForTimeout(500);
      shown = await app.number("event-count", "data-shown");
      return shown === before && shown > 0 && shown < trace.records;
    }, true);
    await look(text);
    await app.filter("");
    await app.shown(trace.records);
  }
  return said;
}

// The worker of the page, which may be told of late.
async function ownWorker(app) {
  await app.until("the page's worker", async () => app.page.workers().length, 1);
  return app.page.workers()[0];
}

const answers = {};

for (const processors of [1, 3]) {
  scenario(`a large trace is read on ${processors} processors`, patient, async (app) => {
    const trace = big(MIB);
    await onMachine(app, processors);
    let helpers = 0;
    await ownWorker(app);
    app.page.on("worker", () => (helpers += 1));
    await app.drop(trace.path);
    await app.total(trace.records);
    assert.equal(helpers, processors === 1 ? 0 : processors);
    answers[processors] = await seen(app, trace);
    if (answers[1] && answers[3]) assert.deepEqual(answers[3], answers[1]);
  });
}

scenario("reading stops before memory is full, and says what to do", patient, async (app) => {
  const trace = big(180, "needle");
  // Half of it is for events: 64 MiB.
  await onMachine(app, 1, 0.125);
  await app.drop(trace.path);
  await app.state("ready");
  const total = await app.number("event-count", "data-total");
  assert.ok(total > 100_000 && total < trace.records, String(total));
  assert.match(await app.id("lost").first().textContent(), /memory is nearly full.*etlens dump/s);
  await app.row(0).click();
  await app.page.keyboard.press("End");
  await app.row(total - 1).waitFor();
});

scenario("reading with helpers is stopped at once and what was read is shown", patient, async (app) => {
  const trace = big(1024, "manifest");
  await onMachine(app, 3);
  await app.drop(trace.path);
  await app.until("some events", () => app.number("event-count", "data-total"), (total) => total > 0);
  const begun = Date.now();
  await app.id("cancel").click();
  await app.state("ready");
  assert.ok(Date.now() - begun < 2_000, "a busy machine aside, at once");
  const total = await app.number("event-count", "data-total");
  assert.ok(total > 10_000 && total < trace.records, String(total));
  await app.row(0).click();
  await app.page.keyboard.press("End");
  await app.row(total - 1).waitFor();
});

// As when its memory is full: what ran in the worker ends in the middle.
const breakDown = (worker) => worker.evaluate(() => void setTimeout(() => {
  throw new Error("broken down");
}));

for (const dying of [1, 3]) {
  scenario(`${dying} of 3 helpers break down and nothing is missing`, patient, async (app) => {
    const trace = big(1024, "manifest");
    await onMachine(app, 3);
    const helpers = [];
    await ownWorker(app);
    app.page.on("worker", (worker) => helpers.push(worker));
    await app.drop(trace.path);
    await app.until("some events", () => app.number("event-count", "data-total"), (total) => total > 0);
    await app.until("helpers", async () => helpers.length, 3);
    await Promise.all(helpers.slice(0, dying).map(breakDown));
    assert.equal(await app.attribute("status", "data-state"), "loading", "it was not over before");
    await app.state("ready");
    await app.total(trace.records);
    assert.match(await app.trouble(), /nothing was lost and every byte was read/);
  });
}

scenario("the worker breaks down while it reads, which is said, and the file opens again", patient, async (app) => {
  const trace = big(1024, "manifest");
  await onMachine(app, 3);
  const owner = await ownWorker(app);
  await app.drop(trace.path);
  await app.until("some events", () => app.number("event-count", "data-total"), (total) => total > 0);
  await breakDown(owner);
  await app.state("error");
  await app.page.getByRole("button", { name: "Open again" }).click();
  await app.state("ready");
  await app.total(trace.records);
});
