/** A run of training in this thread, a stretch whenever one is asked for. It is what the page's worker holds. */
import { group, initialise, key, summarize, type Dataset, type RunConfig } from "@ncsn/core";
import { exportModel } from "@ncsn/export";
import type { InferenceSession } from "onnxruntime-common";
import type { Ort } from "../onnxruntime/gradient-session.ts";
import { onnxEngine } from "../onnxruntime/engine.ts";
import { openOneSession } from "../onnxruntime/one-session.ts";
import { measureProbe } from "../probe.ts";
import { train } from "../trainer.ts";

/** A moment of training. */
export interface TrainingMoment {
  /** Steps taken so far. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** Mean over the steps since the last moment. */
  readonly loss: number;
  /** Time of those steps. */
  readonly seconds: number;
}

/** A run that is under way. */
export interface Training {
  /** Trains for about that long, one step at least; undefined where the run is at its end. @throws DivergedError */
  next(milliseconds: number): Promise<TrainingMoment | undefined>;
  /**
   * ∇ log p_σ at points, in the data's own units, by the moving average of the parameters.
   * @param points x and y of one after the other
   * @param sigma noise level in the data's own units, > 0
   */
  score(points: Float32Array, sigma: number): Promise<Float32Array>;
  /** The model as it is, as the bytes of an ONNX file with its card. */
  model(): Promise<Uint8Array>;
  dispose(): Promise<void>;
}

/** Opens a run at its start. @throws NotTrainableError */
export async function openTraining(
  ort: Ort,
  session: InferenceSession.SessionOptions,
  config: RunConfig,
  dataset: Dataset,
): Promise<Training> {
  const { model, shape, seed, recipe, steps, pixels } = config;
  const gradients = await openOneSession({ ort, session, config, description: "ONNX Runtime in a page" });
  const parameters = initialise(summarize(model, shape).parameters, key(seed));
  const engine = onnxEngine({ gradients, model, shape, parameters, optimiser: recipe.optimiser });
  const run = train({ config, engine, dataset });
  let step = 0;

  return {
    async next(milliseconds) {
      const from = step;
      let [loss, seconds] = [0, 0];
      while (step < steps) {
        const { done, value } = await run.next();
        if (done === true) break;
        step = value.step;
        loss += value.loss;
        seconds += value.seconds;
        if (1000 * seconds >= milliseconds) break;
      }
      return step === from ? undefined : { step, steps, loss: loss / (step - from), seconds };
    },

    async score(points, sigma) {
      const { scale, offset } = pixels;
      const x = points.map((value) => scale * value + offset);
      const levels = new Float64Array(x.length / 2).fill(Math.abs(scale) * sigma);
      const score = await engine.score(x, levels, "ema");
      return score.map((value) => scale * value);
    },

    async model() {
      const state = await engine.state();
      const probe = await measureProbe(config, engine, step);
      return exportModel({ config, step, parameters: group(state, "ema"), probe });
    },

    async dispose() {
      await run.return();
      await engine.dispose();
    },
  };
}
