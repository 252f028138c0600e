/** What model files say of themselves, for the tables of documents. */
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { readCard, readJudgeCard, type Card, type JudgeCard } from "@ncsn/core";
import { decodeModel } from "@ncsn/export";
import type { Plan } from "./plan.ts";

/** A model file: one that makes samples, or one that judges them. */
export type Facts = {
  /** The file's name. */
  readonly file: string;
  readonly bytes: number;
  /** Floating-point numbers that it holds: the parameters, and the few constants that are none. */
  readonly numbers: number;
} & (
  | { readonly card: Card; readonly judge?: undefined }
  | { readonly judge: JudgeCard; readonly card?: undefined }
);

/** The facts of a plan's files. @throws CardError for a file of another kind */
export async function readFacts({ files, root }: Pick<Plan, "files" | "root">): Promise<readonly Facts[]> {
  return Promise.all(
    files.map(async (path) => {
      const model = new Uint8Array(await readFile(join(root, path)));
      const about = { file: basename(path), bytes: model.length, numbers: numbersOf(model) };
      return about.file.startsWith("judge-")
        ? { ...about, judge: readJudgeCard(model) }
        : { ...about, card: readCard(model) };
    }),
  );
}

function numbersOf(model: Uint8Array): number {
  let sum = 0;
  for (const { type, shape } of decodeModel(model).graph.constants.values())
    if (type === "float32" || type === "float16") sum += shape.reduce((product, size) => product * size, 1);
  return sum;
}
