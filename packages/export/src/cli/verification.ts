/** What a file is found to be worth, and what is told of it. */
import { exportTolerance } from "../verify.ts";

/** A file that does not compute what it should; it has been removed. */
export class VerificationError extends Error {
  override readonly name = "VerificationError";
}

/** Largest relative errors of a file's scores. */
export interface Errors {
  /** Beside float64. */
  readonly reference: number;
  /** Beside the probe in its card. */
  readonly probe: number;
}

/**
 * @param probed whose scores the probe holds, for the message
 * @throws VerificationError where an error is too large
 */
export function demand(
  target: string,
  { reference, probe }: Errors,
  probed = "those that the trainer wrote down",
): void {
  const wrong = (what: string, error: number) =>
    new VerificationError(
      `${target} was not written: its scores differ from ${what} by ${show(error)} of their rms (allowed: ${exportTolerance})`,
    );
  if (!(reference <= exportTolerance)) throw wrong("the float64 reference", reference);
  if (!(probe <= exportTolerance)) throw wrong(probed, probe);
}

/** The larger error; NaN where one is NaN. */
export const worse = (a: number, b: number): number => (b > a || Number.isNaN(b) ? b : a);

/** An error, for people. */
export const show = (error: number): string => error.toExponential(1);

/** The size of a file, for people. */
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;

/** Prints names and values as a table. */
export function print(lines: Readonly<Record<string, string>>): void {
  const width = Math.max(...Object.keys(lines).map((name) => name.length));
  for (const [name, value] of Object.entries(lines)) console.log(`${name.padEnd(width)}  ${value}`);
}
