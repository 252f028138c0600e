/** A run of training that can be paused, gone on with and asked at any time. */
import { trainInPage, type TrainInPageOptions, type TrainingMoment } from "@ncsn/train/web";

/** About how long a moment is, milliseconds. */
const momentTime = 40;

/** What a run tells. */
export interface RunEvents {
  readonly moved: (moment: TrainingMoment) => void;
  readonly ended: () => void;
  readonly failed: (error: unknown) => void;
}

/** A run, from before its worker is there. */
export interface LiveRun {
  readonly going: () => boolean;
  go(): void;
  pause(): void;
  /** ∇ log p_σ at points, by the network as it is. */
  score(points: Float32Array, sigma: number): Promise<Float32Array>;
  /** The bytes of its ONNX file. */
  model(): Promise<Uint8Array>;
  /** Ends it; it tells nothing more. */
  dispose(): void;
}

/** Opens a run at its start, paused. */
export function liveRun(options: TrainInPageOptions, { moved, ended, failed }: RunEvents): LiveRun {
  const training = trainInPage(options);
  let going = false;
  let following = false;
  let disposed = false;

  const follow = async () => {
    const opened = await training;
    while (going) {
      for await (const moment of opened.moments(momentTime)) {
        if (disposed) return;
        if (moment.step === moment.steps) going = false;
        moved(moment);
        if (moment.step === moment.steps) ended();
        if (!going) break;
      }
    }
  };

  return {
    going: () => going,
    go() {
      going = true;
      if (following) return;
      following = true;
      follow()
        .catch((error: unknown) => {
          going = false;
          if (!disposed) failed(error);
        })
        .finally(() => (following = false));
    },
    pause() {
      going = false;
    },
    score: async (points, sigma) => (await training).score(points, sigma),
    model: async () => (await training).model(),
    dispose() {
      disposed = true;
      going = false;
      // One that did not start has said so, and has nothing to end.
      training.then(
        (opened) => opened.dispose(),
        () => undefined,
      );
    },
  };
}
