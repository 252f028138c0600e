/**
 * The reference interpreter: every operation of the vocabulary in plain float64 loops. It defines what the operations
 * mean; the fast interpreters are tested against it. It is over 250 lines long because it is the whole vocabulary.
 */
import { samePadding, unitEpsilon, biasInit, weightInit, type Init, type Nn, type Shape } from "../nn.ts";

/** Values in row-major order: images [N, C, H, W], vectors [N, K], parameters in their canonical shape. */
export interface Values {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** The vocabulary over float64 arrays. */
export type ReferenceNn = Nn<Values, Values, Values>;

/**
 * The reference interpreter.
 * @param bind the values of a parameter; called once per use
 */
export function referenceNn(
  bind: (name: string, shape: Shape, init: Init) => ArrayLike<number>,
): ReferenceNn {
  const parameter = (name: string, shape: Shape, init: Init): Values =>
    values(shape, Float64Array.from(bind(name, shape, init)));

  const weight = (
    name: string,
    shape: Shape,
    options: { unit?: boolean; gain?: number; init?: Init },
  ): Float64Array => {
    const fanIn = shape.slice(1).reduce((a, b) => a * b, 1);
    const { data } = parameter(`${name}.weight`, shape, weightInit(options, fanIn));
    return normaliseWeight(data, shape[0], options);
  };

  return {
    parameter,
    vector: (name, width, init) => values([1, width], parameter(name, [width], init).data),

    conv(name, x, channels, { size = 3, stride = 1, dilation = 1, bias = true, ...options } = {}) {
      const [n, inputs, height, width] = x.shape;
      const shape = [channels, inputs, size, size];
      const w = weight(name, shape, options);
      const b = bias ? parameter(`${name}.bias`, [channels], biasInit(inputs * size * size)).data : undefined;
      const padding = samePadding(size, dilation);
      const [outHeight, outWidth] = [Math.ceil(height / stride), Math.ceil(width / stride)];
      const out = values([n, channels, outHeight, outWidth]);
      for (let at = 0, image = 0; image < n; image++)
        for (let o = 0; o < channels; o++)
          for (let row = 0; row < outHeight; row++)
            for (let column = 0; column < outWidth; column++, at++) {
              let sum = b === undefined ? 0 : b[o];
              for (let c = 0; c < inputs; c++)
                for (let i = 0; i < size; i++) {
                  const y = row * stride + i * dilation - padding;
                  if (y < 0 || y >= height) continue;
                  for (let j = 0; j < size; j++) {
                    const xx = column * stride + j * dilation - padding;
                    if (xx < 0 || xx >= width) continue;
                    sum +=
                      w[((o * inputs + c) * size + i) * size + j] *
                      x.data[((image * inputs + c) * height + y) * width + xx];
                  }
                }
              out.data[at] = sum;
            }
      return out;
    },

    dense(name, v, width, { bias = true, ...options } = {}) {
      const [n, inputs] = v.shape;
      const w = weight(name, [width, inputs], options);
      const b = bias ? parameter(`${name}.bias`, [width], biasInit(inputs)).data : undefined;
      const out = values([n, width]);
      for (let row = 0; row < n; row++)
        for (let o = 0; o < width; o++) {
          let sum = b === undefined ? 0 : b[o];
          for (let i = 0; i < inputs; i++) sum += w[o * inputs + i] * v.data[row * inputs + i];
          out.data[row * width + o] = sum;
        }
      return out;
    },

    add: (a, b) => {
      if (a.shape.join() !== b.shape.join()) throw new TypeError(`cannot add ${show(a)} and ${show(b)}`);
      return values(
        a.shape,
        a.data.map((value, i) => value + b.data[i]),
      );
    },
    scale: (x, by) => perChannel(x, by, (a, b) => a * b),
    shift: (x, by) => perChannel(x, by, (a, b) => a + b),
    concat,
    withOnes(x) {
      const [n, , height, width] = x.shape;
      return concat(x, values([n, 1, height, width], new Float64Array(n * height * width).fill(1)));
    },

    silu: (x) => map(x, (value) => value / (1 + Math.exp(-value))),
    elu: (x) => map(x, (value) => (value > 0 ? value : Math.expm1(value))),
    relu: (x) => map(x, (value) => Math.max(value, 0)),

    meanPool(x) {
      const [n, c, height, width] = x.shape;
      if (height % 2 !== 0 || width % 2 !== 0)
        throw new RangeError(`cannot halve an image of ${height}x${width}`);
      return image([n, c, height / 2, width / 2], (plane, row, column) => {
        const at = (plane * height + 2 * row) * width + 2 * column;
        return (x.data[at] + x.data[at + 1] + x.data[at + width] + x.data[at + width + 1]) / 4;
      });
    },
    maxPool(x, size) {
      const [, , height, width] = x.shape;
      const reach = Math.floor(size / 2);
      return image(x.shape, (plane, row, column) => {
        let best = -Infinity;
        for (let y = Math.max(0, row - reach); y <= Math.min(height - 1, row + reach); y++)
          for (let xx = Math.max(0, column - reach); xx <= Math.min(width - 1, column + reach); xx++)
            best = Math.max(best, x.data[(plane * height + y) * width + xx]);
        return best;
      });
    },
    blur(x, size) {
      const [, , height, width] = x.shape;
      const reach = samePadding(size, 1);
      return image(x.shape, (plane, row, column) => {
        let sum = 0;
        for (let y = Math.max(0, row - reach); y <= Math.min(height - 1, row + reach); y++)
          for (let xx = Math.max(0, column - reach); xx <= Math.min(width - 1, column + reach); xx++)
            sum += x.data[(plane * height + y) * width + xx];
        return sum / size ** 2;
      });
    },
    upsample(x) {
      const [n, c, height, width] = x.shape;
      return image(
        [n, c, 2 * height, 2 * width],
        (plane, row, column) => x.data[(plane * height + (row >> 1)) * width + (column >> 1)],
      );
    },
    resize(x, like) {
      const [n, c, height, width] = x.shape;
      const [, , outHeight, outWidth] = like.shape;
      return image([n, c, outHeight, outWidth], (plane, row, column) => {
        const [y0, y1, fy] = between(row, outHeight, height);
        const [x0, x1, fx] = between(column, outWidth, width);
        const at = (y: number, xx: number) => x.data[(plane * height + y) * width + xx];
        return (
          (1 - fy) * ((1 - fx) * at(y0, x0) + fx * at(y0, x1)) +
          fy * ((1 - fx) * at(y1, x0) + fx * at(y1, x1))
        );
      });
    },

    moments(x) {
      const [n, c, height, width] = x.shape;
      const area = height * width;
      const [mean, variance] = [values([n, c]), values([n, c])];
      for (let plane = 0; plane < n * c; plane++) {
        const pixels = x.data.subarray(plane * area, (plane + 1) * area);
        mean.data[plane] = average(pixels);
        variance.data[plane] = average(pixels.map((value) => (value - mean.data[plane]) ** 2));
      }
      return { mean, variance };
    },
    attention(q, k, v, heads) {
      const [n, c, height, width] = q.shape;
      const area = height * width;
      const depth = c / heads;
      if (!Number.isInteger(depth)) throw new RangeError(`cannot divide ${c} channels into ${heads} heads`);
      const out = values(q.shape);
      for (let head = 0; head < n * heads; head++) {
        const base = head * depth * area;
        const dot = (i: number, j: number) => {
          let sum = 0;
          for (let d = 0; d < depth; d++) sum += q.data[base + d * area + i] * k.data[base + d * area + j];
          return sum / Math.sqrt(depth);
        };
        for (let i = 0; i < area; i++) {
          const logits = Float64Array.from({ length: area }, (_, j) => dot(i, j));
          const peak = logits.reduce((a, b) => Math.max(a, b));
          const weights = logits.map((value) => Math.exp(value - peak));
          const total = weights.reduce((a, b) => a + b);
          for (let d = 0; d < depth; d++) {
            let sum = 0;
            for (let j = 0; j < area; j++) sum += weights[j] * v.data[base + d * area + j];
            out.data[base + d * area + i] = sum / total;
          }
        }
      }
      return out;
    },

    times: (v, by) => pairwise(v, by, (a, b) => a * b),
    plus: (v, by) => pairwise(v, by, (a, b) => a + b),
    log: (v) => map(v, Math.log),
    rsqrt: (v) => map(v, (value) => 1 / Math.sqrt(value)),
    reciprocal: (v) => map(v, (value) => 1 / value),
    mean: (v) => rows(v, 1, (row) => [average(row)]),
    fourier: (v, frequencies, phases) =>
      rows(v, frequencies.length, ([value]) =>
        frequencies.map((f, i) => Math.SQRT2 * Math.cos(value * f + phases[i])),
      ),
    oneHot: (v, width) =>
      rows(v, width, ([value]) => Array.from({ length: width }, (_, i) => (i === value ? 1 : 0))),
    nearest: (v, table) => {
      const bounds = nearestBounds(table);
      return rows(v, 1, ([value]) => [bounds.filter((bound) => value < bound).length]);
    },

    channels: (x) => x.shape[1],
    size: (x) => [x.shape[2], x.shape[3]],
    width: (v) => v.shape[1],
  };
}

/** Arrays of the reference interpreter; zeros without data. @throws TypeError where the data do not fit the shape */
export function values(shape: Shape, data?: ArrayLike<number>): Values {
  const size = shape.reduce((a, b) => a * b, 1);
  if (data === undefined) return { shape, data: new Float64Array(size) };
  if (data.length !== size) throw new TypeError(`${data.length} values for the shape [${shape.join(", ")}]`);
  return { shape, data: data instanceof Float64Array ? data : Float64Array.from(data) };
}

/** gain · w / (‖w‖ + 1e-4) per output channel (the first axis), or gain · w; in float64. */
export function normaliseWeight(
  w: Float64Array,
  channels: number,
  { unit = false, gain = 1 }: { unit?: boolean; gain?: number },
): Float64Array {
  const fanIn = w.length / channels;
  const out = new Float64Array(w.length);
  for (let o = 0; o < channels; o++) {
    const row = w.subarray(o * fanIn, (o + 1) * fanIn);
    const factor = unit
      ? gain / (Math.sqrt(row.reduce((sum, value) => sum + value * value, 0)) + unitEpsilon)
      : gain;
    for (let i = 0; i < fanIn; i++) out[o * fanIn + i] = factor * row[i];
  }
  return out;
}

/**
 * The geometric means between neighbours of a decreasing table: below bound i, entry i + 1 or a later one is nearest.
 * They are float32 numbers, so that a float32 level on a bound belongs to the same entry in every interpreter.
 */
export const nearestBounds = (table: readonly number[]): number[] =>
  table.slice(1).map((value, i) => Math.fround(Math.sqrt(value * table[i])));

/** Where output position `i` of `out` falls among `size` inputs with aligned corners: two neighbours and a fraction. */
export function between(
  i: number,
  out: number,
  size: number,
): readonly [low: number, high: number, fraction: number] {
  const at = out === 1 ? 0 : (i * (size - 1)) / (out - 1);
  const low = Math.min(Math.floor(at), size - 1);
  return [low, Math.min(low + 1, size - 1), at - low];
}

const show = ({ shape }: Values): string => `[${shape.join(", ")}]`;

const average = (row: Float64Array): number => row.reduce((a, b) => a + b, 0) / row.length;

const map = (x: Values, f: (value: number) => number): Values => values(x.shape, x.data.map(f));

function rows(v: Values, width: number, f: (row: Float64Array) => ArrayLike<number>): Values {
  const [n, k] = v.shape;
  const out = values([n, width]);
  for (let i = 0; i < n; i++) out.data.set(f(v.data.subarray(i * k, (i + 1) * k)), i * width);
  return out;
}

function image(shape: Shape, f: (plane: number, row: number, column: number) => number): Values {
  const [n, c, height, width] = shape;
  const out = values(shape);
  for (let at = 0, plane = 0; plane < n * c; plane++)
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++) out.data[at++] = f(plane, row, column);
  return out;
}

