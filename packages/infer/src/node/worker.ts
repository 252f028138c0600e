/** The worker thread of a model: holds a session and the states of its jobs, and does what it is told, one call at a time. */
import { parentPort, workerData } from "node:worker_threads";
import { hostSpace, toPixels, type Space } from "@ncsn/core";
import { SamplingError } from "../model.ts";
import type { Plan } from "../plan.ts";
import { samplingKey, startShard, type Shard } from "../shard.ts";
import { marked, type BusyFlag } from "./busy-flag.ts";
import type { Answer, Call, Calls, Report, Request } from "./protocol.ts";
import { createScorer, openSession, type Session } from "./session.ts";

interface Job {
  readonly shard: Shard<Float32Array>;
  readonly space: Space<Float32Array>;
  readonly plan: Plan;
}

type Handlers = { [Name in Call]: (params: Calls[Name]["params"]) => Promise<Calls[Name]["result"]> };

if (parentPort === null) throw new Error("worker.js is started by the model, as a thread");
const port = parentPort;
const flag = workerData as BusyFlag;
let session: Session | undefined;
const jobs = new Map<number, Job>();
const ended = new Set<number>();
let closing = false;

const handlers: Handlers = {
  async open({ model, card, device, threads }) {
    const open = await marked(flag, () => openSession(model, card, device, threads));
    session = { ...open, run: (feeds, fetches) => marked(flag, () => open.run(feeds, fetches)) };
    return open.fixedBatch;
  },

  begin({ job, plan, count, first }) {
    const open = opened();
    const { card, dimension } = open;
    const score = createScorer(open, {
      count,
      batch: plan.batch,
      labels: plan.labels,
      check: () => checkWanted(job),
    });
    const [, height, width] = card.shape;
    const size = [height, width] as const;
    const space = hostSpace({ count, dimension, size, key: samplingKey(plan.seed), first, score });
    jobs.set(job, { shard: startShard(space, card, plan), space, plan });
    return Promise.resolve(undefined);
  },

  async step({ job, milliseconds = 0 }) {
    const { shard, plan } = jobOf(job);
    const until = performance.now() + milliseconds;
    for (;;) {
      const step = await shard.next();
      if (step === undefined) return undefined;
      const { index, total, sigma, evaluations, x } = step;
      const report: Report = { index, total, sigma, evaluations };
      if (!allFinite(x)) throw notFinite(report, plan);
      if (performance.now() >= until) return report;
    }
  },

  async read({ job, view }) {
    const { shard, space } = jobOf(job);
    const seen = await shard.look(view);
    const pixels = toPixels(opened().card, seen.slice());
    space.release(seen);
    return pixels;
  },

  async score({ x, sigma, labels, batch }) {
    const out = new Float32Array(x.length);
    const score = createScorer(opened(), { count: sigma.length, batch, labels, check: checkOpen });
    await score(x, sigma, out);
    return out;
  },
};

function opened(): Session {
  if (session === undefined) throw new Error("no network is open");
  return session;
}

function jobOf(number: number): Job {
  checkWanted(number);
  const job = jobs.get(number);
  if (job === undefined) throw new Error(`no job ${number}`);
  return job;
}

function checkWanted(job: number): void {
  checkOpen();
  if (ended.has(job)) throw new Error("this sampling has ended");
}

function checkOpen(): void {
  if (closing) throw new Error("the model is disposed");
}

/** As `every(Number.isFinite)`, eight times as fast. */
function allFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}

function notFinite({ index, total, sigma }: Report, { sampler, advice }: Plan): SamplingError {
  const where = `step ${index + 1}${total === undefined ? "" : ` of ${total}`}, sigma ${Number(sigma.toPrecision(3))}`;
  return new SamplingError([`${sampler} lost itself: x is not finite after ${where}`, ...advice].join("; "));
}

async function answer<Name extends Call>(
  id: number,
  call: Name,
  params: Calls[Name]["params"],
): Promise<void> {
  try {
    const result = await handlers[call](params);
    const transfer = result instanceof Float32Array ? [result.buffer as ArrayBuffer] : [];
    port.postMessage({ id, result } satisfies Answer, transfer);
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    port.postMessage({ id, error: { name, message } } satisfies Answer);
  }
}

async function end(job: number): Promise<void> {
  await jobs.get(job)?.shard.end();
  jobs.delete(job);
  ended.delete(job);
}

/** The thread ends when nothing is under way: ONNX Runtime aborts the process if it loses its thread during a run. */
async function close(): Promise<void> {
  for (const job of jobs.keys()) await end(job);
  await session?.release();
  port.close();
}

// One call after the other, for they share the session; an end is heard at once and done in its turn.
let turn = Promise.resolve();
port.on("message", (request: Request) => {
  if (request.call === "close") {
    closing = true;
    turn = turn.then(close);
  } else if (request.call === "end") {
    ended.add(request.job);
    turn = turn.then(() => end(request.job));
  } else {
    const { id, call, params } = request;
    turn = turn.then(() => answer(id, call, params));
  }
});
