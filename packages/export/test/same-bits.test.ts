/** Image i's score is the same to the last bit in any batch and with any number of threads. */
import { exportModel, initialiserBinder, onnxNn, simplify, tape } from "@ncsn/export";
import { key, normals, type Nn } from "@ncsn/core";
import { describe, expect, it } from "vitest";
import { open, type Feed, type Runner } from "./ort.ts";
import { levels, trainedModel, type ModelChoice } from "./trained-model.ts";

const count = 64;

/** The results of `count` images in batches of `size`. */
async function inBatches(
  run: Runner,
  feeds: Readonly<Record<string, Feed>>,
  size: number,
): Promise<number[]> {
  const parts: number[] = [];
  for (let from = 0; from < count; from += size) {
    const images = Math.min(size, count - from);
    const part = Object.entries(feeds).map(([name, { shape, data, type }]) => {
      const each = data.length / count;
      const cut = (data as number[]).slice(from * each, (from + images) * each);
      return [name, { type, shape: [images, ...shape.slice(1)], data: cut }] as const;
    });
    parts.push(...(await run(Object.fromEntries(part))));
  }
  return parts;
}

/** The batch sizes and threads at which some image gets another result. */
async function differences(
  model: Parameters<typeof open>[0],
  feeds: Readonly<Record<string, Feed>>,
): Promise<string[]> {
  const lists = Object.fromEntries(
    Object.entries(feeds).map(([name, feed]) => [name, { ...feed, data: Array.from(feed.data) }]),
  );
  const different: string[] = [];
  let first: number[] | undefined;
  for (const threads of [1, 2, 3]) {
    const run = await open(model, threads);
    for (const size of [64, 1, 2, 3, 8, 63]) {
      const found = await inBatches(run, lists, size);
      first ??= found;
      if (found.some((value, i) => value !== first?.[i])) different.push(`batch ${size}, ${threads} threads`);
    }
  }
  return different;
}

const choices: readonly (readonly [string, ModelChoice])[] = [
  ["unet", { options: { channels: 16, multipliers: [1, 2] }, shape: [1, 8, 8] }],
  [
    "unet of odd widths with attention and classes",
    {
      options: {
        channels: 5,
        multipliers: [1, 2, 3],
        embedding: 13,
        features: 7,
        attention: [0, 1, 2],
        headChannels: 5,
        classes: 3,
      },
      shape: [3, 12, 20],
    },
  ],
  ["mlp", { network: "mlp", shape: [2, 1, 1] }],
  [
    "scorenet",
    {
      network: "scorenet",
      parameterization: "raw",
      options: { channels: [3, 5], hidden: 7 },
      shape: [1, 7, 5],
    },
  ],
];

describe.each(choices)("%s", (_, choice) => {
  it("gives an image the same score in any batch", { timeout: 120_000 }, async () => {
    const { config, parameters, probe, inputs } = trainedModel(choice);
    const model = exportModel({ config, step: 1, parameters, probe: probe() });
    expect(await differences(model, inputs(levels(count, config.recipe.sigmaRange)))).toEqual([]);
  });
});

/** Operations that no network above uses, at sizes where vector instructions leave a rest. */
const operations: readonly (readonly [string, <I, V, W>(nn: Nn<I, V, W>, x: I) => I])[] = [
  ["elu", (nn, x) => nn.elu(x)],
  ["moments", (nn, x) => nn.shift(nn.scale(x, nn.rsqrt(nn.moments(x).variance)), nn.moments(x).mean)],
  ["mean", (nn, x) => nn.shift(x, nn.mean(nn.moments(x).variance))],
  ["log", (nn, x) => nn.shift(x, nn.log(nn.moments(x).variance))],
  ["resize", (nn, x) => nn.resize(x, nn.upsample(x))],
  ["maxPool", (nn, x) => nn.maxPool(x, 3)],
  ["blur", (nn, x) => nn.blur(x, 5)],
];

describe.each(operations)("%s", (_, apply) => {
  it("gives an image the same result in any batch", async () => {
    const recording = tape("operation");
    const x = recording.input("x", "float32", ["batch", 3, 5, 7]);
    recording.output("y", apply(onnxNn(recording, initialiserBinder(new Map())), x));
    const images = { x: { shape: [count, 3, 5, 7], data: normals(key(1), count * 105) } };
    expect(await differences(simplify(recording.graph()), images)).toEqual([]);
  });
});
