/** `judge`: from options to the file of a classifier that judges samples. */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { classifier, summarizeClassifier, type Dataset, type JudgeCard, type Tensor } from "@ncsn/core";
import { exportJudge } from "@ncsn/export";
import { dataKey } from "../batches.ts";
import { endlessEpoch } from "../cli/new-run.ts";
import { integer, positive, refuseOdd } from "../cli/option-values.ts";
import { trainingProgress } from "../cli/progress.ts";
import { count, duration, large } from "../cli/show.ts";
import { interruptible } from "../cli/stop-signals.ts";
import { UsageError } from "../cli/usage-error.ts";
import { openDataset } from "../datasets/index.ts";
import { openJudge } from "../evaluate/judge.ts";
import { writeAtomically } from "../run/atomic-write.ts";
import { judgeDefaults, judgeOptions, type JudgeArguments } from "./judge-options.ts";
import { testJudge } from "./test-judge.ts";
import { trainJudge, type JudgePlan } from "./train-judge.ts";

/** Images that a judge of an endless set is tested on. */
const endlessTest = 10_000;

/** Carries the command out. @returns the exit code */
export async function runJudge(args: JudgeArguments & Readonly<Record<string, unknown>>): Promise<number> {
  refuseOdd(args, judgeOptions);
  const settings = settingsOf(args);
  const [train, test] = await Promise.all([openHalf("train", settings), openHalf("test", settings)]);
  const plan = planOf(settings, train);
  if (settings.dryRun) return describe(plan, settings, test);

  const { steps } = plan.training;
  const progress = trainingProgress(0, steps);
  const stop = interruptible(() => progress.note("stopping after this step; once more to stop at once"));
  const began = performance.now();
  try {
    const parameters = await trained(plan, stop.signal, (taken) => progress.update(taken));
    progress.stop();
    if (parameters === undefined) {
      console.error("stopped; nothing was written");
      return stop.exitCode();
    }
    const card = await tested(plan, parameters, test);
    await mkdir(dirname(settings.out), { recursive: true });
    await writeAtomically(settings.out, exportJudge(card, parameters));
    const { accuracy, errors, crossEntropy } = card.test;
    const took = duration((performance.now() - began) / 1000);
    console.log(`${settings.out}: ${count(steps)} steps of ${plan.training.batch}, in ${took}`);
    console.log(
      `accuracy       ${percent(accuracy)}, ${count(errors)} of ${count(card.dataset.test)} test images wrong`,
    );
    console.log(`cross-entropy  ${crossEntropy.toPrecision(3)}`);
    return 0;
  } finally {
    progress.stop();
    stop.ignore();
  }
}

/** Trains to the end; undefined where a signal stopped it. */
async function trained(
  plan: JudgePlan,
  signal: AbortSignal,
  tell: ReturnType<typeof trainingProgress>["update"],
): Promise<ReadonlyMap<string, Tensor> | undefined> {
  const run = trainJudge(plan);
  for (;;) {
    const { done, value } = await run.next();
    if (done === true) return value;
    tell(value);
    if (signal.aborted) {
      await run.return(new Map());
      return undefined;
    }
  }
}

/** The card, with what the file says of the test images. */
async function tested(
  { network, training, dataset }: JudgePlan,
  parameters: ReadonlyMap<string, Tensor>,
  test: Dataset,
): Promise<JudgeCard> {
  const size = test.size === Infinity ? endlessTest : test.size;
  const card: JudgeCard = {
    version: 1,
    name: `judge-${dataset.name}`,
    shape: dataset.shape,
    classes: dataset.classes ?? [],
    width: network.width,
    dataset: { name: dataset.name, train: dataset.size === Infinity ? null : dataset.size, test: size },
    test: { accuracy: 0, errors: size, crossEntropy: 0 },
    network,
    training,
  };
  const judge = await openJudge(exportJudge(card, parameters));
  try {
    return { ...card, test: await testJudge(judge, test, size) };
  } finally {
    await judge.dispose();
  }
}

