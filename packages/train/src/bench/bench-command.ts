/** `bench`: from options to measurements. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { recipes, samplers } from "@ncsn/core";
import { engines, resolveEngine, type EngineRequest, type ResolvedEngine } from "../cli/engines.ts";
import { duration } from "../cli/show.ts";
import { interruptible } from "../cli/stop-signals.ts";
import { UsageError } from "../cli/usage-error.ts";
import { benchModel, benchRun } from "./bench-model.ts";
import { benchSettings, type BenchArguments, type BenchSettings } from "./bench-options.ts";
import type { Entry } from "./contender.ts";
import { otherWork, thisMachine } from "./machine.ts";
import { findPeer, type Peer } from "./peer.ts";
import { race, raceToFirstImage } from "./race.ts";
import { networkOf, resultsOf, type Result } from "./results.ts";
import type { SampleTask } from "./sample-contender.ts";
import { showReport } from "./show-report.ts";
import type { TrainTask } from "./train-contender.ts";
import { benchInBrowser, type WebReport } from "./web-bench.ts";

/** Intervals of the sampler, as the recipe has it. */
const samplerSteps = recipes.edm.sampler.steps;
const evaluations = samplers.heun.evaluations(samplerSteps, {}) ?? 0;

/** Everything that is to be measured, and who takes part. */
interface Plan extends BenchSettings {
  readonly trainers: readonly Pick<ResolvedEngine, "engine" | "backend">[];
  readonly peer: Extract<Peer, { readonly missing?: undefined }> | undefined;
}

/** Carries the command out. @returns the exit code */
export async function runBench(args: BenchArguments): Promise<number> {
  const settings = benchSettings(args);
  const notes: string[] = [];
  const note = (line: string): void => {
    notes.push(line);
    console.error(`note: ${line}`);
  };
  const plan: Plan = {
    ...settings,
    trainers:
      settings.kinds.includes("train") && settings.web === undefined
        ? await trainersOf(settings.engine, note)
        : [],
    peer: await peerOf(args, settings, note),
  };
  if (settings.dryRun) {
    console.log(describe(plan));
    return 0;
  }
  const busy = otherWork();
  if (busy !== undefined) note(busy);
  const { channels, seconds, rounds, seed } = settings;
  const { config } = benchRun({ channels, batch: 1, seed });
  const stop = interruptible(() => console.error("stopping after this turn; once more to stop at once"));
  const results: Result[] = [];
  let web: WebReport | undefined;
  try {
    if (settings.web !== undefined)
      web = await benchInBrowser({
        ...settings,
        device: settings.web,
        report: reporter("in the page"),
        signal: stop.signal,
      });
    else
      results.push(
        ...(await measureTraining(plan, stop.signal)),
        ...(await measureSampling(plan, stop.signal)),
      );
  } catch (error) {
    if (stop.signal.aborted) return stop.exitCode(); // contenders of the same terminal have ended by themselves
    throw error;
  } finally {
    stop.ignore();
  }
  const report = {
    machine: thisMachine(),
    network: networkOf(config, channels),
    settings: { seconds, rounds, seed },
    results,
    ...(web !== undefined && { web }),
    notes,
  };
  console.log(settings.json ? JSON.stringify(report, undefined, 2) : showReport(report));
  return 0;
}

/** The engine that was asked for, or each one that is fast here. */
async function trainersOf(
  request: EngineRequest | undefined,
  note: (line: string) => void,
): Promise<Plan["trainers"]> {
  if (request !== undefined) return [await resolveEngine(request)];
  const fastest = (await engines.onnxruntime.auto()).backend;
  const tfjs = await engines.tfjs.auto();
  if (tfjs.backend === "cpu")
    note("tfjs is left out: it has no native library here, see pnpm setup:tensorflow");
  return [
    { engine: "onnxruntime", backend: "cpu" },
    ...(fastest === "cpu" ? [] : [{ engine: "onnxruntime", backend: fastest } as const]),
    ...(tfjs.backend === "cpu" ? [] : [{ engine: "tfjs", backend: tfjs.backend } as const]),
  ];
}

/** A Python that was named must have torch; where the peer was only wished for it may be left out. */
async function peerOf(
  args: BenchArguments,
  { python }: BenchSettings,
  note: (line: string) => void,
): Promise<Plan["peer"]> {
  if (python === undefined) return undefined;
  const peer = await findPeer(python);
  if (peer.missing === undefined) return peer;
  if (args.python !== undefined) throw new UsageError(`invalid python: ${python} (${peer.missing})`);
  note(`the peer is left out: ${peer.missing}; --python names another one, which must have torch`);
  return undefined;
}

