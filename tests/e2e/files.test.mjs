// Dropping built and real files: every record of every file is there.

import assert from "node:assert/strict";

import { scenario } from "./lib/scenario.mjs";
import { built, needs, realExports, realFiles, truth } from "./lib/files.mjs";

for (const name of ["sample", "compressed", "level4", "append", "kinds", "kinds32", "tracelogging", "own-id"]) {
  const file = `${name}.etl`;
  scenario(`${file}, built, is shown whole`, async (app) => {
    const expected = truth().files[file];
    await app.open();
    await app.drop(built(file));
    await app.total(expected.records);
    await app.marked(expected.marked);
    assert.equal(await app.id("error").count(), 0);
  });
}

const dropped = ["HTTP_Server.etl", "Process.etl", "AMSITrace.etl", "WsRm01.etl", "PerfViewData-small.etl.zip", "net.4.5.2.x86.etl.zip"];

scenario("real traces, dropped one after another, replace each other", { timeout: 240_000 }, async (app, t) => {
  const files = realFiles();
  if (!needs(t, files)) return;
  await app.open();
  for (const name of dropped) {
    const file = files.find((candidate) => candidate.name === name);
    await app.drop(file.path);
    await app.total(file.records);
    const [first] = await app.until("rows", () => app.rows(), (rows) => rows.length > 0);
    assert.equal(first.index, 0);
  }
});

scenario("all other real traces, chosen in the dialog", { timeout: 240_000 }, async (app, t) => {
  const files = realFiles();
  if (!needs(t, files)) return;
  await app.open();
  for (const file of files.filter((candidate) => !dropped.includes(candidate.name))) {
    await app.choose(file.path);
    await app.until(file.name, () => app.number("event-count", "data-total"), file.records);
    await app.state("ready");
  }
});

for (const dialect of ["powershell", "evtx_dump"]) {
  scenario(`JSON of ${dialect}`, { timeout: 240_000 }, async (app, t) => {
    const exports = realExports(dialect);
    if (!needs(t, exports)) return;
    await app.open();
    for (const file of exports.filter((candidate) => /\.jsonl?$/.test(candidate.name))) {
      await app.choose(file.path);
      await app.until(file.name, () => app.number("event-count", "data-total"), file.events);
      await app.state("ready");
      const [first] = await app.until(file.name, () => app.rows(), (rows) => rows.length > 0);
      assert.match(first.id, /^\d+$/, file.name);
      assert.notEqual(first.provider, "", file.name);
    }
  });
}

scenario("an id the application chose is decoded with the catalog when asked", async (app) => {
  await app.open();
  await app.drop(built("own-id.etl"));
  await app.total(truth().files["own-id.etl"].records);
  await app.marked(0);
  await app.id("decode-with-catalog").first().click();
  await app.marked(4);
});
