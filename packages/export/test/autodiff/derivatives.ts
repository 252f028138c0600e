/** What the suites of differentiation measure with. */
import { values, type Values } from "@ncsn/core";
import { evaluate, tape, type Graph, type Value } from "@ncsn/export";

/** Adds L = Σ yᵢ³/3 + yᵢ, which has a derivative and a second one that differ at every element. @returns its name */
export function withLoss(graph: Graph, y: Value): { readonly graph: Graph; readonly loss: string } {
  const recording = tape(graph.name, graph);
  const { op } = recording;
  const cube = op("Add", [op("Mul", [op("Mul", [op("Mul", [y, y]), y]), 1 / 3]), y]);
  const axes = recording.constant(
    y.shape.map((_, axis) => axis),
    undefined,
    { type: "int64" },
  );
  const { name } = y.shape.length === 0 ? cube : op("ReduceSum", [cube, axes], { keepdims: 0 }, "loss");
  return { graph: recording.graph(), loss: name };
}

/** Central differences of a function of arrays that gives one number, in each element of each array. */
export function centralDifferences(
  f: (inputs: readonly Values[]) => number,
  inputs: readonly Values[],
  h = 1e-5,
): Values[] {
  return inputs.map((input, i) => {
    const moved = (at: number, by: number): number =>
      f(inputs.with(i, { ...input, data: input.data.with(at, input.data[at] + by) }));
    return values(
      input.shape,
      input.data.map((_, at) => (moved(at, h) - moved(at, -h)) / (2 * h)),
    );
  });
}

/** The central difference along one direction of all arrays at once. */
export function directionalDifference(
  f: (inputs: readonly Values[]) => number,
  inputs: readonly Values[],
  direction: readonly Values[],
  h = 1e-5,
): number {
  const moved = (by: number): number =>
    f(
      inputs.map(({ shape, data }, i) =>
        values(
          shape,
          data.map((x, at) => x + by * direction[i].data[at]),
        ),
      ),
    );
  return (moved(h) - moved(-h)) / (2 * h);
}

/** Σ aᵢ·bᵢ. */
export const inner = (a: Values, b: Values): number => a.data.reduce((sum, x, i) => sum + x * b.data[i], 0);

/** A value of the graph that is one number. */
export const evaluateNumber = (graph: Graph, feeds: Readonly<Record<string, Values>>, name: string): number =>
  (evaluate(graph, feeds, [name]).get(name) as Values).data[0];

/** The largest difference, over the root of the mean square of what is expected, or over 1 where that is all zeros. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  const list = Array.from(expected);
  const rms = Math.sqrt(list.reduce((sum, x) => sum + x * x, 0) / list.length);
  return (
    list.reduce(
      (worst, x, i) => Math.max(worst, Number.isFinite(actual[i]) ? Math.abs(actual[i] - x) : Infinity),
      0,
    ) / (rms || 1)
  );
}
