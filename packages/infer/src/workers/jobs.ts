/** What a worker does when it is told, on whatever device: the states of its jobs live here. */
import { SamplingError } from "../model.ts";
import type { Plan } from "../plan.ts";
import { samplingKey } from "../sampling-key.ts";
import { startShard, type Shard } from "../shard.ts";
import type { Network, ReadableSpace } from "./network.ts";
import type { Call, Calls, Report } from "./protocol.ts";

/** What becomes of every call but the first. */
export type Handlers = {
  [Name in Exclude<Call, "open">]: (params: Calls[Name]["params"]) => Promise<Calls[Name]["result"]>;
};

/** The jobs of a network. */
export interface Jobs extends Handlers {
  readonly fixedBatch: number | undefined;
  /** Frees a job. */
  end(job: number): Promise<void>;
  /** Frees all jobs and the network. */
  close(): Promise<void>;
}

/** Throws where a job, or all of them, are not wanted any more. */
export type Wanted = (job?: number) => Promise<void>;

interface Job<V> {
  readonly shard: Shard<V>;
  readonly space: ReadableSpace<V>;
  readonly plan: Plan;
  /** The steps that were watched, and may turn out to have lost x. */
  readonly watched: Report[];
}

/** @param wanted called before every run of the network */
export function jobsOf<V>(network: Network<V>, wanted: Wanted): Jobs {
  const { card, fixedBatch } = network;
  const jobs = new Map<number, Job<V>>();

  async function jobOf(number: number): Promise<Job<V>> {
    await wanted(number);
    const job = jobs.get(number);
    if (job === undefined) throw new Error(`no job ${number}`);
    return job;
  }

  async function end(number: number): Promise<void> {
    const job = jobs.get(number);
    jobs.delete(number);
    await job?.shard.end();
    job?.space.dispose?.();
  }

  return {
    fixedBatch,

    async begin({ job, plan, count, first }) {
      const { seed, batch, labels } = plan;
      const check = () => wanted(job);
      const space = network.space({ count, first, key: samplingKey(seed), batch, labels, check });
      try {
        jobs.set(job, { shard: await startShard(space, card, plan), space, plan, watched: [] });
      } catch (error) {
        space.dispose?.();
        throw error;
      }
      return undefined;
    },

    async step({ job, milliseconds = 0 }) {
      const { shard, space, plan, watched } = await jobOf(job);
      const until = performance.now() + milliseconds;
      for (;;) {
        const step = await shard.next();
        if (step === undefined) return undefined;
        const { x, ...report } = step;
        if (space.finite?.(x) === false) throw notFinite(report, plan);
        space.watch?.(x, watched.push(report) - 1);
        if (performance.now() >= until) return report;
      }
    },

    async read({ job, view }) {
      const { shard, space, plan, watched } = await jobOf(job);
      const seen = await shard.look(view);
      const values = await space.read(seen);
      space.release(seen);
      const lost = await space.firstLost?.();
      if (lost !== undefined) throw notFinite(watched[lost], plan);
      return shard.pixels(view, values);
    },

    score: (what) => network.score(what, wanted),
    end,

    async close() {
      for (const job of jobs.keys()) await end(job);
      await network.release();
    },
  };
}

function notFinite({ index, total, sigma }: Report, { sampler, advice }: Plan): SamplingError {
  const where = `step ${index + 1}${total === undefined ? "" : ` of ${total}`}, sigma ${Number(sigma.toPrecision(3))}`;
  return new SamplingError([`${sampler} lost itself: x is not finite after ${where}`, ...advice].join("; "));
}
