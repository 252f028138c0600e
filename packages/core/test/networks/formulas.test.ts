import { expect, it } from "vitest";
import { mlp } from "../../src/networks/mlp.ts";
import { scorenet } from "../../src/networks/scorenet.ts";
import { fourierFeatures } from "../../src/nn/fourier-features.ts";
import { referenceNn, values } from "../../src/nn/reference.ts";
import { key, normals, splitByName } from "../../src/rng.ts";

// The small networks again, as sums over lists of numbers; on one pixel a 3×3 kernel is its centre.

const draw = (name: string, count: number): number[] => [...normals(splitByName(key(7), name), count)];
const nn = referenceNn((name, shape) =>
  draw(
    name,
    shape.reduce((a, b) => a * b, 1),
  ),
);

/** weight·v + bias, of the layer's centre where it is a convolution of `size`. */
function layer(name: string, v: readonly number[], width: number, size = 1): number[] {
  const area = size * size;
  const weight = draw(`${name}.weight`, width * v.length * area);
  const bias = draw(`${name}.bias`, width);
  return bias.map((b, o) =>
    v.reduce((sum, value, i) => sum + weight[(o * v.length + i) * area + (area - 1) / 2] * value, b),
  );
}

const plus = (a: readonly number[], b: readonly number[]): number[] => a.map((value, i) => value + b[i]);
const silu = (v: readonly number[]): number[] => v.map((value) => value / (1 + Math.exp(-value)));
const relu = (v: readonly number[]): number[] => v.map((value) => Math.max(0, value));

const close = (actual: Float64Array, expected: readonly number[]): number =>
  Math.max(...expected.map((value, i) => Math.abs(actual[i] - value))) /
  Math.max(...expected.map((value) => Math.abs(value)));

it("mlp: residual layers that each hear of the noise", () => {
  const [x, noise] = [[0.3, -1.2], 0.4];
  const { frequencies, phases } = fourierFeatures(5);
  const features = frequencies.map((f, i) => Math.SQRT2 * Math.cos(noise * f + phases[i]));
  const embedding = silu(layer("noise", features, 6));
  let h = layer("in", x, 6);
  for (const name of ["layer0", "layer1"]) {
    const inner = plus(layer(`${name}.in`, silu(h), 6), layer(`${name}.noise`, embedding, 6));
    h = plus(h, layer(`${name}.out`, silu(inner), 6));
  }
  const expected = layer("out", silu(h), 2);
  const out = mlp.apply(nn, values([1, 2, 1, 1], x), values([1, 1], [noise]), {
    width: 6,
    layers: 2,
    features: 5,
  });
  expect(close(out.data, expected)).toBeLessThan(1e-12);
});

it("scorenet: convolutions with ReLU between them, on an input times 1 + MLP(σ)", () => {
  const [x, sigma] = [[0.8, -0.5], 0.6];
  const [factor] = layer("sigma.out", relu(layer("sigma.hidden", [sigma], 7)), 1);
  let h = x.map((value) => value * (1 + factor));
  [4, 5].forEach((width, i) => {
    h = relu(layer(`conv${i}`, h, width, 3));
  });
  const expected = layer("conv2", h, 2, 3);
  const options = { channels: [4, 5], hidden: 7 };
  const out = scorenet.apply(nn, values([1, 2, 1, 1], x), values([1, 1], [sigma]), options);
  expect(close(out.data, expected)).toBeLessThan(1e-12);
});
