import { key, normals, split, values, type Values } from "@ncsn/core";
import { differentiate, evaluate, gradientRules, tape, type Graph } from "@ncsn/export";
import { describe, expect, test } from "vitest";
import { centralDifferences, evaluateNumber, relativeError, withLoss } from "./derivatives.ts";
import { caseInputs, ruleCases, type RuleCase } from "./rule-cases.ts";

const record = (ruleCase: RuleCase): { graph: Graph; loss: string; names: string[] } => {
  const recording = tape(ruleCase.name);
  const inputs = ruleCase.inputs.map((shape, i) => recording.input(`x${i}`, "float32", shape));
  const y = ruleCase.build(recording, ...inputs);
  return { ...withLoss(recording.graph(), y), names: inputs.map(({ name }) => name) };
};

const feed = (names: readonly string[], inputs: readonly Values[]): Record<string, Values> =>
  Object.fromEntries(names.map((name, i) => [name, inputs[i]]));

describe.each(ruleCases)("$name", (ruleCase) => {
  const { graph, loss, names } = record(ruleCase);
  const inputs = caseInputs(ruleCase);
  const first = differentiate(graph, loss, names);
  const gradientNames = names.map((name) => first.gradients.get(name) as string);

  test("the gradient agrees with central differences", () => {
    const expected = centralDifferences((moved) => evaluateNumber(graph, feed(names, moved), loss), inputs);
    const actual = evaluate(first.graph, feed(names, inputs), gradientNames);
    gradientNames.forEach((name, i) => {
      expect(actual.get(name)?.shape).toEqual(inputs[i].shape);
      expect(relativeError((actual.get(name) as Values).data, expected[i].data)).toBeLessThan(1e-7);
    });
  });

  test("the gradient of the gradient agrees with central differences of the gradient", () => {
    // d = Σ v·∂L/∂x, whose gradient is the product of the Hessian with v
    const recording = tape(graph.name, first.graph);
    const directions = inputs.map(({ shape, data }, i) =>
      values(shape, normals(split(key(5), i), data.length)),
    );
    const terms = gradientNames.map((name, i) => {
      const v = recording.input(`v${i}`, "float32", ruleCase.inputs[i]);
      const product = recording.op("Mul", [first.graph.values.get(name), v]);
      const axes = recording.constant(
        v.shape.map((_, axis) => axis),
        undefined,
        { type: "int64" },
      );
      return v.shape.length === 0 ? product : recording.op("ReduceSum", [product, axes], { keepdims: 0 });
    });
    const total = terms.reduce((a, b) => recording.op("Add", [a, b]));
    const second = differentiate(recording.graph(), total.name, names);
    const feeds = (moved: readonly Values[]) => ({
      ...feed(names, moved),
      ...feed(
        directions.map((_, i) => `v${i}`),
        directions,
      ),
    });
    const expected = centralDifferences(
      (moved) => evaluateNumber(second.graph, feeds(moved), total.name),
      inputs,
    );
    const wanted = names.map((name) => second.gradients.get(name) as string);
    const actual = evaluate(second.graph, feeds(inputs), wanted);
    wanted.forEach((name, i) =>
      expect(relativeError((actual.get(name) as Values).data, expected[i].data)).toBeLessThan(1e-6),
    );
  });
});

test("every rule has a case", () => {
  const tested = new Set(ruleCases.map(({ op }) => op));
  expect(Object.keys(gradientRules).filter((op) => !tested.has(op as RuleCase["op"]))).toEqual([]);
});
