/** Contenders measured in turns: whatever else the machine does meets all of them alike, and ratios are taken by round. */
import { speed } from "../cli/show.ts";
import { enter, type Contender, type Entry } from "./contender.ts";
import type { Command } from "./serve.ts";

/** What is measured, and how carefully. */
export interface RaceOptions {
  readonly command: Exclude<Command, "memory">;
  /** Images, or evaluations, of one repetition. */
  readonly work: number;
  /** Of one turn, about. */
  readonly seconds: number;
  readonly rounds: number;
  /** Is told how it goes, a line at a time. */
  readonly report: (line: string) => void;
  /** Ends the race after the turn under way, by throwing its reason. */
  readonly signal: AbortSignal;
}

/** What was found of one contender. */
export interface Finding {
  readonly name: string;
  readonly description: string;
  /** Of the network. */
  readonly parameters: number;
  /** One number a round. */
  readonly values: readonly number[];
  /** Bytes at the peak. */
  readonly memory: number;
}

/** Speeds of contenders in turns, A B A B …, each in a process that sleeps while it is not its turn. */
export async function race(entries: readonly Entry[], options: RaceOptions): Promise<Finding[]> {
  const { command, work, rounds, report, signal } = options;
  const contenders: Contender[] = [];
  try {
    // One after the other: what starts next to a measurement disturbs it.
    for (const entry of entries) contenders.push(await enter(entry));
    const repetitions: number[] = [];
    for (const contender of contenders) repetitions.push(await repetitionsOf(contender, options));
    const values: number[][] = contenders.map(() => []);
    for (let round = 0; round < rounds; round++) {
      for (const [i, contender] of contenders.entries()) {
        signal.throwIfAborted();
        values[i].push((repetitions[i] * work) / (await contender.ask(command, repetitions[i])));
      }
      const seen = contenders.map(({ entry: { name } }, i) => `${name} ${speed(values[i][round])}`);
      report(`round ${round + 1} of ${rounds}: ${seen.join(", ")}`);
    }
    const found: Finding[] = [];
    for (const [i, contender] of contenders.entries()) found.push(await findingOf(contender, values[i]));
    return found;
  } finally {
    for (const contender of contenders) await contender.close();
  }
}

/** Seconds from the start of a process to its first image, in a new process every round. */
export async function raceToFirstImage(
  entries: readonly Entry[],
  { rounds, report, signal }: Pick<RaceOptions, "rounds" | "report" | "signal">,
): Promise<Finding[]> {
  const found: Finding[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [i, entry] of entries.entries()) {
      signal.throwIfAborted();
      const began = performance.now();
      const contender = await enter(entry);
      try {
        await contender.ask("sample", 1);
        const seconds = (performance.now() - began) / 1000;
        found[i] = await findingOf(contender, [...(found[i]?.values ?? []), seconds]);
      } finally {
        await contender.close();
      }
    }
    const seen = found.map(({ name, values }) => `${name} ${values[round].toFixed(2)} s`);
    report(`round ${round + 1} of ${rounds}: ${seen.join(", ")}`);
  }
  return found;
}

async function findingOf(contender: Contender, values: readonly number[]): Promise<Finding> {
  const { entry, hello } = contender;
  return { name: entry.name, ...hello, values, memory: await contender.ask("memory") };
}

/** How often a turn repeats; finding it out warms up as well. */
async function repetitionsOf(
  contender: Contender,
  { command, seconds, signal }: RaceOptions,
): Promise<number> {
  await contender.ask(command, 1); // compiles and allocates
  for (let repetitions = 1; ; repetitions *= 2) {
    signal.throwIfAborted();
    const taken = await contender.ask(command, repetitions);
    if (taken > seconds / 4) return Math.max(1, Math.round((repetitions * seconds) / taken));
  }
}
