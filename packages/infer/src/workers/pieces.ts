/**
 * Sampling that nobody watches: images go through in pieces of one run of the network each, and a worker takes the next
 * piece when it is done with one. So none waits for another at every step, and one that is slower does less.
 */
import { partOfPlan, type Plan } from "../plan.ts";
import type { WorkerClient } from "./worker-client.ts";

/**
 * How long a worker may step on before it answers. An answer costs a tenth of a millisecond, and other calls to the
 * worker wait for it.
 */
const milliseconds = 20;

/** What samples a plan. */
export interface PiecesOptions {
  readonly plan: Plan;
  /** Values per image. */
  readonly dimension: number;
  readonly workers: number;
  /** The worker of that number where so many work together, started when it is first wanted. */
  readonly worker: (index: number, together: number) => Promise<WorkerClient>;
  /** The batch that the network is bound to, where it is. */
  readonly fixedBatch: number | undefined;
  /** A number for a job that no other has. */
  readonly newJob: () => number;
}

/** Sampling under way. */
export interface PiecesUnderWay {
  /** The pixels of all images. @throws SamplingError */
  readonly done: Promise<Float32Array>;
  /** Ends what is under way; to be called in any case. */
  stop(): void;
}

/** Starts sampling all images of a plan. */
export function samplePieces(options: PiecesOptions): PiecesUnderWay {
  const { plan, dimension, workers, worker, newJob } = options;
  const edges = edgesOf(options);
  const data = new Float32Array(plan.count * dimension);
  const running = new Map<number, WorkerClient>();
  const together = Math.min(workers, edges.length - 1);
  let taken = 0;

  /** What one worker does: piece after piece, while there are some. */
  const work = async (index: number): Promise<void> => {
    const client = await worker(index, together);
    while (taken + 1 < edges.length) {
      const [from, to] = [edges[taken], edges[taken + 1]];
      taken += 1;
      const job = newJob();
      running.set(job, client);
      data.set(await sampled(client, job, partOfPlan(plan, from, to - from, dimension)), from * dimension);
      running.delete(job);
      client.end(job);
    }
  };
  const done = Promise.all(Array.from({ length: together }, (_, i) => work(i)));
  return {
    done: done.then(() => data),
    stop() {
      taken = edges.length; // none is left
      for (const [job, client] of running) client.end(job);
      running.clear();
    },
  };
}

/** One piece, to its end. */
async function sampled(client: WorkerClient, job: number, plan: Plan): Promise<Float32Array> {
  await client.request("begin", { job, plan, count: plan.count, first: plan.first });
  for (let on = true; on;) on = (await client.request("step", { job, milliseconds })) !== undefined;
  return client.request("read", { job, view: "x" });
}

/** Where pieces begin, and the end of the last: as many for each worker, and all alike as far as that goes. */
function edgesOf({ plan: { count, batch }, workers, fixedBatch }: PiecesOptions): number[] {
  if (fixedBatch !== undefined)
    return [...Array(Math.ceil(count / fixedBatch)).keys(), Infinity].map((i) =>
      Math.min(i * fixedBatch, count),
    );
  const pieces = Math.min(count, workers * Math.ceil(count / (workers * batch)));
  return Array.from({ length: pieces + 1 }, (_, i) => Math.floor((i * count) / pieces));
}
