// The activities around an event: a small tree, from which the table is filtered.

import assert from "node:assert/strict";

import { scenario } from "./lib/scenario.mjs";
import { written } from "./lib/files.mjs";

const id = (n) => `0000000${n}-0000-0000-0000-000000000000`;

// Three activities, joined by transfers, and one apart.
function trace() {
  const event = (n, activity, related) => ({
    Event: {
      System: {
        Provider: { "@Name": "Contoso-Orders", "@Guid": "{6f1a2b3c-1111-2222-3333-444455556666}" },
        EventID: 10 + n, Level: 4, TimeCreated: { "@SystemTime": `2026-01-02T03:04:0${n}.0000000Z` },
        Correlation: { "@ActivityID": `{${id(activity)}}`, ...(related && { "@RelatedActivityID": `{${id(related)}}` }) },
        Execution: { "@ProcessID": 4, "@ThreadID": 8 },
      },
      EventData: {},
    },
  });
  const events = [event(1, 1), event(2, 2, 1), event(3, 2), event(4, 3, 2), event(5, 9)];
  return events.map((one) => JSON.stringify(one)).join("\n");
}

scenario("related activities are a tree that filters", async (app) => {
  await app.open();
  await app.choose(written("activities.jsonl", trace()));
  await app.total(5);
  await app.row(3).click();
  await app.id("activities").waitFor();
  const items = app.id("activities").locator("li");
  const tree = await items.evaluateAll((all) => all.map((one) => [one.dataset.depth, one.querySelector(".lane-count").innerText, one.getAttribute("aria-current")]));
  assert.deepEqual(tree, [["0", "1", null], ["1", "2", null], ["2", "1", "true"]]);
  await app.id("activities").getByRole("button", { name: "Only these activities" }).click();
  await app.shown(4);
  await items.nth(1).getByRole("button").first().click();
  await app.shown(2);
  // An event whose activity nothing is joined with has no tree.
  await app.filter("");
  await app.shown(5);
  await app.row(4).click();
  await app.id("activities").waitFor({ state: "hidden" });
});
