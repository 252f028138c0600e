/**
 * Sliced score matching (Song et al. 2019) on the onnxruntime engine: its value, its gradient, and what it learns. It is
 * over 250 lines long because these share their models and batches.
 */
import { readdirSync } from "node:fs";
import {
  applyScore,
  group,
  initialise,
  key,
  networks,
  noisyBatch,
  normals,
  recipes,
  referenceNn,
  slicedLossPerImage,
  summarize,
  values,
  type Batch,
  type RunConfig,
  type ScoreModel,
  type Tensor,
} from "@ncsn/core";
import { evaluate } from "@ncsn/export";
import {
  NotTrainableError,
  onnxEngine,
  openNodeGradients,
  openTfjsEngine,
  train,
  trainingGraph,
  scoreTraining,
  type Engine,
} from "@ncsn/train/node";
import { afterAll, describe, expect, test } from "vitest";
import { heldOutLosses } from "../held-out-losses.ts";
import { refused } from "../refused.ts";
import { mixtureOf, tinyConfig } from "../tiny-config.ts";
import { tinyRun, workFolder } from "../training-command.ts";

const objective = { weight: "dsm", sigma: { name: "uniform" }, matching: "sliced" } as const;
const { optimiser } = recipes.edm;
const count = 3;

interface Choice {
  readonly network: ScoreModel["network"];
  readonly shape: readonly [number, number, number];
  readonly parameterization: ScoreModel["parameterization"];
}

/** A model whose parameters are all drawn, and a batch for it. */
function made({ network, shape, parameterization }: Choice) {
  const model: ScoreModel = { network, parameterization, sigmaData: 0.5 };
  const { parameters } = summarize(model, shape);
  const drawn = initialise(parameters, key(4));
  for (const { data } of drawn.values()) normals(key(5), data.length).forEach((z, i) => (data[i] += 0.3 * z));
  const dimension = shape.reduce((a, b) => a * b, 1);
  const clean = normals(key(6), count * dimension).map((z) => 0.5 * z);
  const batch = noisyBatch(clean, count, { root: key(7), step: 0, objective, sigmaRange: [0.1, 1], model });
  return { model, shape, parameters, drawn, batch };
}

const open = async ({
  model,
  shape,
  drawn,
}: Pick<ReturnType<typeof made>, "model" | "shape" | "drawn">): Promise<Engine> =>
  onnxEngine({
    gradients: await openNodeGradients({
      device: "cpu",
      training: scoreTraining({ model, shape, matching: "sliced" }),
      batch: count,
    }),
    model,
    shape,
    parameters: drawn,
    optimiser,
  });

const projectionOf = ({ projection }: Batch): Float32Array => {
  if (projection === undefined) throw new TypeError("a batch without a projection");
  return projection;
};
const rms = (of: ArrayLike<number>): number =>
  Math.sqrt(Array.from(of).reduce((sum, value) => sum + value * value, 0) / of.length);
const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((max, value, i) => Math.max(max, Math.abs(value - b[i])), 0);

test("the loss of a linear score is λ·(|Ax + c|² + 2·vᵀAv)/D", async () => {
  const network = { name: "scorenet", options: { channels: [], hidden: 1 } } as const;
  const given = made({ network, shape: [2, 1, 1], parameterization: "raw" });
  const engine = await open(given);
  const { loss } = await engine.step(given.batch, { rate: 0, emaDecay: 0, clip: Infinity });
  await engine.dispose();

  const of = (name: string) => (given.drawn.get(name) as Tensor).data;
  const { x, sigma, weight } = given.batch;
  const v = projectionOf(given.batch);
  sigma.forEach((level, image) => {
    const hidden = Math.max(0, of("sigma.hidden.weight")[0] * level + of("sigma.hidden.bias")[0]);
    const factor = 1 + of("sigma.out.weight")[0] * hidden + of("sigma.out.bias")[0];
    const matrix = (i: number, j: number) => factor * of("conv0.weight")[9 * (2 * i + j) + 4]; // on one pixel
    let expected = 0;
    for (const i of [0, 1]) {
      const row = [0, 1].map((j) => matrix(i, j));
      const score = row.reduce((sum, a, j) => sum + a * x[2 * image + j], of("conv0.bias")[i]);
      const along = row.reduce((sum, a, j) => sum + v[2 * image + i] * a * v[2 * image + j], 0);
      expected += (weight[image] * (score ** 2 + 2 * along)) / 2;
    }
    expect(loss[image]).toBeCloseTo(expected, 5);
  });
});

const choices: readonly Choice[] = [
  {
    network: { name: "mlp", options: { width: 16, layers: 2, features: 6 } },
    shape: [2, 1, 1],
    parameterization: "edm",
  },
  {
    network: {
      name: "unet",
      options: {
        ...networks.unet.defaults,
        channels: 16,
        multipliers: [1, 1],
        embedding: 8,
        features: 6,
        attention: [1],
        headChannels: 8,
      },
    },
    shape: [1, 4, 4],
    parameterization: "edm",
  },
  { network: { name: "ncsnv2", options: { channels: 2 } }, shape: [1, 4, 4], parameterization: "ncsnv2" },
];

