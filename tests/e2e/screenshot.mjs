// Pictures for people to look at, into out/, and with --docs the one of the README.
//
// Usage: ETLENS_URL=http://127.0.0.1:8080/ node screenshot.mjs [--docs]

import { join } from "node:path";

import { chromium } from "playwright-core";

import { App } from "./lib/app.mjs";
import { out, root, truth } from "./lib/files.mjs";

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});

async function shoot(path, { theme = "light", locale = "en-us", width = 1440, height = 900, act = async () => {} }) {
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: width > 1000 ? 1 : 2,
    colorScheme: theme,
    locale: "en-US",
    timezoneId: "Asia/Seoul",
  });
  const app = new App(await context.newPage(), context);
  await app.open();
  await app.id("theme").selectOption(theme);
  await app.id("language").selectOption(locale);
  await act(app);
  await app.page.waitForTimeout(400);
  await app.page.screenshot({ path });
  await context.close();
  console.log(path);
}

async function failure(app) {
  await app.sample();
  await app.total(truth().sample.records);
  for (let i = 0; i < 13; i += 1) await app.nextMarked();
}

if (process.argv.includes("--docs")) {
  await shoot(join(root, "docs", "screenshot.png"), { act: failure });
} else {
  const shots = {
    "empty-light": {},
    "empty-dark": { theme: "dark" },
    light: { act: failure },
    dark: { theme: "dark", act: failure },
    korean: { locale: "ko-kr", act: failure },
    "narrow-empty": { width: 360, height: 740 },
    narrow: { width: 360, height: 740, act: failure },
    "narrow-dark": { width: 360, height: 740, theme: "dark", act: failure },
  };
  for (const [name, options] of Object.entries(shots)) await shoot(join(out, `${name}.png`), options);
}
await browser.close();
