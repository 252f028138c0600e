/** The arithmetic of a space as kernels; noise is in `noise-kernels.ts`. */
import { groupSize, type Kernel } from "./kernel.ts";

/** Values that a device can surely bind at once: 8 buffers, less the result and the scalars. */
export const mostTerms = 6;

const indices = (count: number): number[] => Array.from({ length: count }, (_, k) => k);

/**
 * Σ cᵢ·vᵢ of so many terms. A coefficient's numbers lie in `scalars` from `from` on, `step` apart from image to image:
 * 0 where one is for all.
 */
export const combine = indices(mostTerms + 1).map((terms): Kernel => {
  // A coefficient of 0 leaves its value out, NaN or not.
  const term = (k: number) => `select(0f, bitcast<f32>(c${k}) * v${k}[i], (c${k} << 1u) != 0u)`;
  return {
    name: `combine ${terms}`,
    scalars: ["dimension", ...indices(terms).flatMap((k) => [`from${k}`, `step${k}`])],
    reads: indices(terms).map(() => "f32"),
    body: `
    let image = i / dimension;
    ${indices(terms)
      .map((k) => `let c${k} = scalars[from${k} + step${k} * image];`)
      .join("\n    ")}
    out[i] = ${indices(terms).map(term).join(" + ") || "0"};`,
  };
});

/** Element by element. */
export const product: Kernel = { name: "product", reads: ["f32", "f32"], body: "out[i] = v0[i] * v1[i];" };

/** An item is a block of factor × factor pixels: its mean, written all over it. */
export const blockMeans: Kernel = {
  name: "block means",
  scalars: ["width", "factor"],
  reads: ["f32"],
  body: `
    let across = width / factor;
    let corner = (i / across) * factor * width + (i % across) * factor;
    var sum = 0f;
    for (var y = 0u; y < factor; y++) {
      for (var x = 0u; x < factor; x++) { sum += v0[corner + y * width + x]; }
    }
    let mean = sum / f32(factor * factor);
    for (var y = 0u; y < factor; y++) {
      for (var x = 0u; x < factor; x++) { out[corner + y * width + x] = mean; }
    }`,
};

/** ⟨v0, v1⟩ of image i: each invocation sums every 256th product, then the sums are halved in number eight times. */
export const dot: Kernel = {
  name: "dot",
  scalars: ["dimension"],
  reads: ["f32", "f32"],
  perGroup: true,
  declarations: `var<workgroup> sums: array<f32, ${groupSize}>;`,
  body: `
    var sum = 0f;
    for (var j = lane; j < dimension; j += ${groupSize}u) {
      sum += v0[i * dimension + j] * v1[i * dimension + j];
    }
    sums[lane] = sum;
    for (var half = ${groupSize / 2}u; half > 0; half /= 2) {
      workgroupBarrier();
      if (lane < half) { sums[lane] += sums[lane + half]; }
    }
    if (lane == 0) { out[i] = sums[0]; }
    workgroupBarrier();`,
};

/** out[0] ← min(out[0], step) where a value is not finite, told by its exponent: shaders may assume there is no NaN. */
export const watch: Kernel = {
  name: "watch",
  scalars: ["step"],
  reads: ["u32"],
  writes: "atomic<u32>",
  body: "if ((v0[i] & 0x7f800000u) == 0x7f800000u) { atomicMin(&out[0], step); }",
};
