/**
 * NCSN's and NCSNv2's own networks, at width 8, in training: both engines tell the same story. With MNIST's files, at
 * NCSN's full width on the native engines, which prints images a second:
 *
 * NCSN_MNIST=DIR npx vitest run packages/train/test/onnxruntime/refinenets.test.ts -t "full width"
 */
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
import { onnxEngine, openDataset, openNodeGradients, openTfjsEngine, scoreTraining } from "@ncsn/train/node";
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
      openNodeGradients({
        device: "cpu",
        training: scoreTraining({ model, shape }),
        batch: count,
        sessions: 1,
      }).then((gradients) => onnxEngine({ gradients, ...shared })),
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

const mnist = process.env.NCSN_MNIST;
if (mnist === undefined) console.log("skipped: NCSN at full width, which is for NCSN_MNIST=DIR");
test.runIf(mnist !== undefined)(
  "ncsn trains at full width on MNIST with equal loss",
  { timeout: 3_600_000 },
  async () => {
    const [steps, batch] = [6, 32];
    const { dataset } = await openDataset({ name: "mnist", split: "train", data: mnist, key: key(0) });
    const recipe = { ...recipes.ncsn, batch };
    const model = scoreModel(recipe, { name: "ncsn", options: networks.ncsn.defaults });
    const parameters = initialise(summarize(model, dataset.shape).parameters, key(0));
    const shared = { model, shape: dataset.shape, parameters, optimiser: recipe.optimiser };
    const engines = [
      async () =>
        onnxEngine({
          gradients: await openNodeGradients({
            device: "cpu",
            training: scoreTraining({ model, shape: dataset.shape }),
            batch,
          }),
          ...shared,
        }),
      () => openTfjsEngine({ backend: "tfjs-node", ...shared }),
    ];
    const losses: number[][] = [];
    for (const open of engines) {
      const engine = await open();
      const means: number[] = [];
      const seconds: number[] = [];
      const busy: number[] = [];
      const clean = new Float32Array(batch * 784);
      for (let step = 0; step < steps; step++) {
        for (let i = 0; i < batch; i++) dataset.read(step * batch + i, clean, i * 784);
        const { objective, sigmaRange } = recipe;
        const given = noisyBatch(clean.slice(), batch, { root: key(0), step, objective, sigmaRange, model });
        const began = performance.now();
        const used = process.cpuUsage();
        const { loss } = await engine.step(given, { rate: networks.ncsn.rate, emaDecay: 0, clip: Infinity });
        seconds.push((performance.now() - began) / 1000);
        const { user, system } = process.cpuUsage(used);
        busy.push((user + system) / 1e6);
        means.push(loss.reduce((a, b) => a + b) / batch);
      }
      const [wall, cpu] = [seconds, busy].map((all) => (batch / Math.min(...all)).toFixed(2));
      console.log(
        `${engine.description}: ${wall} images/s, ${cpu} a second of processor time; losses ${means.join(" ")}`,
      );
      losses.push(means);
      await engine.dispose();
    }
    losses[0].forEach((loss, i) => expect(Math.abs(loss / losses[1][i] - 1), `step ${i}`).toBeLessThan(1e-3));
  },
);
