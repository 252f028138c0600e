/** Sampling from a model file, for the bench to measure: `node sample-contender.js '{"model": …}'`. */
import { load } from "@ncsn/infer/node";
import { serve } from "./serve.ts";

/** What `sample-contender.js` is told. */
export interface SampleTask {
  /** Path of the file. */
  readonly model: string;
  readonly parameters: number;
  readonly device: "auto" | "cpu" | "cuda" | "webgpu";
  /** Images that are sampled together. */
  readonly count: number;
  /** Intervals of the sampler heun. */
  readonly steps: number;
}

const { model: path, parameters, device, count, steps } = JSON.parse(process.argv[2]) as SampleTask;
const model = await load(path, { device });
const { name, workers, threads } = model.device;
const on = name === "cpu" ? `${name}, ${workers} workers of ${threads / workers} threads` : name;
let seed = 0;
await serve(
  { description: `ONNX Runtime on ${on}`, parameters },
  {
    async sample(repetitions) {
      for (let i = 0; i < repetitions; i++)
        await model.sample({ count, steps, sampler: "heun", seed: seed++ });
    },
  },
);
await model.dispose();
