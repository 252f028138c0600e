/** Measurements as data: what `--json` prints and the table is made of. */
import { summarize, type RunConfig } from "@ncsn/core";
import type { Machine } from "./machine.ts";
import { peerName } from "./peer.ts";
import type { Finding } from "./race.ts";
import type { WebReport } from "./web-bench.ts";

/** Of several numbers. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** One contender in one measurement. */
export interface Result extends Spread {
  readonly measure: "training" | "sampling" | "first image";
  readonly unit: "images/s" | "evaluations/s" | "s";
  /** Images of a step, or sampled together. */
  readonly batch: number;
  readonly contender: string;
  /** What it says of itself. */
  readonly description: string;
  /** One a round. */
  readonly values: readonly number[];
  /** Bytes of the process's largest resident set. */
  readonly peakMemory: number;
  /** Its speed in that of the peer, round by round; where there is a peer. */
  readonly speedByPeer?: Spread;
  /** Its memory in that of the peer. */
  readonly memoryByPeer?: number;
}

/** All that a bench found. */
export interface BenchReport {
  readonly machine: Machine;
  readonly network: {
    readonly name: string;
    readonly channels: number;
    readonly parameters: number;
    /** Of an image, [channels, height, width]. */
    readonly shape: readonly number[];
  };
  readonly settings: { readonly seconds: number; readonly rounds: number; readonly seed: number };
  readonly results: readonly Result[];
  /** What a browser found, where it was asked. */
  readonly web?: WebReport;
  /** What is not there, and why. */
  readonly notes: readonly string[];
}

/** The network of a report. */
export function networkOf({ model, shape }: RunConfig, channels: number): BenchReport["network"] {
  return { name: model.network.name, channels, parameters: summarize(model, shape).size, shape };
}

/**
 * Findings of one race as results.
 * @throws Error where the peer's network is not ours
 */
export function resultsOf(
  findings: readonly Finding[],
  what: Pick<Result, "measure" | "unit" | "batch">,
): Result[] {
  const peer = findings.find(({ name }) => name === peerName);
  return findings.map((finding) => {
    const { name, description, values, memory, parameters } = finding;
    if (peer !== undefined && peer.parameters !== parameters)
      throw new Error(`the peer's network has ${peer.parameters} parameters, ours ${parameters}`);
    return {
      ...what,
      contender: name,
      description,
      values,
      ...spreadOf(values),
      peakMemory: memory,
      ...(peer !== undefined && finding !== peer && againstPeer(finding, peer, what.unit === "s")),
    };
  });
}

function againstPeer(
  ours: Finding,
  peer: Finding,
  lessIsFaster: boolean,
): Required<Pick<Result, "speedByPeer" | "memoryByPeer">> {
  const ratios = ours.values.map((value, round) => value / peer.values[round]);
  return {
    speedByPeer: spreadOf(lessIsFaster ? ratios.map((ratio) => 1 / ratio) : ratios),
    memoryByPeer: ours.memory / peer.memory,
  };
}

/** Median and ends of several numbers. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return {
    median: (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2,
    min: sorted[0],
    max: sorted[sorted.length - 1],
  };
}
