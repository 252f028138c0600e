/**
 * The weights of a network as its operations use them: parameters times a gain, normalised where the network says so.
 * The graphs of a training step begin and end at these. Here is the way there and, for gradients, back, over flat arrays:
 * as nodes of the graphs it would be over a thousand small ones.
 */
import { unitEpsilon, type Parameter } from "@ncsn/core";
import { tape, type Binding } from "@ncsn/export";
import { elements, type Training } from "./training.ts";

/** One use of a parameter by the network. */
interface Use {
  /** Where it lies in the parameters. */
  readonly parameter: number;
  /** Where it lies in the weights. */
  readonly weight: number;
  readonly rows: number;
  readonly length: number;
  readonly unit: boolean;
  readonly gain: number;
}

export interface Weights {
  /** Number of weights; that of parameters, where each is used once. */
  readonly size: number;
  /** What the network asks for, in the weights' order. */
  readonly bindings: readonly Binding[];
  /** gain·w/(‖w‖ + 1e-4) for each row (output channel) of a unit weight, else gain·w. */
  ofParameters(parameters: Float32Array): Float32Array;
  /** The gradient by the parameters, from that by the weights, times `factor`. */
  gradient(parameters: Float32Array, byWeights: Float32Array, factor: number): Float32Array;
}

/** The weights of a network whose parameters lie in the order of its table. */
export function weightsOf(network: Training["network"], parameters: readonly Parameter[]): Weights {
  const bindings: Binding[] = [];
  network(tape("weights"), 1, (on, binding) => {
    bindings.push(binding);
    return on.input(`${bindings.length} ${binding.name}`, "float32", binding.as);
  });
  const starts = new Map<string, number>();
  let count = 0;
  for (const { name, shape: size } of parameters) {
    starts.set(name, count);
    count += elements(size);
  }
  let size = 0;
  const uses = bindings.map(({ name, shape: [rows, ...row], unit = false, gain = 1 }): Use => {
    const length = elements(row);
    const use = { parameter: starts.get(name) as number, weight: size, rows, length, unit, gain };
    size += rows * length;
    return use;
  });

  return {
    size,
    bindings,
    ofParameters(values) {
      const out = new Float32Array(size);
      for (const { parameter, weight, rows, length, unit, gain } of uses)
        for (let row = 0; row < rows; row++) {
          const from = parameter + row * length;
          const to = weight + row * length;
          const factor = unit ? gain / (norm(values, from, length) + unitEpsilon) : gain;
          for (let i = 0; i < length; i++) out[to + i] = factor * values[from + i];
        }
      return out;
    },
    gradient(values, byWeights, scale) {
      const out = new Float32Array(count);
      for (const { parameter, weight, rows, length, unit, gain } of uses)
        for (let row = 0; row < rows; row++) {
          const from = parameter + row * length;
          const to = weight + row * length;
          // y = gain·w/d with n = ‖w‖, d = n + ε: dw = gain·dy/d − w·gain·⟨dy, w⟩/(n·d²)
          let factor = gain * scale;
          let along = 0;
          if (unit) {
            const n = norm(values, from, length);
            const d = n + unitEpsilon;
            factor /= d;
            for (let i = 0; i < length; i++) along += byWeights[to + i] * values[from + i];
            along = n === 0 ? 0 : (along * factor) / (n * d);
          }
          for (let i = 0; i < length; i++)
            out[from + i] += factor * byWeights[to + i] - along * values[from + i];
        }
      return out;
    },
  };
}

function norm(values: Float32Array, from: number, length: number): number {
  let sum = 0;
  for (let i = from; i < from + length; i++) sum += values[i] * values[i];
  return Math.sqrt(sum);
}
