/** `pnpm export`: a checkpoint becomes a file that has been checked. */
import { basename, dirname, resolve } from "node:path";
import { readCard, summarize } from "@ncsn/core";
import { decodeModel } from "../decode.ts";
import { guidedGraph, usualGuidance } from "../guided-model.ts";
import { exportCard } from "./export-card.ts";
import { exportGuided } from "./export-guided.ts";
import { exportHalf } from "./export-half.ts";
import { checkpointFile, findRun, type FoundRun } from "./find-run.ts";
import { asUsage, fileOf } from "./model-file.ts";
import { finite, integer, text, type Typed } from "./option-values.ts";
import { outputFile } from "./output-file.ts";
import { checkRunFile, levelsOf, runFile } from "./run-file.ts";
import { describeSampler, readSampler, sampledBy, type samplerOptions } from "./sampler-choice.ts";
import { UsageError } from "./usage-error.ts";
import { megabytes, print, show } from "./verification.ts";
import { writeVerified } from "./write-verified.ts";

/** Images of a call and of a check at most: they are held in memory whole. */
const most = { batch: 65_536, check: 1_000_000 };

/** What was typed. */
export interface ExportArguments extends Readonly<Partial<Record<keyof typeof samplerOptions, Typed>>> {
  readonly run?: Typed;
  readonly out?: Typed;
  readonly batch?: Typed;
  readonly check?: Typed;
  readonly seed?: Typed;
  readonly from?: Typed;
  readonly guide?: Typed;
  readonly guidance?: Typed;
  readonly half: boolean;
  readonly dryRun: boolean;
}

/** The same, understood. */
type Options = ReturnType<typeof optionsOf>;

/**
 * Exports a run, or makes another file of one, and prints what came out; progress goes to stderr.
 * @throws UsageError for what cannot be done as typed, VerificationError for a file that is wrong
 */
export async function runExport(typed: ExportArguments): Promise<void> {
  const options = optionsOf(typed);
  const { run, from } = options;
  if (from !== undefined)
    return exportFurther({ bytes: sampledBy(await fileOf(from), options.sampler) }, options);
  const found = await findRun(run);
  const { path, checkpoint } = found;
  const { config, probe } = checkpoint;
  const folder = basename(dirname(resolve(path)));
  if (options.out === undefined && basename(path) === checkpointFile && folder !== config.name)
    throw new UsageError(
      `folder ${folder} holds a run of the name ${config.name}: give --out FILE, such as models/${folder}.onnx`,
    );
  const target = outputFile(options.out, config.name);
  announce(run === undefined ? "the newest run, " : "", found);

  const bytes = sampledBy(await runFile(found, options.batch), options.sampler);
  const { size, multiplyAdds } = summarize(config.model, config.shape);
  const facts = {
    file: target,
    size: megabytes(bytes.length),
    nodes: String(decodeModel(bytes).graph.nodes.length),
    parameters: size.toLocaleString("en"),
    "multiply-adds": `${multiplyAdds.toLocaleString("en")} an image`,
    batch: options.batch === undefined ? "any" : String(options.batch),
    sampler: describeSampler(readCard(bytes)),
  };
  const count = levelsOf(found, options);
  const check = (file: string | Uint8Array) => checkRunFile(target, file, found, options);
  if (options.half || options.guide !== undefined)
    return exportFurther({ bytes, check: () => check(bytes) }, options);
  if (options.dryRun)
    return print({ ...facts, checks: `${count} images, about ${Math.ceil((count * multiplyAdds) / 2e8)} s` });
  const errors = await writeVerified(target, bytes, check);
  print({
    ...facts,
    "against float64": `${show(errors.reference)} of the score's rms, at ${count} noise levels`,
    "against trainer": `${show(errors.probe)} of the score's rms, at ${probe.sigmas.length} noise levels`,
  });
}

function optionsOf(typed: ExportArguments) {
  const options = {
    run: text("run", typed.run),
    out: text("out", typed.out),
    from: text("from", typed.from),
    guide: text("guide", typed.guide),
    guidance: finite("guidance", typed.guidance),
    batch: integer("batch", typed.batch, 1, most.batch),
    check: integer("check", typed.check, 2, most.check),
    seed: integer("seed", typed.seed, 0),
    sampler: readSampler(typed),
    half: typed.half,
    dryRun: typed.dryRun,
  };
  const { run, out, from, guide, guidance, batch, half, sampler } = options;
  if (guidance !== undefined && guide === undefined)
    throw new UsageError(`--guidance ${guidance} is the weight of a guide (give --guide RUN-OR-FILE)`);
  if (from !== undefined && (run !== undefined || batch !== undefined))
    throw new UsageError(`--from ${from} is a file that is there already: it takes no run and no --batch`);
  if (from !== undefined && guide === undefined && !half) {
    if (sampler === undefined)
      throw new UsageError(`nothing to do with ${from} (give --half, --guide or --sampler)`);
    if (out === undefined)
      throw new UsageError(`no file to write (give --out FILE; it may be the one that is read)`);
  }
  return options;
}

/** A float32 file to make another of. */
interface Full {
  readonly bytes: Uint8Array;
  /** Whether it is right, where nobody has looked yet; what is made of it then begins right. */
  readonly check?: () => Promise<unknown>;
}

async function exportFurther(full: Full, options: Options): Promise<void> {
  const { guide: named, guidance: weight = usualGuidance, dryRun } = options;
  const guide = named === undefined ? undefined : await guideFile(named, options);
  if (guide !== undefined) asUsage(() => guidedGraph(full.bytes, guide.bytes, weight)); // before all that takes time
  if (!dryRun) for (const file of [full, guide]) await file?.check?.();
  if (guide === undefined && options.half) return exportHalf({ ...options, full: full.bytes });
  if (guide === undefined) return exportCard({ ...options, model: full.bytes });
  return exportGuided({ ...options, main: full.bytes, guide: guide.bytes, weight });
}

/** A guide's file: one that is there, or one made of a run. */
async function guideFile(guide: string, options: Options): Promise<Full> {
  if (guide.endsWith(".onnx")) return { bytes: await fileOf(guide) };
  const found = await findRun(guide);
  announce("the guide, ", found);
  const bytes = await runFile(found, options.batch);
  return { bytes, check: () => checkRunFile(`the file of ${found.path}`, bytes, found, options) };
}

const announce = (which: string, { path, checkpoint: { step, config } }: FoundRun): void =>
  console.error(`${which}${path}: step ${step} of ${config.steps}`);
