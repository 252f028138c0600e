/** What is measured: a network of the recipe edm on 28 × 28 grey images, and data that cost nothing to read. */
import {
  initialise,
  key,
  proceduralDatasets,
  summarize,
  type Dataset,
  type RunConfig,
  type Tensor,
} from "@ncsn/core";
import { exportModel } from "@ncsn/export";
import { load } from "@ncsn/infer/node";
import { dataKey } from "../batches.ts";
import { configure, planRun } from "../cli/new-run.ts";
import { measureProbe } from "../probe.ts";

/** What makes the network and its data. */
export interface Subject {
  /** Of the network at full resolution. */
  readonly channels: number;
  /** Images of a training step. */
  readonly batch: number;
  readonly seed: number;
}

/** Data drawn beforehand. */
const items = 256;

/** A training run on some glyphs that are drawn once: what reading data costs is another question. */
export function benchRun({ channels, batch, seed }: Subject): { config: RunConfig; dataset: Dataset } {
  const glyphs = proceduralDatasets.glyphs(dataKey(seed));
  const dimension = glyphs.shape.reduce((a, b) => a * b, 1);
  const pixels = new Float32Array(items * dimension);
  const labels = Int32Array.from({ length: items }, (_, i) => glyphs.read(i, pixels, i * dimension));
  const dataset: Dataset = {
    ...glyphs,
    size: items,
    read(index, out, offset) {
      out.set(pixels.subarray(index * dimension, (index + 1) * dimension), offset);
      return labels[index];
    },
  };
  const args = { dataset: "glyphs", net: [`channels=${channels}`], batch: `${batch}`, seed: `${seed}` };
  return { config: configure(planRun(args), dataset, "bench", args), dataset };
}

/** The bytes of a model that was never trained; its gains are 1, so that every layer has its say. */
export async function benchModel(subject: Subject): Promise<Uint8Array> {
  const { config } = benchRun(subject);
  const drawn = initialise(summarize(config.model, config.shape).parameters, key(subject.seed));
  const parameters = new Map<string, Tensor>(
    [...drawn].map(([name, { shape, data }]) => [
      name,
      { shape, data: name.endsWith("gain") ? data.map(() => 1) : data },
    ]),
  );
  const untold = { key: key(0), sigmas: [1], positions: [0], scores: [[0]], tolerance: 1e-3 };
  const unchecked = exportModel({ config, step: 0, parameters, probe: untold });
  const model = await load(unchecked, { device: "cpu", workers: 1, verify: false });
  try {
    const probe = await measureProbe(config, { score: (x, sigma) => model.score(x, sigma) }, 0);
    return exportModel({ config, step: 0, parameters, probe });
  } finally {
    await model.dispose();
  }
}