/** Prints what would be done. */
async function describe(plan: JudgePlan, { out }: Settings, test: Dataset): Promise<number> {
  const { network, training, dataset } = plan;
  const { parameters, size, multiplyAdds } = summarizeClassifier(network, dataset.shape);
  const perStep = await secondsPerStep(plan);
  const items = ({ size: of }: Dataset): string => (of === Infinity ? "endless" : count(of));
  const rows: readonly (readonly [string, string])[] = [
    ["file", out],
    [
      "data",
      `${dataset.name} [${dataset.shape.join(", ")}], ${items(dataset)} to train on, ${items(test)} to test`,
    ],
    [
      "network",
      `channels ${network.channels.join(", ")}; ${network.width} features, ${network.classes} classes`,
    ],
    ["length", `${count(training.steps)} steps of ${training.batch}, rate ${training.rate}`],
    ["shift", `up to ${training.shift} pixels`],
    ["seed", String(training.seed)],
    ...parameters.map(({ name, shape }) => [`  ${name}`, `[${shape.join(", ")}]`] as const),
    ["parameters", count(size)],
    ["multiply-adds", `${large(multiplyAdds)} an image`],
    ["time", `about ${duration(perStep * training.steps)}: ${duration(perStep)} a step (measured)`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) console.log(`${name.padEnd(width)}  ${value}`);
  return 0;
}

/** The mean time of a few steps after the first, which compile and allocate. */
async function secondsPerStep(plan: JudgePlan): Promise<number> {
  const [warmUp, measured] = [3, 20];
  let total = 0;
  for await (const { step, seconds } of trainJudge(plan)) {
    if (step > warmUp) total += seconds;
    if (step === warmUp + measured) return total / measured;
  }
  return total / Math.max(1, plan.training.steps - warmUp);
}

interface Settings {
  readonly name: string;
  readonly data: string | undefined;
  readonly size: number | undefined;
  readonly seed: number;
  readonly shift: number;
  readonly width: number;
  readonly channels: readonly number[];
  readonly length: { readonly steps: number } | { readonly epochs: number };
  readonly batch: number;
  readonly rate: number;
  readonly out: string;
  readonly dryRun: boolean;
}

function settingsOf(args: JudgeArguments): Settings {
  if (args.steps !== undefined && args.epochs !== undefined)
    throw new UsageError("--steps and --epochs both say how long (give one)");
  const whole = (option: "seed" | "shift" | "width" | "batch", otherwise: number, least = 1) =>
    args[option] === undefined ? otherwise : integer(option, args[option], least);
  const name = args.dataset ?? "glyphs";
  const out = args.out ?? join("models", `judge-${name}.onnx`);
  if (!out.endsWith(".onnx")) throw new UsageError(`invalid out: ${out} (need a name that ends in .onnx)`);
  return {
    name,
    data: args.data,
    size: args.size === undefined ? undefined : integer("size", args.size),
    seed: whole("seed", judgeDefaults.seed, 0),
    shift: whole("shift", judgeDefaults.shift, 0),
    width: whole("width", classifier.defaults.width),
    channels: args.channels === undefined ? classifier.defaults.channels : wholes("channels", args.channels),
    length:
      args.steps === undefined
        ? {
            epochs: args.epochs === undefined ? judgeDefaults.epochs : positive("epochs", args.epochs),
          }
        : { steps: integer("steps", args.steps) },
    batch: whole("batch", judgeDefaults.batch),
    rate: args.rate === undefined ? classifier.rate : positive("rate", args.rate),
    out,
    dryRun: args["dry-run"] === true,
  };
}

/** Integers ≥ 1 with commas between them. @throws UsageError */
const wholes = (option: string, typed: string): readonly number[] =>
  typed.split(",").map((part) => integer(option, part));

/** @throws UsageError where the set has no images or no classes */
async function openHalf(split: "train" | "test", { name, data, size, seed }: Settings): Promise<Dataset> {
  const { dataset, notes } = await openDataset({
    name,
    split,
    key: dataKey(seed),
    ...(data !== undefined && { data }),
    ...(size !== undefined && { size }),
  });
  for (const note of notes) console.error(`note: ${note}`);
  if (!dataset.pixels) throw new UsageError(`${name} has no images to judge`);
  if (dataset.classes === undefined || dataset.classes.length < 2)
    throw new UsageError(`${name} has no classes to judge by`);
  return dataset;
}

function planOf(
  { length, batch, rate, seed, shift, width, channels }: Settings,
  dataset: Dataset,
): JudgePlan {
  const items = dataset.size === Infinity ? endlessEpoch : dataset.size;
  const steps = "steps" in length ? length.steps : Math.ceil((length.epochs * items) / batch);
  return {
    network: { classes: dataset.classes?.length ?? 0, width, channels },
    training: { steps, batch, rate, seed, shift },
    dataset,
  };
}

const percent = (share: number): string => `${(100 * share).toFixed(2)}%`;
