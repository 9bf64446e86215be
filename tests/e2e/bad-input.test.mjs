// Whatever is dropped: one clear sentence, what can be read is shown, the page stays usable.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { scenario } from "./lib/scenario.mjs";
import { built, folder, needs, realExports, truth, written } from "./lib/files.mjs";

// After trouble, the next file opens as if nothing had been.
async function assertUsable(app) {
  await app.drop(built("sample.etl"));
  await app.total(truth().sample.records);
  assert.equal(await app.id("error").count(), 0, "the trouble of the file before is gone");
}

async function assertRefused(app, pattern) {
  await app.state("error");
  const said = await app.id("error").innerText();
  assert.match(said, pattern);
  assert.ok(said.trim().length < 400, `one clear sentence: ${said}`);
}

const refused = [
  ["an empty file", () => written("empty.etl", ""), /empty|no bytes/i],
  ["an empty file of no kind", () => written("nothing", ""), /empty|no bytes/i],
  ["a text file", () => written("notes.txt", "Remember the milk.\r\n".repeat(500)), /not a trace|format|recogni/i],
  ["a picture", () => written("x.png", Buffer.from("89504e470d0a1a0a0000000d49484452", "hex")), /not a trace|format|recogni/i],
  ["zeros", () => written("zeros.etl", Buffer.alloc(200_000)), /not a trace|format|recogni/i],
  ["a folder", () => folder("traces"), /folder|directory/i],
];

for (const [what, make, pattern] of refused) {
  scenario(`${what} is refused with a reason`, async (app) => {
    await app.open();
    await app.drop(make());
    await assertRefused(app, pattern);
    await assertUsable(app);
  });
}

scenario("a bad file does not take away the trace that is open", async (app) => {
  await app.open();
  await app.drop(built("sample.etl"));
  await app.total(truth().sample.records);
  await app.drop(written("notes.txt", "Remember the milk.\r\n".repeat(500)));
  await app.id("error").waitFor();
  await assertUsable(app);
});

// An offset in hexadecimal or decimal digits, whatever groups them.
function mentions(said, offset) {
  return said.toLowerCase().includes(`0x${offset.toString(16)}`) || said.replace(/[,.\s\u202f]/g, "").includes(String(offset));
}

for (const name of ["damaged.etl", "cut.etl"]) {
  scenario(`${name}: the place is named, the rest is shown`, async (app) => {
    const expected = truth().files[name];
    await app.open();
    await app.drop(built(name));
    await app.total(expected.records);
    await app.marked(expected.marked);
    const said = await app.until("trouble", () => app.trouble(), (text) => text !== "");
    assert.ok(mentions(said, expected.damaged_at), `${said} names ${expected.damaged_at}`);
    await app.nextMarked();
    await assertUsable(app);
  });
}

scenario("a trace cut inside its first buffer", async (app) => {
  await app.open();
  await app.drop(written("head.etl", readFileSync(built("sample.etl")).subarray(0, 700)));
  await app.state("ready", "error");
  const said = await app.until("trouble", () => app.trouble(), (text) => text !== "");
  assert.match(said, /end|cut|trunc|short/i);
  await assertUsable(app);
});

scenario("JSON cut in the middle: the events before the cut are shown", async (app, t) => {
  const exports = realExports("evtx_dump");
  if (!needs(t, exports)) return;
  const file = exports.find((candidate) => candidate.name.endsWith("system.jsonl.jsonl"));
  const bytes = readFileSync(file.path);
  const cutAt = Math.floor(bytes.length / 2);
  const head = bytes.subarray(0, cutAt);
  const whole = head.toString("utf8").split("\n").length - 1;
  assert.ok(whole > 10 && whole < file.events);
  await app.open();
  await app.drop(written("cut.jsonl", head));
  await app.total(whole);
  const said = await app.until("trouble", () => app.trouble(), (text) => text !== "");
  const lastLine = head.lastIndexOf(0x0a) + 1;
  const offsets = [...said.matchAll(/0x([0-9a-f]+)/gi)].map((found) => Number.parseInt(found[1], 16));
  assert.ok(offsets.some((offset) => offset >= lastLine && offset <= cutAt), `${said}: in ${lastLine}..${cutAt}`);
  await assertUsable(app);
});

scenario("several files at once: one is opened, or the page says why not", async (app) => {
  await app.open();
  await app.drop(built("sample.etl"), built("level4.etl"));
  await app.state("ready", "error");
  await assertUsable(app);
});
