/** What model files say of themselves, for the tables of documents. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readCard, readJudgeCard, type Card, type JudgeCard } from "@ncsn/core";
import { decodeModel } from "@ncsn/export";

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

/** The facts of every `.onnx` file of a folder, by name. @throws CardError for a file of another kind */
export async function readFacts(folder: string): Promise<readonly Facts[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".onnx")).sort();
  return Promise.all(
    names.map(async (file) => {
      const model = new Uint8Array(await readFile(join(folder, file)));
      const about = { file, bytes: model.length, numbers: numbersOf(model) };
      return file.startsWith("judge-")
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
