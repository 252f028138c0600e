/** A command that cannot be carried out as typed: one line that names the value and what would be right. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The value, or what it threw as a {@link UsageError}: for checks of what was typed. */
export function asTyped<Value>(check: () => Value): Value {
  try {
    return check();
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}
