/** The PyTorch peer: our network in eager PyTorch, where Python and torch are there. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { cores } from "@ncsn/infer/node";
import type { Entry } from "./contender.ts";

const script = fileURLToPath(new URL("../../../../bench/torch_unet.py", import.meta.url));

/** What the peer's name is in tables. */
export const peerName = "peer";

/** The peer, to be started for a number of images; or why there is none, on one line. */
export type Peer =
  | { readonly entry: (channels: number, batch: number) => Entry; readonly missing?: undefined }
  | { readonly missing: string };

/** @param python path or name of a Python */
export async function findPeer(python: string): Promise<Peer> {
  if (!existsSync(script)) return { missing: "its script comes with the repository, not with the package" };
  try {
    await promisify(execFile)(python, ["-c", "import torch"]);
  } catch (error) {
    const { code, stderr = "" } = error as { readonly code?: unknown; readonly stderr?: string };
    if (code === "ENOENT") return { missing: `there is no ${python}` };
    return { missing: `${python} says: ${stderr.trim().split("\n").at(-1)}` };
  }
  const options = (channels: number, batch: number) => ({ channels, batch, threads: cores() });
  return {
    entry: (channels, batch) => ({
      name: peerName,
      executable: python,
      args: [
        script,
        ...Object.entries(options(channels, batch)).map(([name, value]) => `--${name}=${value}`),
      ],
    }),
  };
}
