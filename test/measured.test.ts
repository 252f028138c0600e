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

it.each(plan.documents)("%s says what was measured", (document) => {
  const text = readFileSync(join(root, document), "utf8");
  expect(fill(text, { results, facts })).toBe(text);
});

it.each(Object.entries(plan.measurements))("%s measures files that are there, judges named", (_, command) => {
  const files = command.split(" ").filter((word) => word.endsWith(".onnx"));
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) expect(existsSync(join(root, file))).toBe(true);
  if (/--dataset (mnist|glyphs)/.test(command) && !/--likelihood/.test(command))
    expect(command).toContain("--judge models/judge-");
});
