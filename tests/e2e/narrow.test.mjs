// A telephone's width is enough, and so is a person's larger text.

import { scenario } from "./lib/scenario.mjs";
import { built, truth, written } from "./lib/files.mjs";

for (const width of [320, 480]) {
  scenario(`${width} px: no sideways scrolling`, { viewport: { width, height: 640 } }, async (app) => {
    await app.open();
    await app.assertNoSidewaysScroll();
    await app.drop(written("notes.txt", "Remember the milk.\r\n".repeat(500)));
    await app.state("error");
    await app.assertNoSidewaysScroll();
    await app.drop(built("sample.etl"));
    await app.total(truth().sample.records);
    await app.assertNoSidewaysScroll();
    await app.nextMarked();
    await app.assertNoSidewaysScroll();
    await app.id("language").selectOption("ko-kr");
    await app.assertNoSidewaysScroll();
  });
}

scenario("without motion, in forced colours", { reducedMotion: "reduce", forcedColors: "active" }, async (app) => {
  await app.open();
  await app.sample();
  await app.nextMarked();
  await app.total(truth().sample.records);
});
