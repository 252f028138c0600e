import { expect } from "vitest";
import { DatasetError } from "../../src/datasets/dataset-error.ts";

/** The one line with which opening a data set is refused. */
export async function refusal(opening: Promise<unknown>): Promise<string> {
  const error = await opening.then(
    () => "not refused",
    (reason: unknown) => reason,
  );
  if (!(error instanceof DatasetError)) throw new TypeError(`not a DatasetError: ${String(error)}`);
  expect(error.message).not.toContain("\n");
  return error.message;
}
