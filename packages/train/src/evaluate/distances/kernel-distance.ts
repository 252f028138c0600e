/**
 * The kernel distance KID (Bińkowski et al. 2018): the squared maximum mean discrepancy of two sets of features under
 * the kernel (⟨x, y⟩/width + 1)³, by the unbiased estimator of Gretton et al. 2012, eq. 3. Its expectation is 0 for two
 * draws of one distribution, whatever their size; a single value may be below 0.
 */
import { permutation, type Key } from "@ncsn/core";
import { eachTile, squaredNorms, tileSide } from "./inner-products.ts";
import { checkRows, pick, type Rows } from "./rows.ts";

/** A mean and its standard error. */
export interface Estimate {
  readonly value: number;
  readonly error: number;
}

/** How to estimate. */
export interface KernelDistanceOptions {
  /** Orders the rows before they are shared out. */
  readonly key: Key;
  /** Parts of each set; 10 unless told. */
  readonly subsets?: number;
}

/**
 * KID and its standard error. The paper draws subsets that overlap, whose spread says nothing of the mean's; here each
 * set is dealt out to `subsets` parts without a row in common, so that the estimates of pairs of parts are independent
 * and their spread is the error of their mean.
 * @throws RangeError where a part would have less than two rows
 */
export function kernelDistance(a: Rows, b: Rows, { key, subsets = 10 }: KernelDistanceOptions): Estimate {
  if (!Number.isInteger(subsets) || subsets < 2)
    throw new RangeError(`invalid subsets: ${subsets} (need an integer >= 2)`);
  checkRows(a, b, 2 * subsets);
  const [ofA, ofB] = [a, b].map((rows) => dealt(rows, subsets, key));
  const values = ofA.map((part, i) => squaredDiscrepancy(part, ofB[i]));
  const value = values.reduce((sum, each) => sum + each, 0) / subsets;
  const variance = values.reduce((sum, each) => sum + (each - value) ** 2, 0) / (subsets - 1);
  return { value, error: Math.sqrt(variance / subsets) };
}

/** The unbiased estimate over all pairs of two sets of at least two rows. @throws RangeError */
export function squaredDiscrepancy(a: Rows, b: Rows): number {
  checkRows(a, b, 2);
  const within = (rows: Rows): number => {
    const pairs =
      kernelSum(rows, rows) - squaredNorms(rows).reduce((sum, norm) => sum + kernel(norm, rows.width), 0);
    return pairs / (rows.count * (rows.count - 1));
  };
  return within(a) + within(b) - (2 * kernelSum(a, b)) / (a.count * b.count);
}

const kernel = (product: number, width: number): number => (product / width + 1) ** 3;

function kernelSum(a: Rows, b: Rows): number {
  let sum = 0;
  eachTile(a, b, ({ height, width, products }) => {
    for (let i = 0; i < height; i++)
      for (let j = 0; j < width; j++) sum += kernel(products[i * tileSide + j], a.width);
  });
  return sum;
}

/** The rows in a keyed order, dealt out in equal parts as far as they go. */
function dealt(rows: Rows, parts: number, from: Key): Rows[] {
  const order = permutation(from, rows.count);
  const size = Math.floor(rows.count / parts);
  return Array.from({ length: parts }, (_, i) => pick(rows, order.subarray(i * size, (i + 1) * size)));
}
