import { archimedean } from "./archimedean.ts";
import type { ProceduralDataset } from "./dataset.ts";

/**
 * Two arms, half a turn apart, of 1½ turns out to distance 3, nearly even along the arm, plus N(0, noise²·I); the class
 * is the arm.
 * @param noise > 0
 */
export const noisySpiral = ({ noise = 0.1 } = {}): ProceduralDataset =>
  archimedean({ name: "spiral", arms: 2, turns: [0, 1.5], radius: 2, law: "proportional", noise });

/** The data set `spiral`: points [2, 1, 1], noise 0.1. */
export const spiral = noisySpiral();