function concat(a: Values, b: Values): Values {
  const [n, ca, height, width] = a.shape;
  const cb = b.shape[1];
  if (b.shape.join() !== [n, cb, height, width].join())
    throw new TypeError(`cannot concatenate ${show(a)} and ${show(b)}`);
  const out = values([n, ca + cb, height, width]);
  const [sizeA, sizeB] = [ca * height * width, cb * height * width];
  for (let image = 0; image < n; image++) {
    out.data.set(a.data.subarray(image * sizeA, (image + 1) * sizeA), image * (sizeA + sizeB));
    out.data.set(b.data.subarray(image * sizeB, (image + 1) * sizeB), image * (sizeA + sizeB) + sizeA);
  }
  return out;
}

/** Reads element (n, k) of a vector as if it were [rows, columns]; its own N and K may be 1. */
function broadcast(v: Values, rows: number, columns: number): (n: number, k: number) => number {
  const [n, k] = v.shape;
  if ((n !== rows && n !== 1) || (k !== columns && k !== 1))
    throw new TypeError(`cannot broadcast ${show(v)} to [${rows}, ${columns}]`);
  return (row, column) => v.data[(n === 1 ? 0 : row) * k + (k === 1 ? 0 : column)];
}

function perChannel(x: Values, by: Values | number, f: (a: number, b: number) => number): Values {
  if (typeof by === "number") return map(x, (value) => f(value, by));
  const [n, c, height, width] = x.shape;
  const area = height * width;
  const element = broadcast(by, n, c);
  return values(
    x.shape,
    x.data.map((value, i) => f(value, element(Math.floor(i / (area * c)), Math.floor(i / area) % c))),
  );
}

function pairwise(v: Values, by: Values | number, f: (a: number, b: number) => number): Values {
  if (typeof by === "number") return map(v, (value) => f(value, by));
  const [n, k] = [Math.max(v.shape[0], by.shape[0]), Math.max(v.shape[1], by.shape[1])];
  const [a, b] = [broadcast(v, n, k), broadcast(by, n, k)];
  const at = (i: number) => [Math.floor(i / k), i % k] as const;
  return values(
    [n, k],
    Float64Array.from({ length: n * k }, (_, i) => f(a(...at(i)), b(...at(i)))),
  );
}
