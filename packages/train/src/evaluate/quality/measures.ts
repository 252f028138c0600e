/** What is measured of any set of images: samples, real images, noise. */
import type { Key } from "@ncsn/core";
import { frechetOfGaussians, moments, type Moments } from "../distances/frechet.ts";
import { kernelDistance, type Estimate } from "../distances/kernel-distance.ts";
import type { Nearest } from "../distances/nearest.ts";
import { manifold, precisionRecall, type Manifold } from "../distances/precision-recall.ts";
import type { Judged } from "./judged.ts";
import { quantile } from "./quantile.ts";

/** Distances of images from a reference split, by the judge's features. */
export interface Distances {
  /** Squared Fréchet distance. */
  readonly frechet: number;
  /** KID, with its standard error. */
  readonly kernel: Estimate;
  /** Shares, from 0 to 1. */
  readonly precision: number;
  readonly recall: number;
}

/** Judged images with what is needed of them again and again. */
export interface Measured {
  readonly judged: Judged;
  readonly moments: Moments;
  readonly manifold: Manifold;
}

/** Prepares images for {@link distances}. @throws RangeError where they are too few */
export const measured = (judged: Judged): Measured => ({
  judged,
  moments: moments(judged.features),
  manifold: manifold(judged.features),
});

/** @param from the key of KID's parts @throws RangeError where there are too few images */
export function distances(of: Measured, reference: Measured, from: Key): Distances {
  return {
    frechet: frechetOfGaussians(of.moments, reference.moments),
    kernel: kernelDistance(of.judged.features, reference.judged.features, { key: from }),
    ...precisionRecall(of.manifold, reference.manifold),
  };
}

/** What a judge makes of images one by one. */
export interface Verdicts {
  /** Share of the images that it classifies with more than {@link confident}. */
  readonly confident: number;
  /** How many are of each class. */
  readonly classes: readonly number[];
}

/** The probability above which a class counts as recognised. */
export const confident = 0.9;

/** Counts what the judge said. */
export function verdicts({ classes, confidences, images, known }: Judged): Verdicts {
  const counts = Array.from({ length: known }, () => 0);
  for (const label of classes) counts[label] += 1;
  return { confident: confidences.filter((p) => p > confident).length / images.count, classes: counts };
}

/** How near images are to the nearest training image of each: Euclidean distance in pixels. */
export interface Nearness {
  /** The 1st percentile. */
  readonly first: number;
  readonly median: number;
}

/** The percentiles of distances. */
export const nearnessOf = ({ distance }: Nearest): Nearness => ({
  first: quantile(distance, 0.01),
  median: quantile(distance, 0.5),
});
