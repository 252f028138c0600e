/** A run that cannot be started or resumed as asked: one line that says why and what would help. */
export class RunError extends Error {
  override readonly name = "RunError";
}
