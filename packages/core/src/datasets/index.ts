import { checkerboard } from "./checkerboard.ts";
import type { ProceduralDataset } from "./dataset.ts";
import { gaussian } from "./gaussian.ts";
import { glyphs } from "./glyphs.ts";
import { mixture } from "./mixture.ts";
import { spiral } from "./spiral.ts";
import { swissRoll } from "./swiss-roll.ts";
import { twoMoons } from "./two-moons.ts";

export { isotropicGaussian } from "./gaussian.ts";
export { gaussianMixture, type Component } from "./mixture.ts";
export { noisySpiral } from "./spiral.ts";
export { noisySwissRoll } from "./swiss-roll.ts";
export { noisyMoons } from "./two-moons.ts";

/** The data sets that are drawn from a key instead of read from files. */
export const proceduralDatasets = {
  glyphs,
  gaussian,
  mixture,
  "two-moons": twoMoons,
  checkerboard,
  "swiss-roll": swissRoll,
  spiral,
} as const satisfies Record<string, ProceduralDataset>;

/** The name of a procedural data set. */
export type ProceduralDatasetName = keyof typeof proceduralDatasets;
