/** What the test of sampling on the GPU does inside a page. */
import { readCard, toPixels, type Given } from "@ncsn/core";
import { openBufferNetwork } from "../../src/web/gpu/buffer-network.ts";
import { gpuScorer } from "../../src/web/gpu/gpu-scorer.ts";
import { gpuSpace } from "../../src/web/gpu/gpu-space.ts";
import { resolvePlan, type SampleRequest } from "../../src/plan.ts";
import { samplingKey } from "../../src/sampling-key.ts";
import { startShard } from "../../src/shard.ts";
import { checkSignature } from "../../src/workers/session.ts";
import { takeGpuCalls, type GpuCalls } from "./gpu-calls.ts";

/** A model file that the page's server has, opened. */
async function openFile(file: string) {
  const bytes = new Uint8Array(await (await fetch(file)).arrayBuffer());
  const card = readCard(bytes);
  const ort = await import("onnxruntime-web/jspi");
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = 1;
  const open = async (options: object) => {
    const inference = await ort.InferenceSession.create(bytes, options);
    return { inference, card, fixedBatch: checkSignature(inference, card) };
  };
  return { card, network: await openBufferNetwork({ ort, open }) };
}

const files = new Map<string, ReturnType<typeof openFile>>();

/** The same, once. */
function opened(file: string): ReturnType<typeof openFile> {
  const known = files.get(file) ?? openFile(file);
  files.set(file, known);
  return known;
}

/** What became of a sampling. */
export interface Sampled {
  readonly pixels: readonly number[];
  /** What was asked of WebGPU in each step. */
  readonly steps: readonly GpuCalls[];
  readonly firstLost: number | undefined;
}

/** Samples on the GPU, with x watched at every step. */
export async function sample(file: string, request: SampleRequest, batch: number): Promise<Sampled> {
  const { card, network } = await opened(file);
  const plan = resolvePlan(card, request, batch);
  const { count, labels, first } = plan;
  const scorer = gpuScorer(network, { count, batch, labels });
  const space = gpuSpace({
    device: network.device,
    count,
    shape: card.shape,
    key: samplingKey(plan.seed),
    first,
    score: (...args) => scorer.score(...args),
  });
  const shard = await startShard(space, card, plan);
  const steps: GpuCalls[] = [];
  takeGpuCalls();
  for (;;) {
    const step = await shard.next();
    if (step === undefined) break;
    space.watch(step.x, step.index);
    steps.push(takeGpuCalls());
  }
  const pixels = [...toPixels(card, await space.read(shard.current!.x))];
  const firstLost = await space.firstLost();
  await shard.end();
  space.dispose();
  scorer.dispose();
  return { pixels, steps, firstLost };
}

/** Scores of x = 0 at these levels, again and again: the last of so many. */
export async function scores(
  file: string,
  sigmas: readonly number[],
  labels: readonly number[],
  given: Given,
  batch: number,
  times: number,
): Promise<number[]> {
  const { card, network } = await opened(file);
  const count = sigmas.length;
  const scorer = gpuScorer(network, { count, batch, labels: Int32Array.from(labels) });
  const score = scorer.score.bind(scorer);
  const space = gpuSpace({ device: network.device, count, shape: card.shape, key: [0, 0], score });
  const x = space.combine([]);
  for (let time = 1; time < times; time++)
    space.release(await space.score(x, 7 * time, given === "labels" ? "nothing" : "labels"));
  const values = [...(await space.read(await space.score(x, Float64Array.from(sigmas), given)))];
  space.dispose();
  scorer.dispose();
  return values;
}

/** Scores one after the other while the GPU tells of no end of its work, then of all. @returns those done before */
export async function scoresInFlight(file: string): Promise<number> {
  const { card, network } = await opened(file);
  const { device } = network;
  const scorer = gpuScorer(network, { count: 1, batch: 1 });
  const score = scorer.score.bind(scorer);
  const space = gpuSpace({ device, count: 1, shape: card.shape, key: [0, 0], score });
  const x = space.noise(0);
  await space.read(await space.score(x, 1)); // shaders are compiled, and the GPU is idle
  let done = 0;
  const releases: (() => void)[] = [];
  const told = device.queue.onSubmittedWorkDone.bind(device.queue);
  device.queue.onSubmittedWorkDone = () =>
    new Promise((resolve) => {
      releases.push(() => resolve(undefined));
    });
  const all = (async () => {
    for (let i = 0; i < 5; i++, done++) await space.score(x, 1);
  })();
  let before = -1;
  for (let quiet = 0; quiet < 20; quiet++, before = done) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    if (done !== before) quiet = 0;
  }
  const held = done;
  device.queue.onSubmittedWorkDone = told;
  for (const release of releases) release();
  await all;
  space.dispose();
  scorer.dispose();
  return held;
}

const outcomeOf = (outcome: PromiseSettledResult<unknown>): string =>
  outcome.status === "rejected" ? String(outcome.reason) : outcome.status;

/** Reads a value whose buffer is gone, then one that is there. */
export async function refuse(file: string): Promise<string[]> {
  const { card, network } = await opened(file);
  const { device } = network;
  const space = gpuSpace({
    device,
    count: 2,
    shape: card.shape,
    key: [0, 0],
    score: () => Promise.resolve(),
  });
  const [gone, there] = [space.noise(0), space.noise(1)];
  await space.read(gone);
  gone.destroy();
  const outcomes = [];
  for (const value of [gone, there]) outcomes.push(...(await Promise.allSettled([space.read(value)])));
  space.dispose();
  return outcomes.map(outcomeOf);
}

/** Loses the device in the middle of a sampling. @returns what this read, and what comes later, is rejected with */
export async function loseDevice(file: string): Promise<string[]> {
  const { card, network } = await opened(file);
  const { device } = network;
  const scorer = gpuScorer(network, { count: 2, batch: 1 });
  const score = scorer.score.bind(scorer);
  const space = gpuSpace({ device, count: 2, shape: card.shape, key: [0, 0], score });
  const x = await space.score(space.noise(0), 1);
  const under = space.read(x);
  device.destroy();
  const outcomes: PromiseSettledResult<unknown>[] = await Promise.allSettled([under]);
  outcomes.push(...(await Promise.allSettled([space.score(x, 1), space.dot(x, x), space.read(x)])));
  return outcomes.map(outcomeOf);
}
