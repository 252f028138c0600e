/** `train`: from options to a finished run. */
import type { Checkpoint, Dataset, RunConfig, TrainingStart } from "@ncsn/core";
import { openDataset, type DatasetRequest } from "../datasets/index.ts";
import type { Engine } from "../engine.ts";
import { planPreviews } from "../preview.ts";
import { createRun, enterRun, existing } from "../run/run-folder.ts";
import { newestRun, readRun, runExists } from "../run/saved-run.ts";
import { fitNoise } from "./auto-noise.ts";
import { describeRun, headline } from "./describe-run.ts";
import { learntBy, startFrom } from "./fine-tuned-run.ts";
import { engineRequest, openEngine, reopenEngine, type EngineRequest, type OpenedEngine } from "./engines.ts";
import { secondsPerStep, stepsWithin } from "./measure-speed.ts";
import { configure, dataOf, planRun, withSteps, type Plan } from "./new-run.ts";
import { integer, positive, refuseOdd } from "./option-values.ts";
import { trainingProgress } from "./progress.ts";
import { checkSame } from "./resumed-run.ts";
import { trainToEnd } from "./session.ts";
import { shellWord } from "./shell-word.ts";
import { duration } from "./show.ts";
import { interruptible } from "./stop-signals.ts";
import { networkOptions, trainOptions, type TrainArguments } from "./train-options.ts";
import { UsageError } from "./usage-error.ts";

type Arguments = TrainArguments & Readonly<Record<string, unknown>>;

/** Options that are about this process rather than about the run. */
interface Settings {
  readonly engine: EngineRequest;
  readonly checkpointEvery: number;
  readonly sampleEvery: number | undefined;
  readonly debugNan: boolean;
  readonly dryRun: boolean;
}

/** Carries the command out. @returns the exit code */
export async function runTrain(args: Arguments): Promise<number> {
  refuseOdd(args, { ...networkOptions, ...trainOptions });
  const settings = settingsOf(args);
  return args.resume === undefined ? startRun(args, settings) : resumeRun(args, args.resume, settings);
}

const startAt = ({ config, step }: Checkpoint): TrainingStart => ({
  run: config.name,
  step,
  images: step * config.batch + (config.start?.images ?? 0),
});

async function startRun(args: Arguments, settings: Settings): Promise<number> {
  const asked = planRun(args);
  const name =
    args.name === undefined
      ? await freeName(`${asked.data.name}-${asked.recipe.name}`)
      : checkName(args.name);
  if (await runExists(name)) throw existing(name);
  const before = args.from === undefined ? undefined : await learntBy(checkName(args.from));
  const dataset = await openData(asked.data);
  const plan = asked.autoNoise ? withFittedNoise(asked, dataset) : asked;
  const planned: RunConfig = {
    ...configure(plan, dataset, name, args),
    ...(before && { start: startAt(before) }),
  };
  return withEngine(openEngine(planned, settings.engine), settings, async ({ engine, trainedOn }) => {
    const config =
      "minutes" in plan.length
        ? await filling(plan.length.minutes, planned, engine, dataset, settings)
        : planned;
    if (settings.dryRun) return dryRun(config, engine, dataset);
    if (before !== undefined) await startFrom(engine, before);
    const folder = await createRun(config);
    return trainIn({ folder, config, engine, trainedOn, dataset, from: 0 }, args, settings);
  });
}

function withFittedNoise(plan: Plan, dataset: Dataset): Plan {
  const { recipe, lines } = fitNoise(plan.recipe, dataset, plan.seed);
  for (const line of lines) console.log(line);
  return { ...plan, recipe };
}

/** The run with as many steps as fill a time, pictures included. */
async function filling(
  minutes: number,
  config: RunConfig,
  engine: Engine,
  dataset: Dataset,
  { sampleEvery }: Settings,
): Promise<RunConfig> {
  const seconds = 60 * minutes;
  const began = performance.now();
  console.error("measuring the speed of training");
  const perStep = await secondsPerStep(config, engine, dataset, Math.min(15, 0.03 * seconds));
  const left = seconds - (performance.now() - began) / 1000;
  const steps = stepsWithin(left, perStep, 0);
  const { overhead } = planPreviews({ ...config, steps }, sampleEvery);
  return withSteps(config, stepsWithin(left, perStep, overhead));
}

async function resumeRun(args: Arguments, given: string, settings: Settings): Promise<number> {
  const name = given === "" ? await newestRun() : checkName(given);
  const { config, checkpoint: last } = await readRun(name);
  checkSame(config, args);
  if (given === "") console.error(`resuming ${name}`);
  const dataset = await openData(dataOf(config, args.data));
  checkData(config, dataset);
  const opening =
    last?.trainedOn !== undefined && args.engine === undefined && args.backend === undefined
      ? reopenEngine(config, last.trainedOn)
      : openEngine(config, settings.engine);
  return withEngine(opening, settings, async ({ engine, trainedOn }) => {
    if (settings.dryRun) return dryRun(config, engine, dataset);
    const folder = await enterRun(name);
    const { checkpoint } = await readRun(name).catch(async (error: unknown) => {
      await folder.close();
      throw error;
    });
    const start = { folder, config, engine, trainedOn, dataset };
    if (checkpoint === undefined) {
      if (config.start !== undefined)
        await startFrom(engine, await learntBy(config.start.run, config.start.step));
      return trainIn({ ...start, from: 0 }, args, settings);
    }
    const { step, state, sums, engine: before } = checkpoint;
    await engine.restore(state, step);
    if (before !== undefined && before !== engine.description)
      console.error(
        `note: ${before} trained it so far, ${engine.description} does now: the numbers will differ in rounding`,
      );
    return trainIn({ ...start, from: step, sums }, args, settings);
  });
}

