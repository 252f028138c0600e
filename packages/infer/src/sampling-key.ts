import { key, purposes, split, type Key } from "@ncsn/core";

/** The key that noise of images comes from. */
export const samplingKey = (seed: number): Key => split(key(seed), purposes.sampling);
