/** Which backends of TensorFlow.js are installed, from the files alone: TensorFlow.js itself takes a second to load. */
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export const backendNames = ["tfjs-node-gpu", "tfjs-node", "webgpu", "cpu"] as const;
export type BackendName = (typeof backendNames)[number];

/** The backends on TensorFlow's native library, the preferred first. */
export const nativeBackends = ["tfjs-node-gpu", "tfjs-node"] as const satisfies readonly BackendName[];

/** A backend that cannot be had here; the message says why, on one line. */
export class BackendError extends Error {
  override readonly name = "BackendError";
}

/** Why a backend is not available; undefined where it is worth trying. */
export function whyMissing(name: BackendName): string | undefined {
  if (name === "cpu") return undefined;
  const specifier = name === "webgpu" ? "webgpu" : `@tensorflow/${name}`;
  const folder = packageFolder(specifier);
  if (folder === undefined) return `the optional package ${specifier} is not installed`;
  if (name === "webgpu") return undefined;
  const built = join(folder, "lib");
  const found =
    existsSync(built) &&
    readdirSync(built).some((version) => existsSync(join(built, version, "tfjs_binding.node")));
  return found
    ? undefined
    : `its native part is not installed (run: pnpm setup:tensorflow${name === "tfjs-node-gpu" ? " --gpu" : ""})`;
}

/** Every backend with the reason why it is not available, undefined where it is worth trying. */
export const listBackends = (): { readonly name: BackendName; readonly missing: string | undefined }[] =>
  backendNames.map((name) => ({ name, missing: whyMissing(name) }));

function packageFolder(specifier: string): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${specifier}/package.json`));
  } catch {
    return undefined;
  }
}
