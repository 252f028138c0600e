import type { Batch, OptimiserOptions, ScoreModel, Shape, Tensor } from "@ncsn/core";
import type { Engine } from "../engine.ts";
import { learner, type Gradients } from "./learner.ts";
import { scoreTraining } from "./score-training.ts";
import type { Share } from "./training.ts";

export interface OnnxEngineOptions {
  readonly gradients: Gradients;
  readonly model: ScoreModel;
  /** [C, H, W] */
  readonly shape: Shape;
  /** Initial values by name, canonical layout; see core's `initialise`. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly optimiser: Pick<OptimiserOptions, "beta1" | "beta2" | "epsilon">;
}

/** The engine on ONNX Runtime: a {@link learner} of scores. */
export function onnxEngine({ gradients, model, shape, parameters, optimiser }: OnnxEngineOptions): Engine {
  const training = scoreTraining({ model, shape });
  const learning = learner({ training, gradients, parameters, optimiser });

  return {
    description: gradients.description,
    step: (batch, hyper) => learning.step(shareOf(batch), hyper),
    score: (x, sigma, which, label) =>
      learning.network(
        { x, sigma: Float32Array.from(sigma), ...(label === undefined ? {} : { label }) },
        which,
      ),
    locate: (batch) => learning.locate(shareOf(batch)),
    state: () => Promise.resolve(learning.state()),
    restore: (saved, step) => Promise.resolve(learning.restore(saved, step)),
    dispose: () => gradients.dispose(),
  };
}

/** A batch as the training graph wants it. */
function shareOf({ x, z, sigma, weight, label, projection }: Batch): Share {
  return {
    x,
    target: projection ?? noiseTarget(z, sigma, weight),
    root: Float32Array.from(weight, Math.sqrt),
    sigma: Float32Array.from(sigma),
    ...(label === undefined ? {} : { label }),
  };
}

/** −√weight·z/σ: √weight·(score + z/σ) is what the graph squares. */
function noiseTarget(z: Float32Array, sigma: Float64Array, weight: Float64Array): Float32Array {
  const dimension = z.length / sigma.length;
  const target = new Float32Array(z.length);
  sigma.forEach((level, image) => {
    const factor = -Math.sqrt(weight[image]) / level;
    for (let i = image * dimension; i < (image + 1) * dimension; i++) target[i] = factor * z[i];
  });
  return target;
}
