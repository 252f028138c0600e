/** A data set that cannot be opened as asked: one line that names the value and what would be right. */
export class DatasetError extends Error {
  override readonly name = "DatasetError";
}

/** The system's code of a failed call (`ENOENT`, `ECONNREFUSED`, …), from the error or from its cause. */
export function systemCode(error: unknown): string | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ("code" in current && typeof current.code === "string") return current.code;
  }
  return undefined;
}
