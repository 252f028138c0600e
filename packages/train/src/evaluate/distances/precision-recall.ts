/**
 * Improved precision and recall (Kynkäänniemi et al. 2019, eqs. 1 and 2): each set is taken for the union of the balls
 * around its rows that reach to their k-th nearest neighbour. Precision is the share of samples within the reference's
 * balls, recall the share of the reference within the samples'. All neighbours are exact.
 */
import { eachTile, squaredNorms, tileSide } from "./inner-products.ts";
import { checkRows, type Rows } from "./rows.ts";

/** Rows, and the squared distance of each to its k-th nearest of the others. */
export interface Manifold {
  readonly rows: Rows;
  readonly norms: Float64Array;
  readonly radii: Float64Array;
}

/** The paper's k. */
export const neighbours = 3;

/** Shares, from 0 to 1. */
export interface PrecisionRecall {
  readonly precision: number;
  readonly recall: number;
}

/** The union of balls around rows. @throws RangeError for k rows or less */
export function manifold(rows: Rows, k = neighbours): Manifold {
  checkRows(rows, rows, k + 1);
  const norms = squaredNorms(rows);
  // The k smallest distances of each row so far, in increasing order; a row is no neighbour of itself.
  const smallest = new Float64Array(rows.count * k).fill(Infinity);
  eachTile(rows, rows, ({ i, j, height, width, products }) => {
    for (let r = 0; r < height; r++) {
      const last = (i + r + 1) * k - 1;
      for (let c = 0; c < width; c++) {
        const distance = norms[i + r] + norms[j + c] - 2 * products[r * tileSide + c];
        if (distance >= smallest[last] || i + r === j + c) continue;
        let at = last;
        for (; at > last - k + 1 && smallest[at - 1] > distance; at--) smallest[at] = smallest[at - 1];
        smallest[at] = distance;
      }
    }
  });
  const radii = Float64Array.from({ length: rows.count }, (_, i) => smallest[(i + 1) * k - 1]);
  return { rows, norms, radii };
}

/** Precision and recall of samples against a reference. @throws RangeError */
export function precisionRecall(samples: Manifold, reference: Manifold): PrecisionRecall {
  checkRows(samples.rows, reference.rows, 1);
  const precise = new Uint8Array(samples.rows.count);
  const recalled = new Uint8Array(reference.rows.count);
  eachTile(samples.rows, reference.rows, ({ i, j, height, width, products }) => {
    for (let r = 0; r < height; r++) {
      for (let c = 0; c < width; c++) {
        const distance = samples.norms[i + r] + reference.norms[j + c] - 2 * products[r * tileSide + c];
        if (distance <= reference.radii[j + c]) precise[i + r] = 1;
        if (distance <= samples.radii[i + r]) recalled[j + c] = 1;
      }
    }
  });
  return { precision: share(precise), recall: share(recalled) };
}

const share = (flags: Uint8Array): number => flags.reduce((sum, flag) => sum + flag, 0) / flags.length;
