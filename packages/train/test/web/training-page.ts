/** What the test of training does inside a page. */
import { trainInPage, type TrainInPageOptions, type TrainingMoment } from "@ncsn/train/web";

/** Trains to the end of a run; scores at points, and the file it gives. */
export async function train(
  options: TrainInPageOptions,
  at: readonly number[],
  sigma: number,
): Promise<{ moments: TrainingMoment[]; scores: number[]; file: number[] }> {
  const training = await trainInPage(options);
  const moments: TrainingMoment[] = [];
  for await (const moment of training.moments(20)) moments.push(moment);
  const scores = [...(await training.score(Float32Array.from(at), sigma))];
  const file = [...(await training.model())];
  training.dispose();
  return { moments, scores, file };
}

/** The same on points, which come as a list. */
export const trainPoints = (
  points: readonly number[],
  options: Omit<TrainInPageOptions, "data">,
  at: readonly number[],
  sigma: number,
): ReturnType<typeof train> => train({ ...options, data: Float32Array.from(points) }, at, sigma);

/** Leaves the loop after the first moment and goes on: what the second says. */
export async function pause(options: TrainInPageOptions): Promise<[first: number, second: number]> {
  const training = await trainInPage(options);
  const steps: number[] = [];
  for (let i = 0; i < 2; i++)
    for await (const { step } of training.moments(0)) {
      steps.push(step);
      break;
    }
  training.dispose();
  for await (const _ of training.moments()) throw new Error("a disposed run goes on");
  return [steps[0], steps[1]];
}

/** What a score says that is asked for just before the run is ended, and whether a moment then ends its loop. */
export async function askAndDispose(options: TrainInPageOptions): Promise<string> {
  const training = await trainInPage(options);
  const moments = training.moments(1000);
  const moment = moments.next();
  const score = training.score(Float32Array.of(0, 0), 1).then(
    () => "a score",
    (error: unknown) => String(error),
  );
  training.dispose();
  return `${(await moment).done === true ? "ended" : "a moment"}; ${await score}`;
}

/** What a loop and a score say whose worker fails amid training. */
export async function failAmid(options: TrainInPageOptions): Promise<string[]> {
  const workers: Worker[] = [];
  const { Worker } = window;
  window.Worker = class extends Worker {
    constructor(script: string | URL, how?: WorkerOptions) {
      super(script, how);
      workers.push(this);
    }
  };
  const training = await trainInPage(options);
  window.Worker = Worker;
  const waiting = [training.moments(1e6).next(), training.score(Float32Array.of(0, 0), 1)];
  for (const worker of workers) worker.dispatchEvent(new ErrorEvent("error", { message: "out of memory" }));
  const said = await Promise.all(waiting.map((promise) => promise.then(() => "an answer", String)));
  training.dispose();
  return said;
}

/** Why a run does not start. */
export const refusal = (options: TrainInPageOptions): Promise<string> =>
  trainInPage(options).then(
    () => "it started",
    (error: unknown) => String(error),
  );

/** Why points are refused. */
export const refusePoints = (points: readonly number[]): Promise<string> =>
  refusal({ data: Float32Array.from(points) });
