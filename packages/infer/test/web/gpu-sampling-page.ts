/** What the test of sampling on the GPU does inside a page. */
import { readCard } from "@ncsn/core";
import { gpuScorer, gpuSessionOptions, type GpuNetwork } from "../../src/web/gpu/gpu-scorer.ts";
import { gpuSpace } from "../../src/web/gpu/gpu-space.ts";
import { resolvePlan, type SampleRequest } from "../../src/plan.ts";
import { samplingKey, startShard } from "../../src/shard.ts";
import { takeGpuCalls, type GpuCalls } from "./gpu-calls.ts";

const networks = new Map<string, Promise<GpuNetwork>>();

/** Opens a model file that the page's server has. */
async function openNetwork(file: string): Promise<GpuNetwork> {
  const bytes = new Uint8Array(await (await fetch(file)).arrayBuffer());
  const ort = await import("onnxruntime-web/webgpu");
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(bytes, gpuSessionOptions);
  let queue: Promise<unknown> = Promise.resolve();
  return {
    device: await ort.env.webgpu.device,
    ort,
    run: (feeds, fetches) => (queue = queue.then(() => session.run(feeds, fetches))),
    card: readCard(bytes),
    fixedBatch: undefined,
  };
}

/** What became of a sampling. */
export interface Sampled {
  /** x at the end, model units. */
  readonly x: readonly number[];
  /** What was asked of WebGPU in each step. */
  readonly steps: readonly GpuCalls[];
  readonly milliseconds: readonly number[];
  readonly firstLost: number | undefined;
}

/** Samples on the GPU, with x watched at every step. */
export async function sample(file: string, request: SampleRequest, batch: number): Promise<Sampled> {
  const opening = networks.get(file) ?? openNetwork(file);
  networks.set(file, opening);
  const network = await opening;
  const { device } = network;
  const card = readCard(new Uint8Array(await (await fetch(file)).arrayBuffer()));
  const plan = resolvePlan(card, request, batch);
  const { count, labels, first } = plan;
  const scorer = gpuScorer(network, { count, batch, labels });
  const space = gpuSpace({
    device,
    count,
    shape: card.shape,
    key: samplingKey(plan.seed),
    first,
    score: (...args) => scorer.score(...args),
  });
  const shard = startShard(space, card, plan);
  const steps: GpuCalls[] = [];
  const milliseconds: number[] = [];
  takeGpuCalls();
  for (let start = performance.now(); ; start = performance.now()) {
    const step = await shard.next();
    if (step === undefined) break;
    space.watch(step.x, step.index);
    steps.push(takeGpuCalls());
    milliseconds.push(performance.now() - start);
  }
  const x = [...(await space.read(shard.current!.x))];
  const firstLost = await space.firstLost();
  await shard.end();
  space.dispose();
  scorer.dispose();
  return { x, steps, milliseconds, firstLost };
}
