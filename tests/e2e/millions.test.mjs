// Five million events, one of which is 4031: nothing of it may be lost in the crowd.

import assert from "node:assert/strict";

import { scenario } from "./lib/scenario.mjs";
import { big, built, truth } from "./lib/files.mjs";
import { Memory } from "./lib/measure.mjs";

const MIB = 180;
const patient = { timeout: 300_000 };

async function load(app) {
  const trace = big(MIB, "needle");
  assert.ok(trace.records > 5_000_000, String(trace.records));
  await app.open();
  await app.drop(trace.path);
  await app.total(trace.records);
  return trace;
}

scenario("the only 4031 among five million events is counted, found and drawn", patient, async (app) => {
  const trace = await load(app);
  await app.marked(trace.marked);
  assert.equal(trace.marked, 1);
  await app.shown(trace.records);
  await app.nextMarked();
  assert.match(await app.field("EventID").first().innerText(), /4031/);
  // Its row was brought into sight.
  await app.until("a row of 4031", () => app.rows(), (rows) => rows.some((row) => row.id === "4031"));
  // Halfway through: so much was written before it.
  const rows = await app.rows();
  const { index } = rows.find((row) => row.id === "4031");
  assert.ok(Math.abs(index / trace.records - 0.5) < 0.05, String(index));
});

scenario("five million rows scroll to their end and back", patient, async (app) => {
  const trace = await load(app);
  await app.row(0).click();
  await app.page.keyboard.press("End");
  await app.row(trace.records - 1).waitFor();
  // One row further up, not thousands.
  await app.page.keyboard.press("ArrowUp");
  await app.until("selection", () => app.row(trace.records - 2).getAttribute("aria-selected"), "true");
  const times = (await app.rows()).map((row) => row.time);
  assert.deepEqual(times, [...times].sort(), "in time order");
  await app.page.keyboard.press("Home");
  await app.row(0).waitFor();
});

scenario("filters of five million events count exactly", patient, async (app) => {
  const trace = await load(app);
  await app.filter("id:4031");
  await app.shown(1);
  await app.filter("not id:4031");
  await app.shown(trace.records - 1);
  await app.marked(0);
  await app.filter("");
  await app.shown(trace.records);
});

scenario("opening again and again takes no more memory", patient, async (app) => {
  const trace = await load(app);
  const memory = await new Memory(app.context.browser()).start();
  // What workers that ended had is given back a little later.
  const session = await app.context.newCDPSession(app.page);
  const settled = async () => {
    await session.send("HeapProfiler.collectGarbage");
    let least = Infinity;
    for (let look = 0; look < 80; look += 1) {
      await app.page.waitForTimeout(100);
      least = Math.min(least, memory.now());
    }
    return least;
  };
  const taken = [await settled()];
  for (let round = 0; round < 3; round += 1) {
    await app.drop(built("sample.etl"));
    await app.total(truth().sample.records);
    await app.drop(trace.path);
    await app.total(trace.records);
    taken.push(await settled());
  }
  memory.stop();
  if (taken.some(Number.isNaN)) return;
  // The second time may need more than the first, as memory is cut up differently; after that two
  // traces that were not given back would show.
  const grown = taken.at(-1) - taken[1];
  assert.ok(grown < trace.records * 12, `${Math.round(grown / 1e6)} MB more than the second time`);
});
