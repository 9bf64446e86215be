// The content policy is strict, and nothing breaks it.

import assert from "node:assert/strict";

import { address } from "./lib/app.mjs";
import { scenario } from "./lib/scenario.mjs";

function directives(policy) {
  return Object.fromEntries(
    policy.split(";").map((part) => part.trim().split(/\s+/)).filter(([name]) => name)
      .map(([name, ...values]) => [name, values.join(" ")]),
  );
}

scenario("the policy allows this origin and no inline code", async (app) => {
  const response = await app.page.goto(address);
  const meta = await app.page.locator("meta[http-equiv=Content-Security-Policy]").getAttribute("content");
  for (const [where, policy] of [["header", response.headers()["content-security-policy"]], ["meta", meta]]) {
    assert.ok(policy, `no policy in the ${where}`);
    const rules = directives(policy);
    assert.equal(rules["default-src"], "'none'", where);
    assert.equal(rules["connect-src"], "'self'", where);
    assert.equal(rules["worker-src"], "'self'", where);
    assert.equal(rules["base-uri"], "'none'", where);
    assert.equal(rules["form-action"], "'none'", where);
    assert.equal(rules["script-src"], "'self' 'wasm-unsafe-eval'", where);
    assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|https?:|\*/, where);
  }
});

scenario("code from elsewhere does not run", { expectErrors: true }, async (app) => {
  await app.open();
  const blocked = await app.page.evaluate(() => new Promise((resolve) => {
    addEventListener("securitypolicyviolation", (event) => resolve(event.violatedDirective));
    const script = document.createElement("script");
    script.textContent = "document.title = 'harmed'";
    document.body.append(script);
    setTimeout(() => resolve(null), 2_000);
  }));
  assert.match(blocked ?? "", /script-src/);
  assert.notEqual(await app.page.title(), "harmed");
});
