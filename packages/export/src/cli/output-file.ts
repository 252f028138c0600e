import { join } from "node:path";
import { UsageError } from "./usage-error.ts";

/** The file to write: what was typed, or one in `models`. @throws UsageError where its name does not end in .onnx */
export function outputFile(out: string | undefined, name: string): string {
  const target = out ?? join("models", `${name}.onnx`);
  if (target.endsWith(".onnx")) return target;
  throw new UsageError(`invalid out: ${target} (need a name that ends in .onnx)`);
}
