// The page as a person meets it: opens it, drops files on it, reads what it says.

import assert from "node:assert/strict";

export const address = process.env.ETLENS_URL;
if (!address) throw new Error("ETLENS_URL must name a served build; `cargo xtask test` sets it");

const PATIENCE_MS = 30_000;

export class App {
  constructor(page, context) {
    this.page = page;
    this.context = context;
    page.setDefaultTimeout(PATIENCE_MS);
  }

  // The element with a test id.
  id(name) {
    return this.page.getByTestId(name);
  }

  // The element of one property in the details.
  field(name) {
    return this.id("details").locator(`[data-field="${name}"]`);
  }

  // A row of the table that is drawn now.
  row(index) {
    return this.id("event-table").locator(`[role=row][data-index="${index}"]`);
  }

  // Opens the page and waits until it can take a file.
  async open(fragment = "", base = address) {
    await this.page.goto(base + fragment);
    await this.state("empty");
    return this;
  }

  // Waits for a state of the page.
  async state(...names) {
    const any = names.map((name) => `[data-testid=status][data-state="${name}"]`).join(",");
    await this.page.locator(any).waitFor({ state: "attached" });
  }

  // Waits until a condition holds; says what it last saw when it never does.
  async until(what, read, wanted) {
    const end = Date.now() + PATIENCE_MS;
    const holds = typeof wanted === "function" ? wanted : (value) => value === wanted;
    let last;
    for (;;) {
      last = await read().catch((error) => error.message);
      if (holds(last)) return last;
      if (Date.now() > end) break;
      await this.page.waitForTimeout(50);
    }
    const expected = typeof wanted === "function" ? "something else" : JSON.stringify(wanted);
    assert.fail(`${what}: ${JSON.stringify(last)}, not ${expected}`);
  }

  async attribute(id, name) {
    return this.id(id).getAttribute(name, { timeout: 2_000 });
  }

  async number(id, name) {
    return Number(await this.attribute(id, name));
  }

  // Waits for a trace with this many records.
  async total(records) {
    await this.until("total", () => this.number("event-count", "data-total"), records);
    await this.state("ready");
  }

  // Waits until the filter lets this many through.
  async shown(count) {
    await this.until("shown", () => this.number("event-count", "data-shown"), count);
  }

  async marked(count) {
    await this.until("marked", () => this.number("timeline", "data-marked"), count);
  }

  // The visible range of the timeline.
  async range() {
    const [start, end] = [await this.attribute("timeline", "data-start"), await this.attribute("timeline", "data-end")];
    return { start: BigInt(start), end: BigInt(end) };
  }

  // Drops files as the operating system does: the event is trusted, folders are folders.
  async drop(...paths) {
    const session = await this.context.newCDPSession(this.page);
    const { width, height } = this.page.viewportSize();
    const data = { items: [], files: paths, dragOperationsMask: 1 };
    for (const type of ["dragEnter", "dragOver", "drop"]) {
      await session.send("Input.dispatchDragEvent", { type, x: width / 2, y: height / 2, data });
    }
    await session.detach();
  }

  // Chooses files in the dialog.
  async choose(...paths) {
    await this.id("open-file").setInputFiles(paths);
  }

  async sample() {
    await this.id("open-sample").click();
    await this.state("ready");
  }

  // Types a filter over the old one and applies it.
  async filter(text) {
    await this.id("filter").fill(text);
    await this.id("filter").press("Enter");
  }

  // What the page says about trouble: the alert and the list of losses.
  async trouble() {
    const said = [];
    for (const id of ["error", "lost"]) {
      for (const element of await this.id(id).all()) {
        if (await element.isVisible()) said.push(await element.innerText());
      }
    }
    return said.join("\n");
  }

  // Cells of the drawn rows, by column.
  async rows() {
    return this.id("event-table").locator("[role=row][data-index]").evaluateAll((rows) =>
      rows
        .map((row) => ({
          index: Number(row.dataset.index),
          ...Object.fromEntries(
            [...row.querySelectorAll("[data-column]")].map((cell) => [
              cell.dataset.column,
              cell.innerText.trim(),
            ]),
          ),
        }))
        .sort((a, b) => a.index - b.index),
    );
  }

  // The page must not scroll sideways.
  async assertNoSidewaysScroll() {
    const [needed, given] = await this.page.evaluate(() => {
      const root = document.scrollingElement;
      return [root.scrollWidth, root.clientWidth];
    });
    assert.ok(needed <= given, `the page is ${needed} px wide in a window of ${given} px`);
  }

  // Waits until the next marked event is selected after pressing `how`.
  async nextMarked() {
    const before = await this.selected();
    await this.id("next-marked").click();
    return this.until("selection", () => this.selected(), (now) => now && now !== before);
  }

  // What tells the selected event from all others; read in one go, so never half of one event
  // and half of the next.
  async selected() {
    return this.page.evaluate(() => {
      const details = document.querySelector("[data-testid=details]");
      if (!details) return null;
      const names = ["TimeCreated", "EventID", "ProcessID", "ThreadID", "ActivityID"];
      const texts = names.map((name) => details.querySelector(`[data-field="${name}"]`)?.innerText);
      return texts.some((text) => text) ? texts.join("|") : null;
    });
  }
}
