/**
 * Maximum mean discrepancy: the distance of two distributions' means in the space of a kernel (Gretton, Borgwardt,
 * Rasch, Schölkopf and Smola, "A kernel two-sample test", JMLR 2012), here a Gaussian one,
 * k(x, y) = exp(−|x − y|²/(2h²)). It is 0 for equal distributions and for no others.
 */
import { checkRows, type Rows } from "./rows.ts";

/**
 * MMD², unbiased (Gretton 2012, equation 3): mean k(x, x′) + mean k(y, y′) − 2·mean k(x, y), pairs of one and the same
 * row left out. Of equal distributions it is 0 on average, so that every other time it is negative.
 * @param x two rows or more, as wide as y's
 * @param bandwidth h, in the rows' units
 * @throws RangeError
 */
export function maximumMeanDiscrepancy(x: Rows, y: Rows, bandwidth: number): number {
  checkRows(x, y, 2);
  if (!(bandwidth > 0)) throw new RangeError(`invalid bandwidth: ${bandwidth} (need a number > 0)`);
  return meanWithin(x, bandwidth) + meanWithin(y, bandwidth) - 2 * meanBetween(x, y, bandwidth);
}

/** Rows whose distances {@link medianDistance} takes at most: half a million pairs. */
const rowsOfMedian = 1000;

/**
 * The median of the distances between rows, among the first 1,000: the bandwidth that Gretton 2012 (section 8) takes
 * where nothing better is known.
 * @throws RangeError where it is 0, or there is one row alone
 */
export function medianDistance(rows: Rows): number {
  const { data, width } = rows;
  const count = Math.min(rows.count, rowsOfMedian);
  const squares = new Float64Array((count * (count - 1)) / 2);
  let at = 0;
  for (let i = 1; i < count; i++)
    for (let j = 0; j < i; j++) squares[at++] = squaredDistance(data, i * width, data, j * width, width);
  squares.sort();
  const half = squares.length / 2;
  const median = (Math.sqrt(squares[Math.ceil(half) - 1]) + Math.sqrt(squares[Math.floor(half)])) / 2;
  if (median > 0) return median;
  throw new RangeError(`invalid rows: their median distance is ${median} (need rows that differ)`);
}

/** The mean of k over all pairs of two different rows. */
function meanWithin({ data, count, width }: Rows, bandwidth: number): number {
  const factor = -1 / (2 * bandwidth ** 2);
  let sum = 0;
  for (let i = 1; i < count; i++) {
    let row = 0; // a sum of sums loses fewer digits
    for (let j = 0; j < i; j++)
      row += Math.exp(factor * squaredDistance(data, i * width, data, j * width, width));
    sum += row;
  }
  return (2 * sum) / (count * (count - 1));
}

/** The mean of k over all pairs of a row of x and one of y. */
function meanBetween(x: Rows, y: Rows, bandwidth: number): number {
  const { width } = x;
  const factor = -1 / (2 * bandwidth ** 2);
  let sum = 0;
  for (let i = 0; i < x.count; i++) {
    let row = 0;
    for (let j = 0; j < y.count; j++)
      row += Math.exp(factor * squaredDistance(x.data, i * width, y.data, j * width, width));
    sum += row;
  }
  return sum / (x.count * y.count);
}

function squaredDistance(a: Float32Array, i: number, b: Float32Array, j: number, width: number): number {
  let sum = 0;
  for (let k = 0; k < width; k++) sum += (a[i + k] - b[j + k]) ** 2;
  return sum;
}