describe.each(choices)("with $network.name", (choice) => {
  const given = made(choice);
  const { model, shape, parameters, drawn, batch } = given;
  const training = scoreTraining({ model, shape, matching: "sliced" });
  const { weights } = training;
  const flat = Float64Array.from(
    weights.ofParameters(Float32Array.from(parameters.flatMap(({ name }) => [...drawn.get(name)!.data]))),
  );
  const graph = trainingGraph(training, count, { kind: "portable" });
  const outputs = (by: Float64Array) =>
    evaluate(
      graph,
      {
        weights: values([by.length], by),
        x: values([count, ...shape], batch.x),
        sigma: values([count], batch.sigma),
        root: values([count, 1, 1, 1], batch.weight.map(Math.sqrt)),
        target: values([count, ...shape], projectionOf(batch)),
      },
      ["loss", "gradient"],
    );
  const found = outputs(flat);
  const [loss, gradient] = ["loss", "gradient"].map((name) => found.get(name)!.data);

  test("the loss is its definition's, by differences of the score along v", () => {
    const nn = referenceNn((name) => drawn.get(name)!.data);
    const v = projectionOf(batch);
    const score = (moved: number) =>
      applyScore(
        nn,
        model,
        values(
          [count, ...shape],
          Float64Array.from(batch.x, (value, i) => value + moved * v[i]),
        ),
        values([count, 1], batch.sigma),
      ).data;
    const h = 1e-5;
    const [up, down] = [score(h), score(-h)];
    // v·(∂score/∂x v) summed is the slope's product with v: one direction serves for the other
    const along = up.map((value, i) => (value - down[i]) / (2 * h));
    const expected = slicedLossPerImage(score(0), along, batch);
    expect(worst(loss, expected) / rms(expected)).toBeLessThan(1e-6);
  });

  test("the gradient agrees with central differences of the loss", () => {
    const u = normals(key(8), flat.length);
    const h = 1e-6;
    const [up, down] = [h, -h].map((by) =>
      outputs(flat.map((value, i) => value + by * u[i]))
        .get("loss")!
        .data.reduce((a, b) => a + b),
    );
    const along = gradient.reduce((sum, value, i) => sum + value * u[i], 0);
    const size = rms(gradient) * rms(u) * Math.sqrt(flat.length);
    expect(Math.abs(along - (up - down) / (2 * h)) / size).toBeLessThan(1e-5);
  });

  // A session of NCSNv2's twelve thousand nodes takes many seconds, and has nothing that the others' have not.
  if (model.network.name === "ncsnv2") return;
  test("the engine's loss and gradient are those of float64", async () => {
    const engine = await open(given);
    const step = await engine.step(batch, { rate: 0, emaDecay: 0, clip: Infinity });
    expect(worst(step.loss, loss) / rms(loss)).toBeLessThan(1e-4);
    const m = [...group(await engine.state(), "adam.m").values()].flatMap(({ data }) => [...data]);
    const inParameters = weights.gradient(
      Float32Array.from(parameters.flatMap(({ name }) => [...drawn.get(name)!.data])),
      Float32Array.from(gradient),
      (1 - optimiser.beta1) / count,
    );
    expect(rms(m.map((value, i) => value - inParameters[i])) / rms(inParameters)).toBeLessThan(1e-4);
    await engine.dispose();
  });
});

test("an mlp comes near the exact score of a mixture without being told the noise", async () => {
  const dataset = mixtureOf();
  const tiny = tinyConfig({
    dataset,
    network: "mlp",
    options: { width: 16, layers: 1, features: 8 },
    steps: 1000,
    batch: 256,
    rate: 1e-2,
  });
  const config: RunConfig = {
    ...tiny,
    recipe: { ...tiny.recipe, objective: { ...tiny.recipe.objective, matching: "sliced" } },
  };
  const { model, shape, seed } = config;
  const engine = onnxEngine({
    gradients: await openNodeGradients({
      device: "cpu",
      training: scoreTraining({ model, shape, matching: "sliced" }),
      batch: config.batch,
      sessions: 1,
      microBatch: config.batch,
    }),
    model,
    shape,
    parameters: initialise(summarize(model, shape).parameters, key(seed)),
    optimiser: config.recipe.optimiser,
  });
  for await (const { step } of train({ config, engine, dataset })) expect(step).toBeLessThanOrEqual(1000);
  const [trained, exact, untrained] = await heldOutLosses(config, dataset, engine);
  await engine.dispose();
  expect(untrained).toBeGreaterThan(1.15 * exact);
  expect(trained).toBeLessThan(1.05 * exact);
  expect(trained).toBeGreaterThan(0.98 * exact);
});

describe("TensorFlow.js", () => {
  test("refuses it, and says why", async () => {
    const { model, shape, drawn } = made(choices[0]);
    const refusal = openTfjsEngine({
      backend: "cpu",
      model,
      shape,
      parameters: drawn,
      optimiser,
      matching: "sliced",
    });
    await expect(refusal).rejects.toThrow(NotTrainableError);
    await expect(refusal).rejects.toThrow(
      /^cannot train by sliced score matching on tfjs: .*second derivatives/,
    );
  });

  test("is refused on the command line before anything is written", async () => {
    const folder = workFolder(afterAll);
    const args = [...tinyRun.filter((word) => !["--backend", "cpu"].includes(word)), "--matching", "sliced"];
    expect(await refused(folder, ...args, "--engine", "tfjs")).toMatch(
      /^cannot train by sliced score matching/,
    );
    expect(readdirSync(folder)).toEqual([]);
  });
});
