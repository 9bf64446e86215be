// Files to drop: built ones (by etlens-synth), real ones (the corpus), and broken ones.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const here = dirname(dirname(fileURLToPath(import.meta.url)));
export const root = dirname(dirname(here));
export const out = join(here, "out");
const corpus = join(root, "..", "shared", "corpus");
const catalog = join(root, "..", "shared", "catalog");

// Runs the builder of traces. ETLENS_SYNTH names a built program; else cargo builds it.
function synth(...args) {
  const program = process.env.ETLENS_SYNTH;
  const cargo = ["run", "--quiet", "--locked", "--package", "etlens-synth", "--"];
  return execFileSync(program ?? "cargo", program ? args : [...cargo, ...args], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
}

let truthOfBuilt;

// What the built files hold; builds them when first asked.
export function truth() {
  if (!truthOfBuilt) {
    const folder = join(out, "built");
    mkdirSync(folder, { recursive: true });
    synth("variants", folder);
    truthOfBuilt = JSON.parse(readFileSync(join(folder, "truth.json"), "utf8"));
  }
  return truthOfBuilt;
}

// Path of a built file.
export function built(name) {
  truth();
  return join(out, "built", name);
}

// A big trace, built once, and what it holds.
export function big(mib, shape = "mixed") {
  const path = join(out, `big-${shape}-${mib}.etl`);
  const told = `${path}.json`;
  if (!existsSync(told) || statSync(path).size < mib << 20) {
    mkdirSync(out, { recursive: true });
    writeFileSync(told, synth("big", "--mib", String(mib), "--shape", shape, path));
  }
  return { path, ...JSON.parse(readFileSync(told, "utf8")) };
}

// A file with the given content.
export function written(name, content) {
  const folder = join(out, "written");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

// A folder.
export function folder(name) {
  const path = join(out, "written", name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "inside.txt"), "inside");
  return path;
}

// Rows of a table with a heading.
function tsv(path) {
  const [heading, ...lines] = readFileSync(path, "utf8").trimEnd().split(/\r?\n/);
  const names = heading.split("\t");
  return lines.map((line) => {
    const cells = line.split("\t");
    return Object.fromEntries(names.map((name, i) => [name, cells[i] ?? ""]));
  });
}

// The corpus, or null where there is none. It is not part of the project.
export function realFiles() {
  if (!existsSync(join(corpus, "files.tsv"))) return null;
  return tsv(join(corpus, "files.tsv")).map((row) => ({
    name: row.file,
    path: join(corpus, "etl", row.file),
    records: Number(row.records),
  }));
}

// Real exports of a dialect.
export function realExports(dialect) {
  if (!existsSync(join(corpus, "exports", "samples.tsv"))) return null;
  return tsv(join(corpus, "exports", "samples.tsv"))
    .filter((row) => row.dialect === dialect)
    .map((row) => ({
      name: row.path,
      path: join(corpus, "exports", row.path),
      events: Number(row.events),
    }));
}

// The wording of 4031 by locale.
export function wordingOf4031() {
  const path = join(catalog, "event-4031.tsv");
  return existsSync(path) ? tsv(path) : null;
}

// For tests of the corpus: without it they are skipped, except in continuous integration.
export function needs(t, found) {
  if (found) return true;
  if (process.env.CI === "true") throw new Error("CI needs ../shared/corpus");
  t.skip("skipped: no corpus");
  return false;
}
