/** `pnpm export`: a checkpoint becomes a file that has been checked. */
import { basename, dirname, resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import {
  group,
  key as keyOf,
  probeError,
  probeInputs,
  purposes,
  split,
  summarize,
  type Checkpoint,
  type Tensor,
} from "@ncsn/core";
import { load } from "@ncsn/infer/node";
import { decodeModel } from "../decode.ts";
import { exportModel } from "../export-model.ts";
import { checkCount, checkPoints, referenceScore, relativeError, type CheckPoints } from "../verify.ts";
import { exportHalf, fileOf } from "./export-half.ts";
import { checkpointFile, findRun } from "./find-run.ts";
import { integer, text, type Typed } from "./option-values.ts";
import { outputFile } from "./output-file.ts";
import { checkingProgress } from "./progress.ts";
import { trainingTime } from "./training-time.ts";
import { UsageError } from "./usage-error.ts";
import { demand, megabytes, print, show, worse, type Errors } from "./verification.ts";
import { writeVerified } from "./write-verified.ts";

/** Images of a call and of a check at most: they are held in memory whole. */
const most = { batch: 65_536, check: 1_000_000 };

/** What was typed. */
export interface ExportArguments {
  readonly run?: Typed;
  readonly out?: Typed;
  readonly batch?: Typed;
  readonly check?: Typed;
  readonly seed?: Typed;
  readonly from?: Typed;
  readonly half: boolean;
  readonly dryRun: boolean;
}

/**
 * Exports a run and prints what came out; progress goes to stderr.
 * @throws UsageError for what cannot be done as typed, VerificationError for a file that is wrong
 */
export async function runExport(typed: ExportArguments): Promise<void> {
  const [run, out, from] = [text("run", typed.run), text("out", typed.out), text("from", typed.from)];
  const batch = integer("batch", typed.batch, 1, most.batch);
  const check = integer("check", typed.check, 2, most.check);
  const seed = integer("seed", typed.seed, 0);
  if (from !== undefined) {
    if (run !== undefined || batch !== undefined)
      throw new UsageError(`--from ${from} is a file that is there already: it takes no run and no --batch`);
    if (!typed.half) throw new UsageError(`nothing to do with ${from} (give --half)`);
    return exportHalf({ full: await fileOf(from), out, check, seed, dryRun: typed.dryRun });
  }
  const { path, checkpoint } = await findRun(run);
  const { config, step, probe } = checkpoint;
  checkFinite(path, checkpoint);
  const folder = basename(dirname(resolve(path)));
  if (out === undefined && basename(path) === checkpointFile && folder !== config.name)
    throw new UsageError(
      `folder ${folder} holds a run of the name ${config.name}: give --out FILE, such as models/${folder}.onnx`,
    );
  const target = outputFile(out, config.name);
  const count = check ?? checkCount(config);
  const { size, multiplyAdds } = summarize(config.model, config.shape);
  console.error(`${run === undefined ? "the newest run, " : ""}${path}: step ${step} of ${config.steps}`);

  const parameters = group(checkpoint.state, "ema");
  const seconds = await trainingTime(path, step);
  const { engine } = checkpoint;
  const trained = { ...(engine !== undefined && { engine }), ...(seconds !== undefined && { seconds }) };
  const bytes = asUsage(path, () => exportModel({ config, step, parameters, probe, trained, batch }));
  const facts = {
    file: target,
    size: megabytes(bytes),
    nodes: String(decodeModel(bytes).graph.nodes.length),
    parameters: size.toLocaleString("en"),
    "multiply-adds": `${multiplyAdds.toLocaleString("en")} an image`,
    batch: batch === undefined ? "any" : String(batch),
  };
  if (typed.dryRun && !typed.half)
    return print({ ...facts, checks: `${count} images, about ${Math.ceil((count * multiplyAdds) / 2e8)} s` });

  const points = checkPoints(config, count, split(keyOf(seed ?? config.seed), purposes.probe));
  const checked = async (source: string | Uint8Array): Promise<Errors> => {
    const found = await measure(source, checkpoint, parameters, points);
    demand(target, found);
    return found;
  };
  if (typed.half) {
    if (!typed.dryRun) await checked(bytes); // what is then rounded is right
    return exportHalf({ full: bytes, out, check, seed, dryRun: typed.dryRun });
  }
  const errors = await writeVerified(target, bytes, checked);
  print({
    ...facts,
    "against float64": `${show(errors.reference)} of the score's rms, at ${count} noise levels`,
    "against trainer": `${show(errors.probe)} of the score's rms, at ${probe.sigmas.length} noise levels`,
  });
}

/** @throws UsageError where training has diverged, or the file is damaged */
function checkFinite(path: string, { state }: Checkpoint): void {
  for (const [name, { data }] of state)
    if (/^(raw|ema)\//.test(name) && !data.every(Number.isFinite))
      throw new UsageError(`cannot export ${path}: its tensor ${name} is not finite`);
}

/** Opens a file in ONNX Runtime and compares its scores. */
async function measure(
  source: string | Uint8Array,
  { config, probe }: Checkpoint,
  parameters: ReadonlyMap<string, Tensor>,
  points: CheckPoints,
): Promise<Errors> {
  const model = await load(source, { device: "cpu", workers: 1, verify: false });
  const progress = checkingProgress(points.count);
  try {
    const label = (labels: ArrayLike<number> | undefined) => (labels ? { label: Array.from(labels) } : {});
    const actual = await model.score(points.x, points.sigma, label(points.label));
    const dimension = actual.length / points.count;
    let reference = 0;
    for (let i = 0; i < points.count; i++) {
      const expected = referenceScore(config, parameters, points, i);
      reference = worse(
        reference,
        relativeError(expected, actual.subarray(i * dimension, (i + 1) * dimension)),
      );
      progress.update(i + 1);
      await setImmediate(); // lets Ctrl-C through
    }
    const inputs = probeInputs(probe, dimension, config.model.sigmaData);
    return {
      reference,
      probe: probeError(probe, await model.score(inputs, probe.sigmas, label(probe.labels))),
    };
  } finally {
    progress.stop();
    await model.dispose();
  }
}

/** What the checkpoint lacks is the checkpoint's fault. */
function asUsage<Result>(path: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    throw new UsageError(`cannot export ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