async function measureTraining(plan: Plan, signal: AbortSignal): Promise<Result[]> {
  const { trainers, peer, channels, batches, seed, seconds, rounds } = plan;
  const results: Result[] = [];
  for (const batch of trainers.length > 0 ? batches : []) {
    const ours = trainers.map(({ engine, backend }) =>
      contender(`${engine} ${backend}`, "train-contender", {
        engine,
        backend,
        channels,
        batch,
        seed,
      }),
    );
    const entries = [...ours, ...(peer === undefined ? [] : [peer.entry(channels, batch)])];
    const report = reporter(`training, batch ${batch}, images/s`);
    const found = await race(entries, { command: "train", work: batch, seconds, rounds, report, signal });
    results.push(...resultsOf(found, { measure: "training", unit: "images/s", batch }));
  }
  return results;
}

async function measureSampling(plan: Plan, signal: AbortSignal): Promise<Result[]> {
  const { kinds, peer, channels, counts, device, seed, seconds, rounds } = plan;
  if (!kinds.includes("sample")) return [];
  const subject = { channels, batch: 1, seed };
  const folder = await mkdtemp(join(tmpdir(), "ncsn-bench-"));
  try {
    const model = join(folder, "bench.onnx");
    await writeFile(model, await benchModel(subject));
    const { parameters } = networkOf(benchRun(subject).config, channels);
    const entriesOf = (count: number): Entry[] => [
      contender("onnxruntime", "sample-contender", {
        model,
        parameters,
        device,
        count,
        steps: samplerSteps,
      }),
      ...(peer === undefined ? [] : [peer.entry(channels, count)]),
    ];
    const results: Result[] = [];
    for (const count of counts) {
      const report = reporter(`sampling ${count}, score evaluations/s`);
      const work = count * evaluations;
      const found = await race(entriesOf(count), {
        command: "sample",
        work,
        seconds,
        rounds,
        report,
        signal,
      });
      results.push(...resultsOf(found, { measure: "sampling", unit: "evaluations/s", batch: count }));
    }
    const found = await raceToFirstImage(entriesOf(1), { rounds, report: reporter("first image"), signal });
    return [...results, ...resultsOf(found, { measure: "first image", unit: "s", batch: 1 })];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One of ours, as a process of its own. */
const contender = (name: string, file: string, task: TrainTask | SampleTask): Entry => ({
  name,
  executable: process.execPath,
  args: [fileURLToPath(new URL(`./${file}.js`, import.meta.url)), JSON.stringify(task)],
});

const reporter =
  (what: string) =>
  (line: string): void =>
    console.error(`${what}: ${line}`);

/** What would be measured, for people. */
function describe(plan: Plan): string {
  const { trainers, peer, kinds, batches, counts, channels, seed, seconds, rounds, web } = plan;
  const { parameters } = networkOf(benchRun({ channels, batch: 1, seed }).config, channels);
  if (web !== undefined)
    return [
      `network   unet, ${channels} channels, ${parameters.toLocaleString("en-US")} parameters`,
      `page      ${web === "auto" ? "wasm with 1 and 2 threads, webgpu" : web}; batch ${counts.join(", ")}`,
    ].join("\n");
  const peers = peer === undefined ? 0 : 1;
  const samples = kinds.includes("sample");
  const turns = trainers.length > 0 ? batches.length * (trainers.length + peers) : 0;
  const turnsOfSampling = samples ? counts.length * (1 + peers) : 0;
  const starts = 3 * (turns + turnsOfSampling + (samples ? rounds * (1 + peers) : 0)); // some seconds each
  return [
    `network   unet, ${channels} channels, ${parameters.toLocaleString("en-US")} parameters`,
    ...(trainers.length > 0
      ? [
          `training  ${trainers.map(({ engine, backend }) => `${engine} ${backend}`).join(", ")}; batch ${batches.join(", ")}`,
        ]
      : []),
    ...(samples ? [`sampling  heun, ${evaluations} evaluations; batch ${counts.join(", ")}`] : []),
    `peer      ${peer === undefined ? "none" : "bench/torch_unet.py"}`,
    `takes     about ${duration((turns + turnsOfSampling) * (rounds + 1) * seconds + starts)}`,
  ].join("\n");
}
