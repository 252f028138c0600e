/** Rules that bring constants together: among themselves, and towards the convolutions that can take them up. */
import type { Constant, Node } from "../graph.ts";
import type { Draft, Rule } from "./draft.ts";

/**
 * c₁ ∘ c₂ → the number, for sums and products of constants.
 * Ensures: computed in float64 from unrounded constants.
 */
export const evaluateConstants: Rule = (node, draft) => {
  const operation = arithmetic(node);
  const [a, b] = node.inputs.map((name) => draft.constant(name));
  if (operation === undefined || a === undefined || b === undefined || draft.isOutput(node.outputs[0]))
    return false;
  const shape = draft.value(node.outputs[0]).shape as readonly number[];
  draft.bypass(node, draft.addConstant(node.name, elementwise(a, b, shape, operation), shape));
  return true;
};

/**
 * (x ∘ c₁) ∘ c₂ → x ∘ (c₁ ∘ c₂), for sums and for products.
 * Requires: nothing else reads x ∘ c₁, and c₁ ∘ c₂ has not more numbers than both.
 */
export const mergeConstants: Rule = (node, draft) => {
  const operation = arithmetic(node);
  const outer = constantOperand(node, draft);
  if (operation === undefined || outer === undefined) return false;
  const inside = draft.producer(outer.other);
  if (inside?.op !== node.op || draft.uses(outer.other) !== 1) return false;
  const inner = constantOperand(inside, draft);
  if (inner === undefined) return false;
  const [few, many] = [outer.constant, inner.constant].toSorted((a, b) => a.data.length - b.data.length);
  if (few.data.length !== 1 && few.shape.join() !== many.shape.join()) return false;
  const shape = few.shape.length > many.shape.length ? [...few.shape] : many.shape;
  const merged = draft.addConstant(node.name, elementwise(few, many, shape, operation), shape);
  draft.replace(node, { ...node, inputs: [inner.other, merged] });
  return true;
};

/**
 * conv · (v · c) → (conv · c) · v, where the convolution then takes c up.
 * Requires: nothing else reads the convolution, and c is one number.
 */
export const moveFactorToConv: Rule = (node, draft) => {
  if (node.op !== "Mul") return false;
  for (const [conv, product] of [node.inputs, node.inputs.toReversed()]) {
    const inside = draft.producer(product);
    if (draft.producer(conv)?.op !== "Conv" || draft.uses(conv) !== 1 || inside?.op !== "Mul") continue;
    const found = constantOperand(inside, draft);
    if (found?.constant.data.length !== 1) continue;
    const scaled = draft.insert(node, "Mul", [conv, found.constant.name]);
    draft.replace(node, { ...node, inputs: [scaled, found.other] });
    return true;
  }
  return false;
};

/** x · 1 → x and x + 0 → x, and copies that are not graph outputs. Requires: the shape stays. */
export const removeNeutral: Rule = (node, draft) => {
  const [result] = node.outputs;
  if (draft.isOutput(result)) return false;
  if (node.op === "Identity") {
    draft.bypass(node, node.inputs[0]);
    return true;
  }
  const found = constantOperand(node, draft);
  if (found === undefined || draft.value(found.other).shape.join() !== draft.value(result).shape.join())
    return false;
  const neutral = { Mul: 1, Add: 0 }[node.op as string];
  if (neutral === undefined || !found.constant.data.every((value) => value === neutral)) return false;
  draft.bypass(node, found.other);
  return true;
};

/** The constant among two operands, where there is one. */
export function constantOperand(
  { inputs }: Node,
  draft: Draft,
): { readonly constant: Constant; readonly other: string } | undefined {
  if (inputs.length !== 2) return undefined;
  const [a, b] = inputs.map((name) => draft.constant(name));
  if (b !== undefined) return { constant: b, other: inputs[0] };
  return a === undefined ? undefined : { constant: a, other: inputs[1] };
}

function arithmetic({ op }: Node): ((a: number, b: number) => number) | undefined {
  if (op === "Mul") return (a, b) => a * b;
  return op === "Add" ? (a, b) => a + b : undefined;
}

/** f of two constants, broadcast to `shape`. */
function elementwise(
  a: Constant,
  b: Constant,
  shape: readonly number[],
  f: (a: number, b: number) => number,
): Float64Array {
  const count = shape.reduce((x, y) => x * y, 1);
  const at = (constant: Constant, index: number): number => {
    let offset = 0;
    let stride = 1;
    for (let axis = shape.length - 1, rest = index; axis >= 0; axis--) {
      const size = constant.shape[axis - shape.length + constant.shape.length] ?? 1;
      if (size > 1) offset += (rest % shape[axis]) * stride;
      stride *= size;
      rest = Math.floor(rest / shape[axis]);
    }
    return constant.data[offset];
  };
  return Float64Array.from({ length: count }, (_, i) => f(at(a, i), at(b, i)));
}
