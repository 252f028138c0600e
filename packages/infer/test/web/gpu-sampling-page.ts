/** What the test of sampling on the GPU does inside a page. */
import { readCard } from "@ncsn/core";
import { gpuNetwork } from "../../src/web/gpu/gpu-network.ts";
import { gpuScorer } from "../../src/web/gpu/gpu-scorer.ts";
import { gpuSpace } from "../../src/web/gpu/gpu-space.ts";
import { resolvePlan, type SampleRequest } from "../../src/plan.ts";
import { samplingKey, startShard } from "../../src/shard.ts";
import { takeGpuCalls, type GpuCalls } from "./gpu-calls.ts";

/** A model file that the page's server has, opened. */
async function openNetwork(file: string) {
  const bytes = new Uint8Array(await (await fetch(file)).arrayBuffer());
  const card = readCard(bytes);
  const ort = await import("onnxruntime-web/jspi");
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = 1;
  const network = await gpuNetwork({
    ort,
    card,
    open: (options) => ort.InferenceSession.create(bytes, options),
  });
  return { card, network };
}

const networks = new Map<string, ReturnType<typeof openNetwork>>();

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
  const { card, network } = await opening;
  const { device } = network;
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
