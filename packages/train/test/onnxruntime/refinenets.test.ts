/** NCSN's and NCSNv2's own networks, at width 8, in training: both engines tell the same story. */
import {
  group,
  initialise,
  key,
  networks,
  noisyBatch,
  normals,
  recipes,
  scoreModel,
  summarize,
  type Tensor,
} from "@ncsn/core";
import { onnxEngine, openNodeGradients, openTfjsEngine } from "@ncsn/train/node";
import { expect, test } from "vitest";

const shape = [1, 4, 6] as const;
const count = 3;

const flat = (tensors: ReadonlyMap<string, Tensor>): number[] =>
  [...tensors.values()].flatMap(({ data }) => [...data]);
const rms = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

test.each(["ncsn", "ncsnv2"] as const)(
  "%s trains on both engines with equal loss",
  { timeout: 120_000 },
  async (name) => {
    const { objective, optimiser, sigmaRange } = recipes[name];
    const options = { ...networks[name].defaults, channels: 8 };
    const model = scoreModel(recipes[name], { name, options });
    const parameters = initialise(summarize(model, shape).parameters, key(1));
    const shared = { model, shape, parameters, optimiser };
    const [onnx, tfjs] = await Promise.all([
      openNodeGradients({ device: "cpu", model, shape, batch: count, sessions: 1 }).then((gradients) =>
        onnxEngine({ gradients, ...shared }),
      ),
      openTfjsEngine({ backend: "cpu", ...shared }),
    ]);
    const hyper = { rate: networks[name].rate, emaDecay: 0, clip: Infinity };
    for (let step = 0; step < 3; step++) {
      const pixels = normals(key(2 + step), count * 24).map((z) => 0.5 + 0.2 * z);
      const batch = noisyBatch(pixels, count, { root: key(0), step, objective, sigmaRange, model });
      const [a, b] = await Promise.all([onnx.step(batch, hyper), tfjs.step(batch, hyper)]);
      a.loss.forEach((loss, i) => expect(Math.abs(loss / b.loss[i] - 1), `step ${step}`).toBeLessThan(1e-4));
      if (step > 0) continue;
      const [g, h] = await Promise.all(
        [onnx, tfjs].map(async (engine) => flat(group(await engine.state(), "adam.m"))),
      );
      expect(rms(g.map((value, i) => value - h[i])) / rms(h)).toBeLessThan(1e-4);
    }
    await Promise.all([onnx.dispose(), tfjs.dispose()]);
  },
);
