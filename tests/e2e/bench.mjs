// Measures the page in Chromium on traces of several sizes, beside the floor (the same file read
// in the same page and not looked at) and another viewer; prints Markdown.
//
// Usage: ETLENS_URL=… node bench.mjs [--rival FOLDER] TRACE…

import { createWriteStream, existsSync, mkdirSync, statSync } from "node:fs";
import { once } from "node:events";
import { basename, join } from "node:path";

import { chromium } from "playwright-core";

import { App } from "./lib/app.mjs";
import { out } from "./lib/files.mjs";
import { Memory, best, floor, instrument, quantile, timed } from "./lib/measure.mjs";
import { serve } from "./lib/static.mjs";

// The best of so many counts; what takes minutes is done once.
const ROUNDS = 3;
const ONCE_BYTES = 2 ** 31;
const WIDTH = 1920;
const RIVAL_PATIENCE_MS = 120_000;
const words = process.argv.slice(2);
const rival = words[0] === "--rival" ? words.splice(0, 2)[1] : null;
const traces = words;

const say = (text) => process.stderr.write(`   ${text}\n`);

function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync"],
  });
}

async function fresh(browser) {
  const context = await browser.newContext({ viewport: { width: WIDTH, height: 1080 }, locale: "en-US", timezoneId: "UTC" });
  await context.addInitScript(instrument);
  return new App(await context.newPage(), context);
}

// Loads a trace in a new page; milliseconds from choosing it.
async function load(app, path) {
  await app.open();
  await app.choose(path);
  await app.page.waitForFunction(() => window.etlensBench.marks.ready, null, { timeout: 600_000, polling: 50 });
  const { chosen, rows, ready } = await app.page.evaluate(() => window.etlensBench.marks);
  return { rows: rows - chosen, complete: ready - chosen };
}

// The work of each frame while the timeline is panned and zoomed.
async function frames(app) {
  const box = await app.id("timeline").boundingBox();
  const at = [box.x + box.width / 2, box.y + box.height / 2];
  await app.page.mouse.move(...at);
  await app.page.evaluate(() => (window.etlensBench.frames.length = 0));
  for (let zoom = 0; zoom < 24; zoom += 1) {
    await app.page.keyboard.down("Control");
    await app.page.mouse.wheel(0, zoom < 12 ? -120 : 120);
    await app.page.keyboard.up("Control");
    for (let pan = 0; pan < 4; pan += 1) {
      await app.page.mouse.wheel(pan % 2 ? 40 : -40, 0);
    }
  }
  await app.page.waitForTimeout(300);
  const work = await app.page.evaluate(() => window.etlensBench.frames.map(([, took]) => took));
  return { count: work.length, half: quantile(work, 0.5), most: quantile(work, 0.95), all: Math.max(...work) };
}

const SHOWN = `document.querySelector("[data-testid=event-count]").dataset.shown`;
const DETAILS = `["TimeCreated", "EventID", "ThreadID"].map((name) => document.querySelector(
  '[data-testid=details] [data-field="' + name + '"]')?.innerText).join() +
  document.querySelector("[role=row][aria-selected=true]")?.dataset.index`;

async function filtered(app, text) {
  await app.id("filter").fill(text);
  return timed(app.page, "keydown", SHOWN, () => app.id("filter").press("Enter"));
}

// Milliseconds from a click on a row, anywhere in the trace, to its details.
async function details(app) {
  const took = [];
  for (let round = 0; round < 12; round += 1) {
    const share = ((round * 7) % 12) / 12;
    const before = (await app.rows())[0]?.index;
    await app.id("event-table").evaluate((grid, share) => {
      const scroller = [grid, ...grid.querySelectorAll("*")].find((element) => element.scrollHeight > element.clientHeight * 2)
        ?? grid.closest("*");
      scroller.scrollTop = scroller.scrollHeight * share;
    }, share);
    if (round > 0) await app.until("rows", async () => (await app.rows())[0]?.index, (index) => index !== undefined && index !== before);
    await app.page.waitForTimeout(300);
    const rows = await app.rows();
    const row = app.row(rows[Math.floor(rows.length / 2)].index);
    took.push(await timed(app.page, "pointerdown", DETAILS, () => row.click({ position: { x: 40, y: 8 } })));
  }
  return took;
}

const rounded = (number, digits = 0) => (Number.isFinite(number) ? number.toFixed(digits) : "");
const rows = { load: [], use: [] };

