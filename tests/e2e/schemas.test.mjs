// Files that describe events, dropped alone or with the trace: its events are decoded with them.

import assert from "node:assert/strict";

import { scenario } from "./lib/scenario.mjs";
import { built, truth, written } from "./lib/files.mjs";

const trace = "contoso.etl";

// Selects the first row whose id is this.
async function selectId(app, id) {
  const [row] = await app.until("rows", () => app.rows(), (rows) => rows.some((row) => row.id === id))
    .then((rows) => rows.filter((row) => row.id === id));
  await app.row(row.index).click();
  await app.until("details", () => app.field("EventID").first().innerText(), (text) => text.includes(id));
}

async function checkDecoded(app, file) {
  await selectId(app, "16");
  await app.until("label", () => app.field("EventData.Label").first().innerText(), (text) => text.includes("D:"));
  assert.match(await app.field("EventData.Kind").first().innerText(), /tape/);
  assert.match(await app.field("EventData.Flags").first().innerText(), /read only \| shared \| 0x8/);
  assert.match(await app.id("detail-message").innerText(), /Disk D: is tape/);
  assert.ok((await app.id("detail-message-source").innerText()).includes(file));
  assert.ok((await app.id("schema-source").innerText()).includes(file));
}

scenario("a manifest dropped together with its trace decodes it", async (app) => {
  await app.open();
  await app.drop(built(trace), built("contoso.man"));
  await app.total(truth().files[trace].records);
  await app.until("schemas", () => app.id("schemas").innerText(), (text) => text.includes("contoso.man"));
  assert.match(await app.id("schemas").innerText(), /Contoso-Disk/);
  assert.match(await app.id("schemas").innerText(), /한국어/);
  await checkDecoded(app, "contoso.man");
  assert.equal(await app.id("error").count(), 0);
});

scenario("a manifest dropped on an open trace decodes it anew, until it is removed", async (app) => {
  await app.open();
  await app.drop(built(trace));
  await app.total(truth().files[trace].records);
  await selectId(app, "16");
  assert.equal(await app.field("EventData.Label").count(), 0);
  await app.choose(built("contoso.man"));
  await checkDecoded(app, "contoso.man");
  // The language of its messages follows the choice.
  await app.id("language").selectOption("ko-kr");
  await app.until("message", () => app.id("detail-message").innerText(), (text) => text.includes("디스크 D:"));
  await app.id("language").selectOption("en-us");
  await app.id("remove-schema").click();
  await app.until("fields", () => app.field("EventData.Label").count(), 0);
  assert.equal(await app.id("schemas").count(), 0);
});

scenario("a library and its language files decode the trace in the language chosen", async (app) => {
  await app.open();
  await app.drop(built("contoso.dll"), built(trace), built("ko-KR/contoso.dll.mui"), built("en-US/contoso.dll.mui"));
  await app.total(truth().files[trace].records);
  await checkDecoded(app, "contoso.dll");
  await app.until("schemas", () => app.id("schemas").getByRole("listitem").count(), 3);
  await app.id("language").selectOption("ko-kr");
  await app.until("message", () => app.id("detail-message").innerText(), (text) => text.includes("디스크 D:"));
});

scenario("a schema pack is recognised by what it says, before and after its trace", async (app) => {
  await app.open();
  await app.drop(built("pack/contoso.json"));
  await app.until("schemas", () => app.id("schemas").innerText(), (text) => text.includes("contoso.json"));
  await app.drop(built(trace));
  await app.total(truth().files[trace].records);
  await checkDecoded(app, "contoso.json");
  await app.id("remove-schema").click();
  await app.until("fields", () => app.field("EventData.Label").count(), 0);
  // Opened while the trace is open, it takes nothing away.
  await app.choose(built("pack/contoso.json"));
  await checkDecoded(app, "contoso.json");
});

scenario("WPP messages are worded by a message format file", async (app) => {
  await app.open();
  await app.drop(built("wpp.etl"));
  await app.total(truth().files["wpp.etl"].records);
  await selectId(app, "10");
  assert.equal(await app.field("EventData.Name").count(), 0);
  await app.drop(built("tmf/contoso.tmf"));
  await app.until("message", () => app.id("detail-message").innerText(), (text) =>
    text.includes("[DiskRead] disk is at FFFF800000001230, 0x00000200 bytes, -5% (Busy)"));
  assert.match(await app.field("EventData.State").first().innerText(), /Busy/);
  assert.match(await app.field("MessageSequence").first().innerText(), /7/);
});

scenario("a schema may come before its trace; a second trace is said not to be opened", async (app) => {
  await app.open();
  await app.drop(built("contoso.man"));
  await app.until("schemas", () => app.id("schemas").innerText(), (text) => text.includes("contoso.man"));
  await app.state("empty");
  await app.drop(built(trace), built("sample.etl"));
  await app.total(truth().files[trace].records);
  await app.until("notice", () => app.id("error").innerText(), (text) => text.includes("sample.etl"));
  await checkDecoded(app, "contoso.man");
});

scenario("a file that only looks like a schema is refused with a reason", async (app) => {
  await app.open();
  await app.drop(built(trace), written("broken.man", "<instrumentationManifest><provider></instrumentationManifest>"));
  await app.total(truth().files[trace].records);
  await app.until("notice", () => app.id("error").innerText(), (text) => text.includes("broken.man"));
  assert.equal(await app.id("schemas").count(), 0);
});
