/**
 * The nearest row of a library for each of some rows, exactly: how near samples come to the images that a model was
 * trained on.
 *
 * 5,000 images against 60,000 of 784 pixels are 2.4e11 products, which ONNX Runtime takes in float32: ‖a‖² + ‖b‖² −
 * 2⟨a, b⟩. Its rounding only picks candidates. Whatever could be nearest within the bound on that rounding is measured
 * again in float64, so that the result does not depend on the machine.
 */
import { encodeModel, tape } from "@ncsn/export";
import type { InferenceSession, TypedTensor } from "onnxruntime-common";
import { squaredNorms } from "./inner-products.ts";
import { checkRows, type Rows } from "./rows.ts";

/** For each row, the number of the nearest row of the library and its Euclidean distance. */
export interface Nearest {
  readonly index: Uint32Array;
  readonly distance: Float64Array;
}

/** How to go about it. */
export interface NearestOptions {
  readonly signal?: AbortSignal;
  /** Told after each block, in rows of both together. */
  readonly progress?: (done: number, total: number) => void;
}

/** Rows of a product: 512 by 4096 distances are 8 MB. */
const [rowBlock, libraryBlock] = [512, 4096];

/** Of equally near rows, the first. @throws RangeError; the signal's reason */
export async function nearest(rows: Rows, library: Rows, options: NearestOptions = {}): Promise<Nearest> {
  checkRows(rows, library, 1);
  const { width } = rows;
  const rowNorms = squaredNorms(rows);
  const libraryNorms = squaredNorms(library);
  const index = new Uint32Array(rows.count);
  const best = new Float64Array(rows.count).fill(Infinity);
  // |fl⟨a, b⟩ − ⟨a, b⟩| ≤ γ·‖a‖‖b‖ in any order of summation (Higham, Accuracy and Stability, eq. 3.5); twice, for 2⟨a, b⟩.
  const slack = (2 * width * 2 ** -24) / (1 - width * 2 ** -24);
  const largest = Math.sqrt(libraryNorms.reduce((most, norm) => Math.max(most, norm), 0));
  const { tensor, run, release } = await productSession(width);
  const total = Math.ceil(rows.count / rowBlock) * Math.ceil(library.count / libraryBlock);
  let done = 0;
  try {
    for (let j = 0; j < library.count; j += libraryBlock) {
      const across = Math.min(libraryBlock, library.count - j);
      const b = tensor(library, j, across);
      for (let i = 0; i < rows.count; i += rowBlock) {
        options.signal?.throwIfAborted();
        const height = Math.min(rowBlock, rows.count - i);
        const products = await run(tensor(rows, i, height), b);
        for (let r = i; r < i + height; r++) {
          const tolerance = slack * Math.sqrt(rowNorms[r]) * largest;
          const at = (r - i) * across - j;
          let bound = best[r] + tolerance - rowNorms[r];
          for (let c = j; c < j + across; c++) {
            if (libraryNorms[c] - 2 * products[at + c] > bound) continue;
            const distance = squaredDistance(rows, r, library, c);
            if (distance >= best[r]) continue;
            best[r] = distance;
            index[r] = c;
            bound = distance + tolerance - rowNorms[r];
          }
        }
        options.progress?.(++done, total);
      }
    }
  } finally {
    await release();
  }
  return { index, distance: best.map(Math.sqrt) };
}

function squaredDistance(a: Rows, i: number, b: Rows, j: number): number {
  const [x, y] = [i * a.width, j * b.width];
  let sum = 0;
  for (let k = 0; k < a.width; k++) sum += (a.data[x + k] - b.data[y + k]) ** 2;
  return sum;
}

/** a·bᵀ by ONNX Runtime. */
async function productSession(width: number) {
  const ort = await import("onnxruntime-node");
  const t = tape("products");
  const a = t.input("a", "float32", ["rows", width]);
  const b = t.input("b", "float32", ["library", width]);
  t.output("products", t.op("Gemm", [a, b], { transB: 1 }));
  const session: InferenceSession = await ort.InferenceSession.create(encodeModel(t.graph()), {
    executionProviders: ["cpu"],
    logSeverityLevel: 3,
  });
  return {
    tensor: ({ data }: Rows, from: number, count: number): TypedTensor<"float32"> =>
      new ort.Tensor("float32", data.subarray(from * width, (from + count) * width), [count, width]),
    run: async (a: TypedTensor<"float32">, b: TypedTensor<"float32">): Promise<Float32Array> =>
      (await session.run({ a, b })).products.data as Float32Array,
    release: () => session.release(),
  };
}
