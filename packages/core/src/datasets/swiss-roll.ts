import { archimedean } from "./archimedean.ts";
import type { ProceduralDataset } from "./dataset.ts";

/**
 * A rolled-up line: t even between ¾ and 2¼ turns, at distance 1 to 3 from the centre, plus N(0, noise²·I).
 * @param noise > 0
 */
export const noisySwissRoll = ({ noise = 0.1 } = {}): ProceduralDataset =>
  archimedean({ name: "swiss-roll", arms: 1, turns: [0.75, 2.25], radius: 4 / 3, law: "even", noise });

/** The data set `swiss-roll`: points [2, 1, 1], noise 0.1. */
export const swissRoll = noisySwissRoll();
