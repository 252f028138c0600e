/** Training a run to its end, or until it is told to stop: steps, metrics, pictures, checkpoints and reports. */
import { setImmediate } from "node:timers/promises";
import type { Checkpoint, Dataset, MetricSums, RunConfig } from "@ncsn/core";
import type { Engine } from "../engine.ts";
import { addStep, lineAfter, noSums } from "../metrics.ts";
import { drawPreview, previewed, type PreviewPlan } from "../preview.ts";
import { measureProbe } from "../probe.ts";
import { writeRunReport } from "../report/write-run-report.ts";
import { picture } from "../run/picture.ts";
import type { RunFolder } from "../run/run-folder.ts";
import { DivergedError, train } from "../trainer.ts";
import type { Progress } from "./progress.ts";

export interface SessionOptions {
  readonly config: RunConfig;
  /** Holds the state of step `from`. */
  readonly engine: Engine;
  /** Its names, for the checkpoints. */
  readonly trainedOn: NonNullable<Checkpoint["trainedOn"]>;
  readonly dataset: Dataset;
  readonly folder: RunFolder;
  /** Steps already taken. */
  readonly from: number;
  /** The sums of the checkpoint that `from` is of. */
  readonly sums?: MetricSums;
  readonly previews: PreviewPlan;
  /** Seconds between checkpoints. */
  readonly checkpointEvery: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Says where a loss that is not finite comes from. */
  readonly debugNan: boolean;
}

/** Where training got to. */
export interface SessionEnd {
  readonly step: number;
  /** The loss of the last metrics window that ended; undefined where none did. */
  readonly loss: number | undefined;
  /** The newest picture of this session. */
  readonly sample: string | undefined;
  /** The report; undefined where it could not be written. */
  readonly report: string | undefined;
}

/** @throws DivergedError with the last good checkpoint named, or Error where the disk refuses */
export async function trainToEnd(options: SessionOptions): Promise<SessionEnd> {
  const { config, engine, dataset, folder, from, previews, checkpointEvery, progress, signal, debugNan } =
    options;
  let sums = options.sums ?? noSums;
  let step = from;
  let loss: number | undefined;
  let sample: string | undefined;
  let saved: number | undefined;
  const started = await folder.startMetrics(from);
  let seconds = started?.seconds ?? 0;
  let window = { seconds: 0, steps: 0 }; // of this process, since the last line

  const saveCheckpoint = async (): Promise<void> => {
    const probe = await measureProbe(config, engine, step);
    await folder.saveCheckpoint({
      config,
      step,
      probe,
      engine: engine.description,
      trainedOn: options.trainedOn,
      sums,
      state: await engine.state(),
    });
    saved = step;
  };

  /** A picture of whatever the run shows, or none at all where it gives up. */
  const savePreviews = async (done: boolean): Promise<void> => {
    const pictures: (readonly ["ema" | "raw", Uint8Array])[] = [];
    for (const which of previewed(config.recipe)) {
      const { count } = previews;
      const samples = await drawPreview({ config, engine, count, which, ...(!done && { signal }) });
      if (samples === undefined) return;
      pictures.push([which, await pictureOf(samples, config, dataset)]);
    }
    for (const [which, png] of pictures) {
      const path = await folder.saveSample(step, which, png);
      if (which === "ema") sample = path;
    }
  };

  try {
    // A run can be resumed from its first moment; one that is resumed has its checkpoint.
    if (from === 0) await saveCheckpoint();
    else saved = from;
    let savedAt = performance.now();

    for await (const taken of train({ config, engine, dataset, from, signal, locate: debugNan })) {
      step = taken.step;
      seconds += taken.seconds;
      window = { seconds: window.seconds + taken.seconds, steps: window.steps + 1 };
      const imagesPerSecond = (config.batch * window.steps) / window.seconds;
      sums = addStep(sums, taken, config.recipe.sigmaRange);
      progress.update(taken);
      const line = lineAfter(sums, taken, config.steps);
      if (line !== undefined) {
        await folder.appendMetrics({
          ...line,
          imagesPerSecond: round(imagesPerSecond),
          seconds: round(seconds),
        });
        ({ loss } = line);
        sums = noSums;
        window = { seconds: 0, steps: 0 };
      }
      const done = step === config.steps;
      if (done || step % previews.every === 0) {
        await savePreviews(done);
        if (!done) await report(options, step);
      }
      if (performance.now() - savedAt > 1000 * checkpointEvery) {
        await saveCheckpoint();
        savedAt = performance.now();
      }
      await setImmediate(); // engines may work without ever waiting; signals are heard only between tasks
    }
    if (saved !== step) await saveCheckpoint();
  } catch (error) {
    if (!(error instanceof DivergedError)) throw error;
    const remains =
      saved === undefined
        ? "there is no checkpoint yet"
        : `the last good checkpoint is of step ${saved}: ${folder.checkpointPath}`;
    const advice = `--debug-nan${engine.locate === undefined ? " with --engine onnxruntime" : ""} says where it arises`;
    const inStep = error.step > step; // else it was a score of the probe
    await folder.noteDiverged({ step: error.step, diverged: error.message });
    await report(options, step);
    throw inStep && !debugNan ? error.with(remains).with(advice) : error.with(remains);
  }
  return { step, loss, sample, report: await report(options, step) };
}

/** A run does not end for its report. @returns its path, or undefined where it could not be written */
async function report({ config, progress }: SessionOptions, step: number): Promise<string | undefined> {
  try {
    return await writeRunReport(config.name, step);
  } catch (error) {
    progress.note(`note: no report: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

const round = (value: number): number => Number(value.toPrecision(4));

/** Points are drawn over as many of the data. */
function pictureOf(samples: Float32Array, { shape }: RunConfig, dataset: Dataset): Promise<Uint8Array> {
  const [channels, height, width] = shape;
  const points = height * width > 1 ? 0 : Math.min(dataset.size, 1024);
  const data = new Float32Array(points * channels);
  for (let i = 0; i < points; i++) dataset.read(i, data, i * channels);
  return picture(samples, shape, data);
}
