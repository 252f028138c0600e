/** Data of the plane whose scores are exact, in numbers that a picture needs. */
import { key, normals, proceduralDatasets, purposes, split, type Dataset } from "@ncsn/core";

/** Points to look at. */
export interface PlanePoints {
  readonly name: string;
  /** Points, two numbers each. */
  readonly points: Float32Array;
  /** A standard normal for each. */
  readonly noise: Float32Array;
  readonly centre: readonly [x: number, y: number];
  /** Half the side of the square to show. */
  readonly reach: number;
  readonly sigmaRange: readonly [sigmaMin: number, sigmaMax: number];
}

/** Points whose score is known. */
export interface PlaneData extends PlanePoints {
  /** ∇ log p_σ at points, two numbers each. */
  readonly score: (x: Float64Array, sigma: number) => Float64Array;
}

const shown = 600;

/** The data sets of the plane with exact scores, by name. */
export const planeNames: readonly string[] = Object.entries(proceduralDatasets).flatMap(([name, make]) => {
  const { shape, score }: Dataset = make([0, 0]);
  return score !== undefined && shape[0] === 2 && shape[1] * shape[2] === 1 ? [name] : [];
});

/** @param name one of {@link planeNames} */
export function planeData(name: string): PlaneData {
  const root = key(0);
  const set: Dataset = proceduralDatasets[name as keyof typeof proceduralDatasets](
    split(root, purposes.order),
  );
  const { score } = set;
  if (score === undefined) throw new Error(`${name} has no exact score`);
  const points = new Float32Array(2 * shown);
  for (let i = 0; i < shown; i++) set.read(i, points, 2 * i);
  const [left, right] = extent(points, 0);
  const [low, high] = extent(points, 1);
  const reach = 0.66 * Math.max(right - left, high - low);
  return {
    name,
    points,
    noise: normals(split(root, purposes.noise), 2 * shown),
    centre: [(left + right) / 2, (low + high) / 2],
    reach,
    sigmaRange: sigmasFor(reach),
    score,
  };
}

function extent(points: Float32Array, axis: 0 | 1): [least: number, most: number] {
  const values = points.filter((_, i) => i % 2 === axis).sort();
  return [values[0], values[values.length - 1]];
}

/** The noise levels at which there is something to see in a square of that reach. */
export const sigmasFor = (reach: number): [sigmaMin: number, sigmaMax: number] => [
  nice(0.005 * reach),
  nice(1.5 * reach),
];

/** One digit and its zeros. */
const nice = (value: number): number => Number(value.toPrecision(1));
