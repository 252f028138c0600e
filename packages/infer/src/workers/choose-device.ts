/** device: "auto": an accelerator is taken where it gives the right scores and gives them clearly faster than the cpu. */
import { normals } from "@ncsn/core";
import type { DeviceName, Unused } from "../device.ts";
import { openWorkers, wrongNumbers, type ModelFile } from "./open-workers.ts";
import { firstLine } from "./session.ts";
import { workersModel, type WorkersModelParts } from "./workers-model.ts";

/** Enough images to give an accelerator a chance. */
const images = 16;
/** How many times faster than the cpu an accelerator must be to be worth its trouble. */
const clearly = 1.25;
/** Seconds that a device may take to open the network and score the first images, unless told. */
export const defaultPatience = 10;

/** What is known of an accelerator before it is tried. */
export interface Report {
  readonly name: DeviceName;
  readonly usable: boolean;
  /** One line: what it is, or why it cannot be used. */
  readonly detail: string;
  /** Usable, but in software: nothing to choose unless asked for. */
  readonly slow?: true;
}

interface Candidate {
  readonly parts: WorkersModelParts;
  /** Of scoring {@link images}. */
  readonly seconds: number;
}

/** The fastest of the cpu (or WASM) and the devices that work, and why not the others. The losers are disposed of. */
export async function chooseDevice(
  file: ModelFile,
  cpu: WorkersModelParts,
  reports: readonly Report[],
  patience = defaultPatience,
): Promise<{ parts: WorkersModelParts; unused: Unused[] }> {
  const unused: Unused[] = [];
  let best: Candidate | undefined;
  for (const { name, usable, detail, slow } of reports) {
    if (!usable || slow) {
      unused.push({ name, reason: detail });
      continue;
    }
    best ??= { parts: cpu, seconds: await timeOf(cpu) };
    try {
      const candidate = await tryDevice(file, name, patience);
      const [winner, loser] =
        clearly * candidate.seconds < best.seconds ? [candidate, best] : [best, candidate];
      const [ours, theirs] = [loser, winner].map(
        ({ parts, seconds }) => `${parts.device.name} ${(1000 * seconds).toFixed(1)} ms`,
      );
      unused.push({
        name: loser.parts.device.name,
        reason: `no faster here: ${images} scores take ${ours}, ${theirs}`,
      });
      best = winner;
      await loser.parts.dispose();
    } catch (error) {
      unused.push({ name, reason: firstLine(error) });
    }
  }
  return { parts: best?.parts ?? cpu, unused };
}

/** @throws Error with the reason not to use the device */
async function tryDevice(file: ModelFile, name: DeviceName, patience: number): Promise<Candidate> {
  const opening = openWorkers(file, name);
  const trying = opening.then(async (parts) => {
    const wrong = await wrongNumbers(parts);
    if (wrong !== undefined) throw new Error(wrong);
    return { parts, seconds: await timeOf(parts) };
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`it takes longer than ${patience} s for the first scores`)),
      1000 * patience,
    );
  });
  try {
    return await Promise.race([trying, late]);
  } catch (error) {
    // Not waited for: a thread in the middle of a run ends after it.
    void opening.then((parts) => parts.dispose()).catch(() => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Seconds to score {@link images}: the best of two, after one to warm up. */
async function timeOf(parts: WorkersModelParts): Promise<number> {
  const { shape, sigmaData } = parts.card;
  const x = normals([0, 0], images * shape[0] * shape[1] * shape[2]);
  const model = workersModel(parts);
  let best = Infinity;
  for (let run = 0; run < 3; run++) {
    const start = performance.now();
    await model.score(x, sigmaData);
    if (run > 0) best = Math.min(best, (performance.now() - start) / 1000);
  }
  return best;
}
