import type { ScheduleName } from "../schedules.ts";
import type { Space } from "../space.ts";
import type { Diagnostics } from "./diagnostics.ts";

/** A moment of sampling. `x` may be read until the next step is asked for. */
export interface Step<V> {
  readonly index: number;
  /** Steps in all; where the data decide, undefined until the last one, which has it. */
  readonly total: number | undefined;
  /** The noise level that x is at, model units, of the noisiest image where they differ; 0 when it is clean. */
  readonly sigma: number;
  /** Score evaluations per image so far. */
  readonly evaluations: number;
  readonly x: V;
  /** Of the Langevin step that led here, where the option `diagnose` asks. */
  readonly diagnostics?: Diagnostics;
}

/** What an option of a sampler may be and what it does: for checks, lists and command lines. */
export interface OptionRule {
  readonly kind: "number" | "integer" | "boolean" | "choice";
  /** The words that a choice is from. */
  readonly choices?: readonly string[];
  /** The smallest value of a number. */
  readonly least?: number;
  /** The largest. */
  readonly most?: number;
  /** What a number must be greater than. */
  readonly above?: number;
  /** The option that this one replaces; not both. */
  readonly insteadOf?: string;
  /** One line for lists. */
  readonly about: string;
}

/** The rule of the option that asks for {@link Step.diagnostics}. */
export const diagnoseRule: OptionRule = {
  kind: "boolean",
  about: "measure each step against theory: variance ratio and signal-to-noise",
};

/** An algorithm that turns noise into data by asking for scores. */
export interface Sampler<Options extends object = object> {
  /** One line for lists: what it is and its paper. */
  readonly summary: string;
  /** Its natural σ schedule. */
  readonly schedule: ScheduleName;
  /** Levels or intervals of the schedule unless told. */
  readonly steps: number;
  readonly defaults: Readonly<Options>;
  /** The rule of every option. */
  readonly options: { readonly [Name in keyof Options]-?: OptionRule };
  /** Score evaluations per image of `steps` steps on the natural schedule; undefined where the data decide. */
  evaluations(steps: number, options: Readonly<Options>): number | undefined;
  /** Advice on options that will not work well for this schedule, a sentence each. */
  advice?(sigmas: Float64Array, options: Readonly<Options>): readonly string[];
  /**
   * Runs the algorithm; the last step it yields holds the result, which is returned too. Between steps it holds x and at
   * most one value more.
   * @param x the state at sigmas[0]; it belongs to the sampler from here on, the result to the caller
   * @param sigmas decreasing noise levels, model units; only the last may be 0
   */
  run<V>(space: Space<V>, x: V, sigmas: Float64Array, options: Readonly<Options>): AsyncGenerator<Step<V>, V>;
}
