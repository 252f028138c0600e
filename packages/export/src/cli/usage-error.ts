/** A command that cannot be carried out as typed: one line that names the value and what would be right. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
