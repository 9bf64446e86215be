// Something is seen before the module that runs the page has arrived.

import assert from "node:assert/strict";

import { address } from "./lib/app.mjs";
import { scenario } from "./lib/scenario.mjs";

scenario("the page is painted before WebAssembly arrives", async (app) => {
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  let asked = 0;
  await app.page.route("**/*.wasm", async (route) => {
    asked += 1;
    await held;
    await route.continue();
  });
  await app.page.goto(address, { waitUntil: "commit" });
  await app.page.locator("#shell h1").waitFor({ state: "visible" });
  await app.page.waitForFunction(
    () => performance.getEntriesByName("first-contentful-paint").length === 1,
  );
  assert.ok(asked > 0, "the module was asked for, and is held back");
  assert.equal(await app.page.getByTestId("open-sample").count(), 0, "the page itself does not run yet");
  release();
  await app.page.getByTestId("open-sample").first().waitFor();
  assert.equal(await app.page.locator("#shell").count(), 0, "the page took over");
});
