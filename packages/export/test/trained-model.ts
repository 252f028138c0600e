/** Models with random parameters, as if trained: nothing in them is zero or one. */
import {
  applyScore,
  defaultBetas,
  fillNormals,
  initialise,
  key,
  networks,
  probeInputs,
  recipes,
  referenceNn,
  splitByName,
  summarize,
  values,
  type NetworkName,
  type ParameterizationName,
  type Probe,
  type RunConfig,
  type Tensor,
} from "@ncsn/core";
import type { Feed } from "./ort.ts";

export interface ModelChoice {
  readonly network?: NetworkName;
  readonly options?: object;
  readonly parameterization?: ParameterizationName;
  readonly shape?: readonly [number, number, number];
  readonly sigmaRange?: readonly [number, number];
}

export interface TrainedModel {
  readonly config: RunConfig;
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** Noisy images at these levels, and a class for each where the network takes them. */
  readonly inputs: (sigmas: readonly number[]) => Record<string, Feed>;
  /** What float64 says of some inputs. */
  readonly reference: (inputs: Readonly<Record<string, Feed>>) => Float64Array;
  /** A probe of four noise levels. */
  readonly probe: () => Probe;
}

/** Options of small networks. */
const small: Record<NetworkName, object> = {
  unet: { channels: 4, multipliers: [1, 2], embedding: 24, features: 20 },
  ncsn: { channels: 4, levels: 5 },
  ncsnv2: { channels: 4 },
  mlp: {},
  scorenet: {},
};

/** A small U-Net of grey 8×12 images unless told. */
export function trainedModel({
  network = "unet",
  options = small[network],
  parameterization = "edm",
  shape = [1, 8, 12],
  sigmaRange = [0.002, 80],
}: ModelChoice = {}): TrainedModel {
  const resolved = { ...networks[network].defaults, ...options } as { classes?: number };
  const model = {
    network: { name: network, options: resolved },
    parameterization,
    sigmaData: 0.5,
    sigmas: levels(5, sigmaRange).toReversed(),
    betas: defaultBetas,
  };
  const { parameters: table } = summarize(model, shape);
  const parameters = initialise(table, key(1));
  for (const { name, init } of table)
    if (init.kind === "constant") fillNormals(splitByName(key(2), name), parameters.get(name)!.data);

  const { classes = 0 } = resolved;
  const config: RunConfig = {
    version: 1,
    name: "test",
    seed: 3,
    recipe: { ...recipes.edm, sigmaRange, parameterization },
    model,
    dataset: { name: "gaussian", size: null, options: {} },
    shape,
    ...(classes > 0 && { classes: Array.from({ length: classes }, (_, i) => `class ${i}`) }),
    pixels: { scale: 2, offset: -1 },
    batch: 8,
    steps: 10,
  };
  const dimension = shape.reduce((a, b) => a * b, 1);
  const inputs = (sigmas: readonly number[]): Record<string, Feed> => ({
    x: { shape: [sigmas.length, ...shape], data: probeInputs({ key: key(4), sigmas }, dimension, 0.5) },
    sigma: { shape: [sigmas.length], data: sigmas },
    ...(classes > 0 && {
      label: { type: "int32", shape: [sigmas.length], data: sigmas.map((_, i) => (i % (classes + 1)) - 1) },
    }),
  });
  const reference = ({ x, sigma, label }: Readonly<Record<string, Feed>>): Float64Array => {
    const nn = referenceNn((name) => parameters.get(name)!.data);
    const [count] = sigma.shape;
    const column = (feed: Feed) => values([count, 1], Array.from(feed.data));
    return applyScore(nn, model, values(x.shape, x.data), column(sigma), label && column(label)).data;
  };
  return {
    config,
    parameters,
    inputs,
    reference,
    probe() {
      const sigmas = levels(4, sigmaRange);
      const feeds = {
        ...inputs(sigmas),
        x: { shape: [4, ...shape], data: probeInputs({ key: key(5), sigmas }, dimension, 0.5) },
      };
      const all = reference(feeds);
      const positions = [0, dimension - 1];
      return {
        key: key(5),
        sigmas,
        positions,
        scores: sigmas.map((_, row) => positions.map((at) => all[row * dimension + at])),
        ...(classes > 0 && { labels: Array.from(inputs(sigmas).label.data) }),
        tolerance: 1e-3,
      };
    },
  };
}

/** Noise levels from the smallest to the largest, float32 values. */
export const levels = (count: number, [low, high]: readonly [number, number]): number[] =>
  Array.from({ length: count }, (_, i) => Math.fround(low * (high / low) ** (i / (count - 1))));
