import { readdirSync } from "node:fs";
import { gradientRules } from "@ncsn/export";
import { afterAll, afterEach, expect, test } from "vitest";
import { refused } from "../refused.ts";
import { tinyRun, workFolder } from "../training-command.ts";

/** Every operator has a rule, so one is taken away. */
const rules = gradientRules as Partial<Record<string, unknown>>;
const { Conv } = rules;
afterEach(() => {
  rules.Conv = Conv;
});

test("a network with an operator that has no gradient is refused before anything is written", async () => {
  const folder = workFolder(afterAll);
  delete rules.Conv;
  expect(await refused(folder, ...tinyRun, "--steps", "5")).toMatch(
    /^cannot train this network: no gradient for Conv \S+: its operator has no rule in autodiff\/rules\.ts$/,
  );
  expect(readdirSync(folder)).toEqual([]);
});
