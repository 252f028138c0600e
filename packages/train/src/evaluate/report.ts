/** What `evaluate` measures: each report is a file, and a line in `reports.ts`. */
import type { Card, Dataset } from "@ncsn/core";
import type { SamplingRequest } from "@ncsn/infer/node";

/** What is evaluated, and on what. */
export interface Evaluation {
  /** The model file. */
  readonly model: Uint8Array;
  readonly card: Card;
  readonly dataset: Dataset;
  /** The folder of its files, where that was said. */
  readonly data: string | undefined;
  /** The half of the data set that it is. */
  readonly split: "train" | "test";
  /** Opens a half of the data set; a procedural one is drawn from `seed`, the evaluation's unless told. */
  readonly open: (split: "train" | "test", seed?: number) => Promise<Dataset>;
  /** Number of the first item, and how many from there on. */
  readonly first: number;
  readonly count: number;
  readonly seed: number;
  /** Items of one run of the network. */
  readonly batch: number;
  /** How to sample, where that was said. */
  readonly sampling: SamplingRequest;
  readonly signal: AbortSignal;
  /** Tells how far it is. */
  readonly progress: (done: number, total: number) => void;
}

/** A line of a table. */
export type Row = readonly [name: string, value: string];

/** A number of a report for machines. */
export interface Finding {
  readonly name: string;
  readonly value: number;
  /** Standard error, where it has one. */
  readonly error?: number;
}

/** What a report found: lines for people, and the same as numbers. */
export interface Found {
  readonly rows: readonly Row[];
  readonly findings: readonly Finding[];
  /** What goes to the folder of the evaluation, by the files' names. */
  readonly files?: Readonly<Record<string, string>>;
}

/** An option of a report; its value is text until the report reads it. */
export interface ReportOption {
  readonly describe: string;
  readonly default: string;
}

/** Something that `evaluate` measures. */
export interface Report {
  /** One line for the help. */
  readonly summary: string;
  /** Its options, by their names on the command line. */
  readonly options: Readonly<Record<string, ReportOption>>;
  /** Items that it takes where nothing is said; 100 where it does not say either. */
  readonly count?: number;
  /** Whether it reads items `first` … of the data set, which then has to have them; true unless told. */
  readonly readsItems?: false;
  /** Whether what it finds has files. */
  readonly writes?: true;
  /** Reads its options; what it gives measures. @throws UsageError */
  prepare(options: Readonly<Record<string, string>>): (evaluation: Evaluation) => Promise<Found>;
}
