// A test with a page of its own in a real browser, and what holds for all of them.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";

import { chromium } from "playwright-core";

import { App, address } from "./app.mjs";
import { out } from "./files.mjs";

const origin = new URL(address).origin;

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-default-apps",
  "--disable-domain-reliability",
];

mkdirSync(out, { recursive: true });
const netLog = join(out, `net-${process.pid}.json`);
let launched;

// One browser for all tests of a file. It writes down every request of every page and worker.
function browser() {
  launched ??= chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: [...flags, `--log-net-log=${netLog}`],
  });
  return launched;
}

after(async () => {
  if (!launched) return;
  await (await launched).close();
  const foreign = requestsOf(netLog).filter((request) => !allowed.has(new URL(request).origin));
  rmSync(netLog, { force: true });
  assert.deepEqual(foreign, [], "requests that left the origin");
});

const allowed = new Set([origin]);

// For tests that serve the page themselves.
export function allowOrigin(url) {
  allowed.add(new URL(url).origin);
}

// The http requests in a net log that a page, its workers or its service worker began. Requests
// of the browser itself have no initiator and are not the page's.
function requestsOf(path) {
  let text = readFileSync(path, "utf8");
  // A browser that was in a hurry leaves the list open.
  if (!text.trimEnd().endsWith("}")) text = `${text.trimEnd().replace(/,$/, "")}]}`;
  const log = JSON.parse(text);
  return log.events
    .map((event) => event.params ?? {})
    .filter((params) => params.url && params.initiator && params.initiator !== "not an origin")
    .map((params) => params.url)
    .filter((url) => /^(https?|wss?):/.test(url));
}

// A test with a page of its own. Whatever it does, at its end there was no request to another
// origin, no violation of the content policy and no error on the console.
export function scenario(name, options, body) {
  if (typeof options === "function") [options, body] = [{}, options];
  const { timeout = 90_000, expectErrors = false, ...contextOptions } = options;
  test(name, { timeout }, async (t) => {
    const context = await (await browser()).newContext({
      viewport: { width: 1280, height: 800 },
      locale: "en-US",
      timezoneId: "UTC",
      ...contextOptions,
    });
    const complaints = [];
    context.on("request", (request) => {
      const url = request.url();
      if (/^(https?|wss?):/.test(url) && !allowed.has(new URL(url).origin)) {
        complaints.push(`request to ${url}`);
      }
    });
    context.on("console", (message) => {
      if (message.type() === "error") complaints.push(`console: ${message.text()}`);
    });
    context.on("weberror", (error) => complaints.push(`uncaught: ${error.error()}`));
    await context.addInitScript(() => {
      addEventListener("securitypolicyviolation", (event) => {
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    try {
      const page = await context.newPage();
      await body(new App(page, context), t);
      if (!expectErrors) assert.deepEqual(complaints, []);
    } catch (error) {
      const page = context.pages().at(-1);
      const file = `failed-${name.replace(/\W+/g, "-").slice(0, 60)}.png`;
      await page?.screenshot({ path: join(out, file) }).catch(() => {});
      if (complaints.length > 0) error.message += `\nthe page also said: ${complaints.join("; ")}`;
      throw error;
    } finally {
      await context.close();
    }
  });
}
