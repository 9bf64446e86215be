// After one visit the page needs no network.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
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
