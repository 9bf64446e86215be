// What is timed, it is timed in the page: a driver's own waiting would be larger than the thing.

import { readFileSync } from "node:fs";

// Put into each page before its own scripts: keeps when things happened.
export function instrument() {
  const log = { frames: [], long: 0, marks: {} };
  window.etlensBench = log;
  // The work of a frame, whoever asked for it.
  const request = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (paint) =>
    request((time) => {
      const begun = performance.now();
      paint(time);
      log.frames.push([time, performance.now() - begun]);
    });
  const once = (name) => (log.marks[name] ??= performance.now());
  const look = () => {
    const element = (id) => document.querySelector(`[data-testid=${id}]`);
    const state = element("status")?.dataset.state;
    if (state === "loading") once("loading");
    if (!log.marks.chosen) return;
    if (!log.marks.rows && document.querySelector("[role=row][data-index]")) once("rows");
    const count = element("event-count")?.dataset;
    if (count && Number(count.total) > 0) once("counted");
    if (state === "ready" && count && Number(count.total) > 0) {
      once("rows");
      once("ready");
    }
    if (log.wanted) {
      const value = log.wanted.read();
      if (value !== log.wanted.before) {
        log.wanted.last = performance.now();
        log.wanted.value = value;
      }
    }
  };
  addEventListener("change", (event) => event.target.files?.length && once("chosen"), true);
  const options = { subtree: true, childList: true, attributes: true, characterData: true };
  new MutationObserver(look).observe(document, options);
}

// Notes when a person's next act begins and when what `read` tells changes after it.
export async function timed(page, event, read, act) {
  await page.evaluate(([event, read]) => {
    const log = window.etlensBench;
    log.wanted = { read: new Function(`return ${read}`), last: 0 };
    log.wanted.before = log.wanted.read();
    addEventListener(event, () => (log.wanted.begun ??= performance.now()), { capture: true, once: true });
  }, [event, read]);
  await act();
  await page.waitForFunction(() => window.etlensBench.wanted.last > 0, null, { timeout: 600_000, polling: 20 });
  // What follows at once belongs to it; cancelling is offered for as long as it goes on.
  for (;;) {
    const before = await page.evaluate(() => window.etlensBench.wanted.last);
    await page.waitForTimeout(150);
    const [last, busy] = await page.evaluate(() => [
      window.etlensBench.wanted.last,
      Boolean(document.querySelector("[data-testid=cancel]")),
    ]);
    if (last === before && !busy) break;
  }
  return page.evaluate(() => {
    const { begun, last } = window.etlensBench.wanted;
    window.etlensBench.wanted = undefined;
    return last - begun;
  });
}

// Milliseconds to read a file in this page without looking at it, by the best ways there are.
export async function floor(page, path) {
  await page.evaluate(() => {
    const input = document.createElement("input");
    input.type = "file";
    input.id = "floor";
    // The page must not take the file for one to open.
    input.addEventListener("change", (event) => event.stopImmediatePropagation());
    document.documentElement.append(input);
  });
  await page.locator("#floor").setInputFiles(path);
  return page.evaluate(async () => {
    const file = document.getElementById("floor").files[0];
    const slices = async (size, lanes) => {
      let next = 0;
      const lane = async () => {
        while (next < file.size) {
          const from = next;
          next += size;
          await file.slice(from, from + size).arrayBuffer();
        }
      };
      await Promise.all(Array.from({ length: lanes }, lane));
    };
    const streams = async (parts) => {
      const share = Math.ceil(file.size / parts);
      const part = async (index) => {
        const reader = file.slice(index * share, (index + 1) * share).stream().getReader();
        while (!(await reader.read()).done);
      };
      await Promise.all(Array.from({ length: parts }, (_, index) => part(index)));
    };
    // Each fills one buffer again and again.
    const filled = async (parts) => {
      const share = Math.ceil(file.size / parts);
      const part = async (index) => {
        const reader = file.slice(index * share, (index + 1) * share).stream().getReader({ mode: "byob" });
        let buffer = new ArrayBuffer(1 << 20);
        for (;;) {
          const { done, value } = await reader.read(new Uint8Array(buffer));
          if (done) return;
          buffer = value.buffer;
        }
      };
      await Promise.all(Array.from({ length: parts }, (_, index) => part(index)));
    };
    const ways = {
      "4 slices of 8 MiB": () => slices(8 << 20, 4),
      "4 slices of 4 MiB": () => slices(4 << 20, 4),
      "2 streams": () => streams(2),
      "2 streams, a buffer each": () => filled(2),
    };
    const took = {};
    for (const [name, read] of Object.entries(ways)) {
      const begun = performance.now();
      await read();
      took[name] = performance.now() - begun;
    }
    document.getElementById("floor").remove();
    return took;
  });
}

// Watches the memory of the processes that show pages.
export class Memory {
  constructor(browser) {
    this.browser = browser;
    this.peak = 0;
  }

  async start() {
    const session = await this.browser.newBrowserCDPSession();
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    this.processes = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
    await session.detach();
    this.first = this.now();
    this.timer = setInterval(() => (this.peak = Math.max(this.peak, this.now())), 20);
    return this;
  }

  // Bytes of memory of their own, not counting the program itself; NaN where no one tells.
  now() {
    let largest = Number.NaN;
    for (const id of this.processes) {
      try {
        const status = readFileSync(`/proc/${id}/status`, "utf8");
        const kilobytes = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
        const bytes = (kilobytes("RssAnon") + kilobytes("RssShmem")) * 1024;
        largest = Math.max(bytes, Number.isNaN(largest) ? 0 : largest);
      } catch {
        // It ended, or this is not Linux.
      }
    }
    return largest;
  }

  stop() {
    clearInterval(this.timer);
    return this.peak;
  }
}

// Of sorted numbers, the one below which this share lies.
export function quantile(numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const best = (numbers) => Math.min(...numbers);
