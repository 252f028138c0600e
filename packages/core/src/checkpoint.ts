/**
 * What a training run writes and everything else reads: its configuration, and checkpoints as safetensors files whose
 * tensors are named `raw/…` (parameters), `ema/…` (their moving average), `adam.m/…` and `adam.v/…` (the optimiser).
 */
import type { Probe, TrainingStart } from "./card.ts";
import type { ScoreModel } from "./parameterization.ts";
import type { Recipe } from "./recipes/recipe.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  safetensorsMetadata,
  SafetensorsError,
  type Tensor,
} from "./safetensors.ts";

/** A run as it was resolved at its start: enough to repeat it. Written to `config.json` and into each checkpoint. */
export interface RunConfig {
  readonly version: 1;
  readonly name: string;
  readonly seed: number;
  /** The recipe with every override applied. */
  readonly recipe: Recipe;
  readonly model: ScoreModel;
  readonly dataset: {
    readonly name: string;
    /** Number of items; null for endless sets. */
    readonly size: number | null;
    /** What it was opened with beside the name: folder, image size, colour. */
    readonly options: Readonly<Record<string, string | number | boolean>>;
  };
  readonly shape: readonly [channels: number, height: number, width: number];
  readonly classes?: readonly string[];
  /** model = scale·pixel + offset. */
  readonly pixels: { readonly scale: number; readonly offset: number };
  readonly batch: number;
  /** Length of the run; learning-rate schedules run over it. */
  readonly steps: number;
  /** What it started with; absent where it started from the seed. */
  readonly start?: TrainingStart;
}

/** The groups of tensors in an engine's state, each with one of every parameter. */
export const stateGroups = ["raw", "ema", "adam.m", "adam.v"] as const;
/** One of {@link stateGroups}. */
export type StateGroup = (typeof stateGroups)[number];

/** Sums over training steps, of which a line of metrics is the mean. */
export interface MetricSums {
  readonly steps: number;
  readonly loss: number;
  readonly gradNorm: number;
  /** Images by noise level: equal parts of ln σ over the model's range, from the smallest. */
  readonly imagesBySigma: readonly number[];
  /** The sum of their losses. */
  readonly lossBySigma: readonly number[];
}

/** A run after some steps: enough to go on with it, and to export it. */
export interface Checkpoint {
  readonly config: RunConfig;
  /** Steps taken so far. */
  readonly step: number;
  /** What the moving average says of the probe's inputs, by the engine that trained it. */
  readonly probe: Probe;
  /** Who trained it, for people: an engine's description. */
  readonly engine?: string;
  /** The same by the names of `--engine` and `--backend`: a resumed run keeps them unless told. */
  readonly trainedOn?: { readonly engine: string; readonly backend: string };
  /** The steps since the last line of metrics, so that a resumed run's next line counts them too. */
  readonly sums?: MetricSums;
  /** An engine's whole state, by prefixed name. */
  readonly state: ReadonlyMap<string, Tensor>;
}

const metadataKey = "ncsn.checkpoint";

/** The bytes of `checkpoint.safetensors`: the tensors of the state, and the rest as JSON in the metadata. */
export function encodeCheckpoint({ state, ...rest }: Checkpoint): Uint8Array {
  return encodeSafetensors(state, { [metadataKey]: JSON.stringify(rest) });
}

/** @throws SafetensorsError where the file is damaged or is not a checkpoint */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(bytes);
  return { ...restOf(metadata), state: tensors };
}

/**
 * What a checkpoint says beside its tensors, from as many bytes as {@link safetensorsStart} says.
 * @throws SafetensorsError where they are damaged or are not of a checkpoint
 */
export const decodeCheckpointHead = (head: Uint8Array): Omit<Checkpoint, "state"> =>
  restOf(safetensorsMetadata(head));

function restOf(metadata: Readonly<Record<string, string>>): Omit<Checkpoint, "state"> {
  if (metadata[metadataKey] === undefined)
    throw new SafetensorsError("a safetensors file, but not a checkpoint of a training run");
  return parse(metadata[metadataKey]);
}

function parse(json: string): Omit<Checkpoint, "state"> {
  let rest: { config?: { version?: unknown } } | null;
  try {
    rest = JSON.parse(json) as typeof rest;
  } catch {
    throw new SafetensorsError("the checkpoint's metadata are not JSON; the file is damaged");
  }
  const version = rest?.config?.version;
  if (version !== 1)
    throw new SafetensorsError(
      `unknown checkpoint version: ${String(version)} (this release reads version 1)`,
    );
  return rest as Omit<Checkpoint, "state">;
}

/** The tensors of one group of a state, without the prefix. */
export function group(state: ReadonlyMap<string, Tensor>, name: StateGroup): Map<string, Tensor> {
  const prefix = `${name}/`;
  return new Map(
    [...state]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, tensor]) => [key.slice(prefix.length), tensor]),
  );
}
