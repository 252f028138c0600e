import { evaluate, lower, operators, portable, type Operator } from "@ncsn/export";
import { describe, expect, test } from "vitest";
import { relativeError } from "./derivatives.ts";
import { feed, recordCase } from "./record-case.ts";
import { caseInputs, ruleCases } from "./rule-cases.ts";
import { runGraph, withOutputs } from "./runtime.ts";

describe.each(ruleCases)("$name", (ruleCase) => {
  const { graph, names, gradients } = recordCase(ruleCase);
  const inputs = caseInputs(ruleCase);
  const lowered = lower(withOutputs(graph, gradients), portable);
  const expected = [...evaluate(graph, feed(names, inputs), gradients).values()];

  test("the portable lowering computes the same gradients, in float64", () => {
    for (const { op } of lowered.nodes) expect((operators[op] as Operator).internal).toBeUndefined();
    const actual = [...evaluate(lowered, feed(names, inputs)).values()];
    expected.forEach(({ shape, data }, i) => {
      expect(actual[i].shape).toEqual(shape);
      expect(relativeError(actual[i].data, data)).toBeLessThan(1e-12);
    });
  });

  test("and in ONNX Runtime, to 1e-5", async () => {
    const actual = await runGraph(lowered, feed(names, inputs));
    expected.forEach(({ data }, i) => expect(relativeError(actual[i], data)).toBeLessThan(1e-5));
  });
});
