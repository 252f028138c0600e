/** The numbers of the documents are those of `models/metrics.json`, and these are of the models that are there. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readFacts } from "../packages/train/src/evaluate/all/facts.ts";
import { fill } from "../packages/train/src/evaluate/all/fill.ts";
import { readPlan } from "../packages/train/src/evaluate/all/plan.ts";
import { isCurrent, readResults } from "../packages/train/src/evaluate/all/results.ts";

const root = join(import.meta.dirname, "..");
const plan = await readPlan(join(root, "models", "evaluations.json"));
const results = await readResults(plan.results);
const facts = await readFacts(plan);

it.each(Object.keys(results))(
  "the measurement %s is of its command in the plan and of the files as they are",
  (name) => {
    expect(Object.keys(plan.measurements)).toContain(name);
    expect(isCurrent(results[name], plan.measurements[name], root)).toBe(true);
  },
);

it("has a result of every measurement in the plan", () => {
  expect(Object.keys(results)).toEqual(Object.keys(plan.measurements));
});

it.each(plan.documents)("%s says what was measured", (document) => {
  const text = readFileSync(join(root, document), "utf8");
  expect(fill(text, { results, facts })).toBe(text);
  for (const [, name] of text.matchAll(/<!-- measured (\S+) /g))
    expect(plan.measurements).toHaveProperty([name]);
  // A table has a row under its header.
  for (const [, table] of text.matchAll(/<!-- table \S+ -->\n(.*?)<!-- \/ table -->/gs))
    expect(table.split("\n").filter((line) => line.startsWith("|")).length).toBeGreaterThan(2);
});

it.each(Object.entries(plan.measurements))("%s measures files that are there, judges named", (_, command) => {
  const files = command.split(" ").filter((word) => word.endsWith(".onnx"));
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) expect(existsSync(join(root, file))).toBe(true);
  if (/--dataset (mnist|glyphs)/.test(command) && !/--(?:likelihood|inpainting)/.test(command))
    expect(command).toContain("--judge models/judge-");
});

const readmes = plan.documents.filter((document) => document.endsWith("README.md"));

it.each(readmes)("%s has no number of its own that a measurement could make stale", (document) => {
  const text = readFileSync(join(root, document), "utf8");
  expect(ownNumbers(text)).toEqual([]);
  expect(ownNumbers(`${text}\nIt is 1.3 times as fast.`)).toHaveLength(1);
});

/** Decimals, shares and deviations in prose: outside marks, tables from results, code and links. */
function ownNumbers(markdown: string): readonly string[] {
  const prose = markdown
    .replaceAll(/<!-- (?:table|measured) .*?<!-- \/ (?:table )?-->/gs, "")
    .replaceAll(/```.*?```|`[^`]*`|\]\([^)]*\)/gs, "")
    .replaceAll(/^Node [\d., or]+ newer/gm, "") // what package.json asks for
    .replaceAll(/at 2\.9\./g, ""); // a version of TensorFlow
  return (
    prose.match(/[^\s|]*\d(?:[.,]\d+|e-?\d|[\s]?%|\s?[±×]|\s(?:times|minutes|seconds)\b)[^\n|]{0,20}/g) ?? []
  );
}
