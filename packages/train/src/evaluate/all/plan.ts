/** What `evaluate --all` measures: a file of named command lines, and the documents that tell the results. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UsageError } from "../../cli/usage-error.ts";

/** A plan, with paths as the file has them. */
export interface Plan {
  /** The arguments of `pnpm evaluate`, by the measurement's name; paths are relative to {@link Plan.root}. */
  readonly measurements: Readonly<Record<string, string>>;
  /** Model files that documents have a table of; others in their folder are the user's. */
  readonly files: readonly string[];
  /** Markdown files whose marked numbers are these. */
  readonly documents: readonly string[];
  /** The folder that paths are relative to: where the plan's folder lies. */
  readonly root: string;
  /** Where results are kept, beside the plan. */
  readonly results: string;
}

/**
 * Reads a plan: `{ "version": 1, "files": […], "documents": […], "measurements": { NAME: ARGUMENTS } }`.
 * @throws UsageError where there is none, or the file is something else
 */
export async function readPlan(path: string): Promise<Plan> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot read the plan ${path}: ${error.code ?? error.message}`);
  });
  const { files, documents, measurements } = parse(path, text);
  const folder = dirname(path);
  return { files, documents, measurements, root: dirname(folder), results: join(folder, "metrics.json") };
}

function parse(path: string, text: string): Pick<Plan, "files" | "documents" | "measurements"> {
  let plan: Partial<Record<string, unknown>> | null;
  try {
    plan = JSON.parse(text) as typeof plan;
  } catch {
    throw new UsageError(`the plan ${path} is not JSON`);
  }
  const { version, files, documents, measurements } = plan ?? {};
  if (version !== 1) throw new UsageError(`unknown version of the plan ${path}: ${String(version)} (need 1)`);
  const isText = (value: unknown): value is string => typeof value === "string";
  const isList = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);
  if (!isList(files)) throw new UsageError(`bad files in the plan ${path} (need a list of model files)`);
  if (!isList(documents)) throw new UsageError(`bad documents in the plan ${path} (need a list of files)`);
  if (typeof measurements !== "object" || measurements === null || Array.isArray(measurements))
    throw new UsageError(`bad measurements in the plan ${path} (need arguments of evaluate by name)`);
  const odd = Object.entries(measurements).find(([, args]) => !isText(args));
  if (odd)
    throw new UsageError(`bad measurement in the plan ${path}: ${odd[0]} (need arguments as one text)`);
  return { files, documents, measurements: measurements as Record<string, string> };
}