/** Opens the engine, says which it is, and disposes of it whatever happens: its threads would keep the process. */
async function withEngine<Result>(
  opening: Promise<OpenedEngine & { readonly note?: string }>,
  { debugNan }: Settings,
  use: (opened: OpenedEngine) => Promise<Result>,
): Promise<Result> {
  const opened = await opening;
  const { engine, chosen, note } = opened;
  try {
    if (note !== undefined) console.error(`note: ${note}`);
    if (debugNan && engine.locate === undefined)
      throw new UsageError(`--debug-nan needs --engine onnxruntime (this is ${engine.description})`);
    console.error(chosen);
    return await use(opened);
  } finally {
    await engine.dispose();
  }
}

type Start = Pick<
  Parameters<typeof trainToEnd>[0],
  "folder" | "config" | "engine" | "trainedOn" | "dataset" | "from" | "sums"
>;

async function trainIn(
  start: Start,
  args: Arguments,
  { checkpointEvery, sampleEvery, debugNan }: Settings,
): Promise<number> {
  const { folder, config, from } = start;
  console.error(headline(config) + (from === 0 ? "" : `, from step ${from}`));
  const progress = trainingProgress(from, config.steps);
  const stop = interruptible(() => progress.note("stopping after this step; once more to stop at once"));
  const began = performance.now();
  try {
    const previews = planPreviews(config, sampleEvery);
    const { signal } = stop;
    const end = await trainToEnd({ ...start, previews, checkpointEvery, progress, signal, debugNan });
    progress.stop();
    if (end.step < config.steps) {
      console.error(
        `stopped after step ${end.step} of ${config.steps}; continue with\n  ${resumeCommand(config, args)}`,
      );
      return stop.exitCode();
    }
    const took = duration((performance.now() - began) / 1000);
    if (from === config.steps) console.error(`run ${config.name} is complete`);
    const loss = end.loss === undefined ? "" : `, loss ${end.loss.toPrecision(4)}`;
    console.log(
      `${folder.path}: ${config.steps} steps${from > 0 ? `, ${config.steps - from} of them now` : ""}, in ${took}${loss}`,
    );
    console.log(`checkpoint  ${folder.checkpointPath}`);
    console.log(`samples     ${end.sample ?? folder.samplesPath}`);
    if (end.report !== undefined) console.log(`report      ${end.report}`);
    console.log(`next        pnpm export ${config.name}`);
    return 0;
  } finally {
    progress.stop();
    stop.ignore();
    await folder.close();
  }
}

async function dryRun(config: RunConfig, engine: Engine, dataset: Dataset): Promise<number> {
  const perStep = await secondsPerStep(config, engine, dataset, 3);
  console.log(describeRun(config, engine.description, perStep));
  return 0;
}

async function openData(request: DatasetRequest): Promise<Dataset> {
  const { dataset, notes } = await openDataset(request);
  for (const note of notes) console.error(`note: ${note}`);
  return dataset;
}

/** A folder that has changed would make another run of it. */
function checkData({ name, dataset: { size }, shape }: RunConfig, dataset: Dataset): void {
  if (dataset.size !== (size ?? Infinity) || dataset.shape.join() !== shape.join())
    throw new UsageError(
      `the data have changed: ${dataset.size} items of [${dataset.shape.join(", ")}], run ${name} was started with ${size ?? "endless"} of [${shape.join(", ")}]`,
    );
}

function settingsOf(args: Arguments): Settings {
  return {
    engine: engineRequest(args.engine, args.backend),
    checkpointEvery: positive("checkpoint-every", args["checkpoint-every"] ?? "60"),
    sampleEvery:
      args["sample-every"] === undefined ? undefined : integer("sample-every", args["sample-every"]),
    debugNan: args["debug-nan"] === true,
    dryRun: args["dry-run"] === true,
  };
}

/** A name that may be a run's. @throws UsageError */
export function checkName(name: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
    throw new UsageError(
      `invalid name: ${name} (need letters, digits, ".", "_" and "-", a letter or digit first)`,
    );
  return name;
}

async function freeName(stem: string): Promise<string> {
  for (let n = 1; ; n++) if (!(await runExists(`${stem}-${n}`))) return `${stem}-${n}`;
}

/** The command that goes on as this one did. */
function resumeCommand({ name }: RunConfig, args: Arguments): string {
  const kept = (["data", "engine", "backend", "checkpoint-every", "sample-every"] as const).flatMap(
    (option) => {
      const value = args[option];
      return value === undefined ? [] : [`--${option} ${shellWord(value)}`];
    },
  );
  return ["pnpm train --resume", name, ...kept].join(" ");
}
