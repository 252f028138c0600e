/** Files that were exported before. */
import { CardError, readCard } from "@ncsn/core";
import { ModelError, readModel } from "@ncsn/infer/node";
import { UsageError } from "./usage-error.ts";

/** The bytes of a model file. @throws UsageError where there is none */
export async function fileOf(path: string): Promise<Uint8Array> {
  try {
    const bytes = await readModel(path);
    readCard(bytes);
    return bytes;
  } catch (error) {
    if (error instanceof ModelError) throw new UsageError(error.message, { cause: error });
    if (error instanceof CardError)
      throw new UsageError(`cannot read ${path}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** What a file is not made for is the fault of who named it. @throws UsageError with what `act` throws */
export function asUsage<Result>(act: () => Result, what = ""): Result {
  try {
    return act();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${what}${message}`, { cause: error });
  }
}
