import type { Rows } from "./rows.ts";

/** A rectangle of the table of inner products: rows `i` … of one set with rows `j` … of the other. */
export interface Tile {
  readonly i: number;
  readonly j: number;
  readonly height: number;
  readonly width: number;
  /** Inner products, a row of the tile after another at a distance of {@link tileSide}. */
  readonly products: Float64Array;
}

/** Rows of a tile: two blocks of 64 features in float64 and the tile stay in the first two levels of cache. */
export const tileSide = 128;

/**
 * Hands out all inner products ⟨aᵢ, bⱼ⟩ tile by tile, in float64, each summed in the order of its terms: ⟨x, y⟩ and
 * ⟨y, x⟩ are the same bits wherever the rows stand.
 * @param visit sees one tile at a time; its array is used again
 */
export function eachTile(a: Rows, b: Rows, visit: (tile: Tile) => void): void {
  const { width } = a;
  const [left, right] = [new Float64Array(tileSide * width), new Float64Array(tileSide * width)];
  const products = new Float64Array(tileSide * tileSide);
  for (let i = 0; i < a.count; i += tileSide) {
    const height = fill(left, a, i);
    for (let j = 0; j < b.count; j += tileSide) {
      const across = fill(right, b, j);
      multiply(left, right, width, products);
      visit({ i, j, height, width: across, products });
    }
  }
}

/** Copies up to {@link tileSide} rows, with zeros after the last. @returns how many there were */
function fill(block: Float64Array, { data, count, width }: Rows, from: number): number {
  const rows = Math.min(tileSide, count - from);
  block.set(data.subarray(from * width, (from + rows) * width));
  block.fill(0, rows * width);
  return rows;
}

/** Four rows by two at a time: eight sums in registers for six numbers read. */
function multiply(a: Float64Array, b: Float64Array, width: number, out: Float64Array): void {
  for (let i = 0; i < tileSide; i += 4) {
    const [a0, a1, a2, a3] = [i * width, (i + 1) * width, (i + 2) * width, (i + 3) * width];
    for (let j = 0; j < tileSide; j += 2) {
      const [b0, b1] = [j * width, (j + 1) * width];
      let [s00, s01, s10, s11, s20, s21, s30, s31] = [0, 0, 0, 0, 0, 0, 0, 0];
      for (let k = 0; k < width; k++) {
        const p = b[b0 + k];
        const q = b[b1 + k];
        const x0 = a[a0 + k];
        const x1 = a[a1 + k];
        const x2 = a[a2 + k];
        const x3 = a[a3 + k];
        s00 += x0 * p;
        s01 += x0 * q;
        s10 += x1 * p;
        s11 += x1 * q;
        s20 += x2 * p;
        s21 += x2 * q;
        s30 += x3 * p;
        s31 += x3 * q;
      }
      const at = i * tileSide + j;
      out[at] = s00;
      out[at + 1] = s01;
      out[at + tileSide] = s10;
      out[at + tileSide + 1] = s11;
      out[at + 2 * tileSide] = s20;
      out[at + 2 * tileSide + 1] = s21;
      out[at + 3 * tileSide] = s30;
      out[at + 3 * tileSide + 1] = s31;
    }
  }
}

/** ‖row‖², summed as {@link eachTile} sums. */
export function squaredNorms({ data, count, width }: Rows): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (let k = i * width; k < (i + 1) * width; k++) sum += data[k] * data[k];
    return sum;
  });
}
