import { key, normals, split, values, type Values } from "@ncsn/core";
import { differentiate, evaluate, gradientRules, tape } from "@ncsn/export";
import { describe, expect, test } from "vitest";
import {
  centralDifferences,
  directionalDifference,
  evaluateNumber,
  inner,
  relativeError,
} from "./derivatives.ts";
import { feed, recordCase } from "./record-case.ts";
import { caseInputs, ruleCases, type RuleCase } from "./rule-cases.ts";

describe.each(ruleCases)("$name", (ruleCase) => {
  const { forward, graph, loss, names, gradients } = recordCase(ruleCase);
  const inputs = caseInputs(ruleCase);

  test("the gradient agrees with central differences", () => {
    const expected = centralDifferences((moved) => evaluateNumber(forward, feed(names, moved), loss), inputs);
    const actual = evaluate(graph, feed(names, inputs), gradients);
    gradients.forEach((name, i) => {
      expect(actual.get(name)?.shape).toEqual(inputs[i].shape);
      expect(relativeError(actual.get(name)!.data, expected[i].data)).toBeLessThan(1e-7);
    });
  });

  test("the gradient of the gradient agrees with central differences of the gradient", () => {
    // s = Σ v·∂L/∂x for random v; its gradient is the Hessian times v, here in a random direction u
    const random = (draw: number) =>
      inputs.map(({ shape, data }, i) => values(shape, normals(split(key(draw), i), data.length)));
    const [v, u] = [random(5), random(6)];
    const slopes = names.map((_, i) => `v${i}`);
    const recording = tape(graph.name, graph);
    const products = gradients.map((name, i) => {
      const vi = recording.input(slopes[i], "float32", ruleCase.inputs[i]);
      const product = recording.op("Mul", [graph.values.get(name), vi]);
      const axes = vi.shape.map((_, axis) => axis);
      if (axes.length === 0) return product;
      return recording.op("ReduceSum", [product, recording.constant(axes, undefined, { type: "int64" })], {
        keepdims: 0,
      });
    });
    const s = products.reduce((a, b) => recording.op("Add", [a, b]));
    const slope = recording.graph();
    const second = differentiate(slope, s.name, names);

    const feeds = (moved: readonly Values[]) => ({ ...feed(names, moved), ...feed(slopes, v) });
    const wanted = names.map((name) => second.gradients.get(name)!);
    const found = evaluate(second.graph, feeds(inputs), wanted);
    const actual = wanted.reduce((sum, name, i) => sum + inner(found.get(name)!, u[i]), 0);
    const expected = directionalDifference((moved) => evaluateNumber(slope, feeds(moved), s.name), inputs, u);
    const scale = Math.sqrt(wanted.reduce((sum, name) => sum + inner(found.get(name)!, found.get(name)!), 0));
    expect(Math.abs(actual - expected) / (scale || 1)).toBeLessThan(1e-6);
  });
});

test("every rule has a case", () => {
  const tested = new Set(ruleCases.map(({ op }) => op));
  expect(Object.keys(gradientRules).filter((op) => !tested.has(op as RuleCase["op"]))).toEqual([]);
});