for (const path of traces) {
  const bytes = statSync(path).size;
  say(`${basename(path)}, ${rounded(bytes / 1e6)} MB`);
  const browser = await launch();
  const app = await fresh(browser);
  await app.open();
  const memory = await new Memory(browser).start();
  const empty = memory.now();
  const found = { floor: [], rows: [], complete: [] };
  let way = "";
  // Turn by turn, so that what the machine does meanwhile is the same for both.
  for (let round = 0; round < (bytes > ONCE_BYTES ? 1 : ROUNDS); round += 1) {
    const { rows, complete } = await load(app, path);
    found.rows.push(rows);
    found.complete.push(complete);
    if (round === 0) found.peak = memory.stop() - empty;
    const read = await floor(app.page, path);
    const least = best(Object.values(read));
    if (least < best([...found.floor, Infinity])) way = Object.keys(read).find((name) => read[name] === least);
    found.floor.push(least);
    say(`complete ${rounded(complete)} ms, first rows ${rounded(rows)} ms, floor ${rounded(least)} ms`);
  }
  const events = await app.number("event-count", "data-total");
  const complete = best(found.complete);
  rows.load.push([
    rounded(bytes / 1e6), rounded(events / 1e6, 2), rounded(best(found.rows)), rounded(complete), rounded(bytes / complete / 1e3),
    `${rounded(best(found.floor))} (${way})`, rounded(complete / best(found.floor), 2), rounded((complete * 1e6) / events),
    rounded(found.peak / 1e6), rounded((found.peak - 150e6) / events, 1),
  ]);

  const work = await frames(app);
  const id = await filtered(app, "id:4031");
  const none = await filtered(app, "");
  const level = await filtered(app, "level:error");
  await filtered(app, "");
  const payload = bytes < 2e9 ? await filtered(app, `AppDomain:"*9*"`).catch(() => Number.NaN) : Number.NaN;
  await filtered(app, "");
  const open = await details(app);
  rows.use.push([
    rounded(events / 1e6, 2), `${rounded(work.half, 1)} / ${rounded(work.most, 1)} / ${rounded(work.all, 1)}`, work.count,
    rounded(id), rounded((id / events) * 1e7), rounded(level), rounded(none), rounded(payload),
    `${rounded(quantile(open, 0.5))} / ${rounded(Math.max(...open))}`,
  ]);
  await browser.close();
}

// A trace of as many events in the format of Chrome, which the other viewer reads.
async function asChromeTrace(events) {
  const path = join(out, `chrome-${events}.json`);
  if (existsSync(path)) return path;
  mkdirSync(out, { recursive: true });
  const file = createWriteStream(path);
  file.write(`{"traceEvents":[`);
  for (let index = 0; index < events; index += 1) {
    const event = {
      name: `event ${4000 + (index % 36)}`, cat: "ActivationServices", ph: "X", ts: index * 5, dur: 4,
      pid: 2540, tid: 100 + (index % 8), args: { AppDomain: `Domain ${index % 97}` },
    };
    if (!file.write(`${index ? "," : ""}\n${JSON.stringify(event)}`)) await once(file, "drain");
  }
  file.end("]}");
  await once(file, "finish");
  return path;
}

async function rivalOpens(address, path) {
  const browser = await launch();
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(address);
  const memory = await new Memory(browser).start();
  const empty = memory.now();
  const input = page.locator("input[type=file]").first();
  await input.waitFor({ state: "attached" });
  const begun = Date.now();
  let outcome = "";
  try {
    await input.setInputFiles(path, { timeout: RIVAL_PATIENCE_MS });
    // It names the file in the title once it is drawn.
    const name = basename(path);
    const shown = page
      .waitForFunction((name) => document.title.startsWith(name), name, { timeout: RIVAL_PATIENCE_MS, polling: 50 })
      .then(() => "", () => `not within ${RIVAL_PATIENCE_MS / 60_000} minutes`);
    const broke = page.getByText("Something went wrong").waitFor({ timeout: RIVAL_PATIENCE_MS })
      .then(() => "fails", () => new Promise(() => {}));
    const crash = new Promise((resolve) => page.on("crash", () => resolve("crashes")));
    outcome = await Promise.race([shown, broke, crash]);
  } catch (error) {
    outcome = error.message.split("\n")[0];
  }
  const took = Date.now() - begun;
  const peak = memory.stop() - empty;
  await browser.close();
  return { outcome, took, peak };
}

const table = (heads, lines) =>
  [`| ${heads.join(" | ")} |`, `|${heads.map(() => "--:").join("|")}|`, ...lines.map((line) => `| ${line.join(" | ")} |`)].join("\n");

console.log(`#### Loading

${table(["MB", "M events", "first rows ms", "complete ms", "MB/s", "floor ms (fastest way)", "complete / floor", "ns/event", "peak MB",
    "B/event beyond 150 MB"], rows.load)}

#### Using

Frame work is the middle, the 95th percentile and the most of all milliseconds spent in
\`requestAnimationFrame\` while the timeline of ${WIDTH} px was zoomed and panned.

${table(["M events", "frame work ms", "frames", "id:4031 ms", "per 10 M", "level:error ms", "no filter ms", "payload text ms",
    "details ms, middle / most"], rows.use)}`);

if (rival) {
  const server = await serve(rival);
  const lines = [];
  for (const events of [100_000, 300_000, 1_000_000]) {
    const path = await asChromeTrace(events);
    say(`speedscope, ${events} events`);
    const { outcome, took, peak } = await rivalOpens(server.address, path);
    lines.push([events / 1e6, rounded(statSync(path).size / 1e6), outcome || rounded(took), outcome ? "" : rounded((took * 1e6) / events), rounded(peak / 1e6)]);
  }
  await server.stop();
  console.log(`
#### Beside speedscope

speedscope does not read .etl; it is given as many events as Chrome's JSON.

${table(["M events", "MB of JSON", "complete ms", "ns/event", "peak MB"], lines)}`);
}
