import type { Value } from "../../value.ts";
import type { Gradient, RuleCall } from "../rule.ts";

/**
 * SiLU, y = x·s with s = σ(x): dx = dy·(s + y·(1 − s)), four passes over the activations where the rules of product
 * and sigmoid take six. Nothing goes to s.
 * @returns the gradients of a product's two factors, or undefined where they are not x and σ(x)
 */
export function siluGradient({
  inputs: [a, b],
  y,
  dy,
  op,
  producer,
}: RuleCall): readonly (Gradient | undefined)[] | undefined {
  const gradient = (s: Value): Gradient => {
    return () => op("Mul", [dy, op("Add", [s, op("Mul", [y, op("Sub", [1, s])])])]);
  };
  const isSigmoid = (s: Value, x: Value): boolean => {
    const node = producer(s);
    return node?.op === "Sigmoid" && node.inputs[0] === x.name;
  };
  if (isSigmoid(b, a)) return [gradient(b), undefined];
  return isSigmoid(a, b) ? [undefined, gradient(a)] : undefined;
}
