import type { Values } from "@ncsn/core";
import { differentiate, tape, type Graph } from "@ncsn/export";
import { withLoss } from "./derivatives.ts";
import type { RuleCase } from "./rule-cases.ts";

/** A case as a graph with a loss and its gradients. */
export interface RecordedCase {
  /** Without gradients. */
  readonly forward: Graph;
  readonly graph: Graph;
  readonly loss: string;
  /** The inputs, in order. */
  readonly names: readonly string[];
  /** Their gradients. */
  readonly gradients: readonly string[];
}

export function recordCase({ name, inputs, build }: RuleCase): RecordedCase {
  const recording = tape(name);
  const values = inputs.map((shape, i) => recording.input(`x${i}`, "float32", shape));
  const names = values.map((value) => value.name);
  const { graph: forward, loss } = withLoss(recording.graph(), build(recording, ...values));
  const { graph, gradients } = differentiate(forward, loss, names);
  return { forward, graph, loss, names, gradients: names.map((input) => gradients.get(input)!) };
}

/** Arrays by name. */
export const feed = (names: readonly string[], arrays: readonly Values[]): Record<string, Values> =>
  Object.fromEntries(names.map((name, i) => [name, arrays[i]]));
