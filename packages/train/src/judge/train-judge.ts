import {
  group,
  hyperAt,
  initialise,
  key,
  type ClassifierOptions,
  type Dataset,
  type JudgeTraining,
  type OptimiserOptions,
  type Tensor,
} from "@ncsn/core";
import { classifierTraining } from "../onnxruntime/classifier-training.ts";
import { learner } from "../onnxruntime/learner.ts";
import { openNodeGradients } from "../onnxruntime/node/gradients.ts";
import { labelledBatches } from "./labelled-batches.ts";

/** What a step of training gave. */
export interface JudgeStep {
  /** Steps taken so far, this one included. */
  readonly step: number;
  /** Mean over the batch. */
  readonly loss: number;
  readonly lossByImage: Float64Array;
  /** How long it took, data included. */
  readonly seconds: number;
}

/** What a judge is trained with. */
export interface JudgePlan {
  readonly network: Readonly<ClassifierOptions>;
  readonly training: JudgeTraining;
  /** Of labelled images. */
  readonly dataset: Dataset;
}

/** Adam with its usual numbers; the rate falls to zero, and the average of the last steps is the judge. */
const optimiser: OptimiserOptions = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  warmup: 100,
  finalRate: 0,
  emaDecay: 0.999,
};

/** Images of one run of a session: twice those of a score network, whose activations are larger. */
const microBatch = 32;

/**
 * Trains a judge by cross-entropy on the CPU, yielding after every step. The numbers depend on the plan alone, on one
 * machine. While ONNX Runtime works the next batch is made.
 * @returns the parameters by name
 * @throws Error at a step whose loss or gradient is not finite
 */
export async function* trainJudge({
  network,
  training: { steps, batch, rate, seed, shift },
  dataset,
}: JudgePlan): AsyncGenerator<JudgeStep, ReadonlyMap<string, Tensor>> {
  const training = classifierTraining(network, dataset.shape);
  const gradients = await openNodeGradients({ device: "cpu", training, batch, microBatch });
  try {
    const parameters = initialise(training.parameters, key(seed));
    const learning = learner({ training, gradients, parameters, optimiser });
    const batchAt = labelledBatches({ dataset, batch, seed, shift });
    let next = batchAt(0);
    for (let step = 0; step < steps; step++) {
      const began = performance.now();
      const working = learning.step(next, hyperAt(step, steps, rate, optimiser));
      if (step + 1 < steps) next = batchAt(step + 1);
      const { loss: lossByImage, gradNorm } = await working;
      const loss = lossByImage.reduce((a, b) => a + b, 0) / lossByImage.length;
      if (!Number.isFinite(loss) || !Number.isFinite(gradNorm))
        throw new Error(`the loss is ${loss} and the gradient's norm ${gradNorm} at step ${step + 1}`);
      yield { step: step + 1, loss, lossByImage, seconds: (performance.now() - began) / 1000 };
    }
    return group(learning.state(), "ema");
  } finally {
    await gradients.dispose();
  }
}
