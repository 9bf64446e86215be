// axe finds nothing to object to, in each state and both themes.

import assert from "node:assert/strict";

import axe from "axe-core";

import { scenario } from "./lib/scenario.mjs";
import { built, truth, written } from "./lib/files.mjs";

async function check(app, what) {
  // Evaluated by the debugger, so the page's policy needs no exception for it.
  await app.page.evaluate(axe.source);
  const results = await app.page.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }));
  assert.ok(results.passes.length > 20, "axe looked at the page");
  const found = results.violations.map((violation) => ({
    rule: violation.id,
    help: violation.help,
    nodes: violation.nodes.map((node) => `${node.target.join(" ")}: ${node.failureSummary}`).slice(0, 4),
  }));
  assert.deepEqual(found, [], what);
}

for (const theme of ["light", "dark"]) {
  scenario(`nothing to object to, ${theme}`, { colorScheme: theme, timeout: 180_000 }, async (app) => {
    await app.open();
    await app.id("theme").selectOption(theme);
    await check(app, `${theme}, empty`);

    await app.drop(written("notes.txt", "Nothing of a trace in here.\n".repeat(40)));
    await app.state("error");
    await check(app, `${theme}, error`);

    await app.drop(built("sample.etl"));
    await app.total(truth().sample.records);
    await app.until("rows", () => app.rows(), (rows) => rows.length > 0);
    await check(app, `${theme}, loaded`);

    await app.nextMarked();
    await check(app, `${theme}, details`);

    await app.filter("level<=nonsense");
    await app.id("filter-error").waitFor();
    await check(app, `${theme}, filter error`);

    await app.drop(built("damaged.etl"));
    await app.total(truth().files["damaged.etl"].records);
    await check(app, `${theme}, damaged`);
  });

  scenario(`the theme ${theme} is what is chosen, and is kept`, { colorScheme: theme === "dark" ? "light" : "dark" }, async (app) => {
    const ground = () => app.page.evaluate(() => {
      const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).map(Number);
      return (r + g + b) / 3 < 128 ? "dark" : "light";
    });
    await app.open();
    await app.id("theme").selectOption(theme);
    await app.until("ground", ground, theme);
    await app.page.reload();
    await app.state("empty");
    await app.until("ground", ground, theme);
  });
}
