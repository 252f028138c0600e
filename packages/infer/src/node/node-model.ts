/** A model whose networks live in worker threads, which share the images. */
import { probeError, probeInputs, type Card } from "@ncsn/core";
import type { DeviceInUse } from "../device.ts";
import { resolveLabels } from "../labels.ts";
import type { Frame, Images, Model, ScoreOptions, View } from "../model.ts";
import { resolvePlan, wholeNumber, type Plan, type SampleRequest } from "../plan.ts";
import { samplePieces } from "./pieces.ts";
import type { WorkerClient } from "./worker-client.ts";

/** What a model is made of. */
export interface NodeModelParts {
  readonly card: Card;
  readonly device: DeviceInUse;
  /** Images per run unless a request says. */
  readonly batch: number;
  /** The batch that the network is bound to, where it is. */
  readonly fixedBatch: number | undefined;
  /** The worker of that number where so many work together, started when it is first wanted. */
  readonly worker: (index: number, together: number) => Promise<WorkerClient>;
  readonly dispose: () => Promise<void>;
}

interface Part {
  readonly worker: WorkerClient;
  readonly count: number;
  readonly first: number;
}

/** The model of its parts. */
export function nodeModel({ card, device, batch, fixedBatch, worker, dispose }: NodeModelParts): Model {
  const [channels, height, width] = card.shape;
  const dimension = channels * height * width;
  const shapeOf = (count: number): Images["shape"] => [count, channels, height, width];
  let jobs = 0;

  /** Numbers `first` … in even parts for as many workers as there are, or images if those are fewer. */
  async function share(count: number, first: number): Promise<Part[]> {
    const parts = Math.min(device.workers, count);
    const edge = (i: number) => Math.floor((i * count) / parts);
    return Promise.all(
      Array.from({ length: parts }, async (_, i) => ({
        worker: await worker(i, parts),
        count: edge(i + 1) - edge(i),
        first: first + edge(i),
      })),
    );
  }

  /** Each worker has its part of the images, and all step together. */
  async function* frames(plan: Plan, signal: AbortSignal | undefined): AsyncGenerator<Frame, void> {
    signal?.throwIfAborted();
    const job = jobs++;
    const parts = await abortable(share(plan.count, plan.first), signal);
    try {
      await abortable(
        all(parts, ({ worker, count, first }) => {
          const labels = plan.labels?.slice(first - plan.first, first - plan.first + count);
          return worker.request("begin", { job, count, first, plan: { ...plan, ...(labels && { labels }) } });
        }),
        signal,
      );
      for (let now = 0; ; now++) {
        const reports = await abortable(
          all(parts, ({ worker }) => worker.request("step", { job })),
          signal,
        );
        const [report] = reports.flatMap((report) => report ?? []).sort((a, b) => b.index - a.index);
        if (report === undefined) return;
        let past = false;
        const pixels = async (view: View = "x"): Promise<Images> => {
          if (past) throw new Error("this frame is past: read its pixels before the next step is asked for");
          const read = await abortable(
            all(parts, ({ worker }) => worker.request("read", { job, view })),
            signal,
          );
          return { shape: shapeOf(plan.count), data: join(read) };
        };
        try {
          yield { ...report, pixels };
        } finally {
          past = true;
        }
      }
    } finally {
      for (const { worker } of parts) worker.end(job);
    }
  }

  async function score(
    x: Float32Array,
    sigma: number | ArrayLike<number>,
    options: ScoreOptions = {},
  ): Promise<Float32Array> {
    const count = x.length / dimension;
    if (!Number.isInteger(count) || count < 1)
      throw new RangeError(
        `invalid x: ${x.length} values (need a multiple of ${dimension}, the values of an image)`,
      );
    const sigmas = typeof sigma === "number" ? new Float64Array(count).fill(sigma) : Float64Array.from(sigma);
    if (sigmas.length !== count)
      throw new RangeError(
        `invalid sigma: ${sigmas.length} for ${count} images (need one for all or one each)`,
      );
    const bad = sigmas.find((sigma) => !(sigma > 0 && sigma < Infinity));
    if (bad !== undefined) throw new RangeError(`invalid sigma: ${bad} (need a number > 0)`);
    const labels = resolveLabels(card, options.label, count);
    const runs = wholeNumber("batch", options.batch ?? batch, 1);
    options.signal?.throwIfAborted();
    const parts = await share(count, 0);
    const scores = all(parts, ({ worker, count, first }) => {
      const part = {
        x: x.slice(first * dimension, (first + count) * dimension),
        sigma: sigmas.slice(first, first + count),
        ...(labels && { labels: labels.slice(first, first + count) }),
        batch: runs,
      };
      return worker.request("score", part, [part.x.buffer]);
    });
    return join(await abortable(scores, options.signal));
  }

  const plan = (request: SampleRequest = {}): Plan => resolvePlan(card, request, batch);

  return {
    card,
    device,
    plan,
    steps: (request = {}) => frames(plan(request), request.signal),
    async sample(request = {}) {
      const whole = plan(request);
      const { signal } = request;
      signal?.throwIfAborted();
      const { workers } = device;
      const newJob = () => jobs++;
      const sampling = samplePieces({ plan: whole, dimension, workers, worker, fixedBatch, newJob });
      try {
        return { shape: shapeOf(whole.count), data: await abortable(sampling.done, signal) };
      } finally {
        sampling.stop();
      }
    },
    score,
    async verify() {
      const { probe, sigmaData } = card;
      const inputs = probeInputs(probe, dimension, sigmaData);
      return probeError(probe, await score(inputs, probe.sigmas, { label: probe.labels }));
    },
    dispose,
  };
}

const all = <Result>(parts: readonly Part[], call: (part: Part) => Promise<Result>): Promise<Result[]> =>
  Promise.all(parts.map(call));

/** The arrays in one; a single one as it is. */
function join(arrays: readonly Float32Array[]): Float32Array {
  if (arrays.length === 1) return arrays[0];
  const joined = new Float32Array(arrays.reduce((length, array) => length + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    joined.set(array, at);
    at += array.length;
  }
  return joined;
}

/** The promise, or the signal's reason as soon as it is given. */
async function abortable<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return promise;
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (stop) signal.removeEventListener("abort", stop);
  }
}
