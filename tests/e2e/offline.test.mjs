// After one visit the page needs no network; a newer version and files come when they are wanted.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { allowOrigin, scenario } from "./lib/scenario.mjs";
import { built, root, truth } from "./lib/files.mjs";
import { serve } from "./lib/static.mjs";

const dist = process.env.ETLENS_DIST ?? join(root, "dist");

scenario("the second visit opens a file without a server", { expectErrors: true }, async (app) => {
  assert.ok(existsSync(join(dist, "index.html")), `no build in ${dist}`);
  const server = await serve(dist);
  allowOrigin(server.address);
  try {
    await app.open("", server.address);
    await app.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
    await app.until("service worker", () =>
      app.page.evaluate(() => navigator.serviceWorker.controller?.state ?? "none"), "activated");
  } finally {
    await server.stop();
  }
  await app.context.setOffline(true);
  await app.page.reload();
  await app.state("empty");
  const reachable = await app.page.evaluate(() => fetch("./not-there").then(() => true, () => false));
  assert.equal(reachable, false, "the network is cut");
  await app.drop(built("sample.etl"));
  await app.total(truth().sample.records);
  await app.marked(truth().sample.marked);
  await app.nextMarked();
  // The bundled sample is kept too.
  await app.page.reload();
  await app.state("empty");
  await app.sample();
  await app.total(truth().sample.records);
});

scenario("the texts of a language come when the network does", { expectErrors: true, serviceWorkers: "block" }, async (app) => {
  await app.open();
  await app.context.setOffline(true);
  await app.id("language").selectOption("ko-kr");
  await app.until("notice", () => app.id("error").innerText(), (text) => text.includes("stays English"));
  const language = () => app.page.evaluate(() => document.documentElement.lang);
  assert.equal(await language(), "en");
  await app.context.setOffline(false);
  await app.until("texts", language, "ko");
  await app.until("nothing left to tell", () => app.id("error").count(), 0);
});

scenario("it can be installed", async (app) => {
  await app.open();
  const href = await app.page.locator("link[rel=manifest]").getAttribute("href");
  const manifest = await app.page.evaluate((url) => fetch(url).then((r) => r.json()), href);
  assert.ok(manifest.name && manifest.start_url && manifest.display, JSON.stringify(manifest));
  const sizes = manifest.icons.map((icon) => icon.sizes);
  assert.ok(sizes.includes("192x192") && sizes.includes("512x512"), String(sizes));
  for (const icon of manifest.icons) {
    const ok = await app.page.evaluate((src) => fetch(src).then((r) => r.ok), icon.src);
    assert.ok(ok, icon.src);
  }
});

scenario("a newer version waits until the person wants it", async (app, t) => {
  // A copy of the build that can become another one.
  const folder = mkdtempSync(join(tmpdir(), "etlens-update-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(dist, folder, { recursive: true });
  const server = await serve(folder);
  t.after(() => server.stop());
  allowOrigin(server.address);
  const build = () => app.page.locator("meta[name=etlens-build]").getAttribute("content");

  await app.open("", server.address);
  await app.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
  await app.until("service worker", () =>
    app.page.evaluate(() => navigator.serviceWorker.controller?.state ?? "none"), "activated");
  const first = await build();
  await app.sample();

  // Another build is uploaded: its page says so, and its service worker knows the page's hash.
  const newer = "0123456789abcdef";
  const change = (name, edit) => {
    const path = join(folder, name);
    const text = edit(readFileSync(path, "utf8"));
    writeFileSync(path, text);
    return createHash("sha256").update(text).digest("hex");
  };
  const page = change("index.html", (text) => text.replaceAll(first, newer));
  change("sw.js", (text) =>
    text.replaceAll(first, newer).replace(/"index.html": "\w+"/, `"index.html": "${page}"`));
  await app.page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());

  const notice = app.page.getByRole("status").filter({ hasText: "A newer version is ready." });
  await notice.waitFor();
  assert.equal(await build(), first, "nothing reloads while a trace is looked at");
  await app.total(truth().sample.records);
  await notice.getByRole("button", { name: "Reload" }).click();
  await app.until("build", build, newer);
  await app.state("empty", "ready");
});

scenario("a file that the system opens with the installed page is shown", async (app) => {
  // The queue of a page that is not installed stays empty: this one is filled by hand.
  await app.context.addInitScript(() => {
    const setConsumer = (consumer) => (window.launched = consumer);
    Object.defineProperty(window, "launchQueue", { value: { setConsumer } });
  });
  await app.open();
  await app.page.evaluate(async () => {
    const bytes = await (await fetch("./sample.etl")).arrayBuffer();
    const getFile = async () => new File([bytes], "launched.etl");
    window.launched({ files: [{ kind: "file", name: "launched.etl", getFile }] });
  });
  await app.total(truth().sample.records);
});
