/** A model whose networks live in workers, threads of Node or of a page, which share the images. */
import { probeError, probeInputs, type Card } from "@ncsn/core";
import type { DeviceInUse } from "../device.ts";
import { resolveLabels } from "../labels.ts";
import type { Frame, Images, Model, ScoreOptions, View } from "../model.ts";
import { partOfPlan, resolvePlan, wholeNumber, type Plan, type SampleRequest } from "../plan.ts";
import { abortable } from "./abortable.ts";
import { survivor } from "./device-lost.ts";
import { mergedReport } from "./merged-report.ts";
import { samplePieces } from "./pieces.ts";
import type { Report } from "./protocol.ts";
import type { WorkerClient } from "./worker-client.ts";

/** What a model is made of. */
export interface WorkersModelParts {
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

/** A sampling that was begun. */
interface UnderWay {
  /** Takes steps until there were so many. @returns the latest, undefined after the last */
  reach(steps: number): Promise<Report | undefined>;
  read(view: View): Promise<Float32Array>;
  end(): void;
}

interface Part {
  readonly worker: WorkerClient;
  readonly count: number;
  readonly first: number;
}

/** The model of its parts. */
export function workersModel({ card, device, batch, fixedBatch, worker, dispose }: WorkersModelParts): Model {
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

  /** Begins a sampling: each worker has its part of the images, and all step together. */
  async function begin(plan: Plan): Promise<UnderWay> {
    const job = jobs++;
    const parts = await share(plan.count, plan.first);
    const end = () => parts.forEach(({ worker }) => worker.end(job));
    try {
      await all(parts, ({ worker, count, first }) => {
        const part = partOfPlan(plan, first - plan.first, count, dimension);
        return worker.request("begin", { job, count, first, plan: part });
      });
    } catch (error) {
      end();
      throw error;
    }
    let report: Report | undefined;
    let taken = 0;
    return {
      async reach(steps) {
        for (; taken < steps; taken++) {
          const reports = await all(parts, ({ worker }) => worker.request("step", { job }));
          report = mergedReport(reports);
        }
        return report;
      },
      read: async (view) => join(await all(parts, ({ worker }) => worker.request("read", { job, view }))),
      end,
    };
  }

  async function* frames(plan: Plan, signal: AbortSignal | undefined): AsyncGenerator<Frame, void> {
    signal?.throwIfAborted();
    const survive = survivor(device.name);
    let under: Promise<UnderWay> | undefined;
    let turn: Promise<unknown> = Promise.resolve();
    let over = false;
    const end = (): void => {
      under?.then((begun) => begun.end()).catch(() => undefined); // what did not begin has no end
      under = undefined;
    };
    /** After the loss of a device, sampling begins again and steps to where it was, unseen. */
    const work = <Result>(step: (under: UnderWay) => Promise<Result>): Promise<Result> => {
      const attempt = async (): Promise<Result> => {
        if (over) throw new Error("this sampling has ended");
        try {
          return await step(await (under ??= begin(plan)));
        } catch (error) {
          end();
          throw error;
        }
      };
      const done = turn.then(() => survive(attempt));
      turn = done.catch(() => undefined);
      return abortable(done, signal);
    };
    try {
      for (let steps = 1; ; steps++) {
        const report = await work((under) => under.reach(steps));
        if (report === undefined) return;
        let past = false;
        const pixels = async (view: View = "x"): Promise<Images> => {
          if (past) throw new Error("this frame is past: read its pixels before the next step is asked for");
          const data = await work(async (under) => {
            await under.reach(steps);
            return under.read(view);
          });
          return { shape: shapeOf(plan.count), data };
        };
        try {
          yield { ...report, pixels };
        } finally {
          past = true;
        }
      }
    } finally {
      over = true;
      end();
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
    const scores = survivor(device.name)(async () => {
      const parts = await share(count, 0);
      return all(parts, ({ worker, count, first }) => {
        const part = {
          x: x.slice(first * dimension, (first + count) * dimension),
          sigma: sigmas.slice(first, first + count),
          ...(labels && { labels: labels.slice(first, first + count) }),
          batch: runs,
        };
        return worker.request("score", part, [part.x.buffer]);
      });
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
      const { workers, name } = device;
      const newJob = () => jobs++;
      const data = survivor(name)(async () => {
        const sampling = samplePieces({ plan: whole, dimension, workers, worker, fixedBatch, newJob });
        const stop = () => sampling.stop();
        signal?.addEventListener("abort", stop);
        try {
          return await sampling.done;
        } finally {
          signal?.removeEventListener("abort", stop);
          stop();
        }
      });
      return { shape: shapeOf(whole.count), data: await abortable(data, signal) };
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
