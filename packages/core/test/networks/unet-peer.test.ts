import { expect, it } from "vitest";
import { unet } from "../../src/networks/unet.ts";
import { referenceNn, values } from "../../src/nn/reference.ts";
import { initialise, summarize } from "../../src/nn/shapes.ts";
import { applyScore, type ScoreModel } from "../../src/parameterization.ts";
import { key, normals } from "../../src/rng.ts";

/**
 * Scores of the same network in PyTorch (float64), at six positions of three images. Made by loading the parameters
 * and Fourier features below into the peer's
 *
 *   UNet(4, multipliers=(1, 2, 3), blocks=2, embedding=8, image_channels=2), emb = Linear(6, 8)
 *
 * and printing ((net(x, sigma) - x) / sigma**2).flatten(1)[:, [0, 13, 31, 32, 50, 63]] to 10 digits.
 */
const peer = [
  [47.509064, -50.12413365, -50.70685858, -37.67042135, 2.407036751, -76.48175958],
  [-0.9801155225, -0.7281379086, -0.07006858541, 2.893883172, 2.022158123, -0.447472409],
  [0.0007277473322, -0.0009571420329, 0.0001729702689, -0.0001246348254, 0.002181275147, 0.0001009325733],
];
const positions = [0, 13, 31, 32, 50, 63];

it("the unet is its peer in PyTorch, number for number", () => {
  const options = {
    ...unet.defaults,
    channels: 4,
    multipliers: [1, 2, 3],
    blocks: 2,
    embedding: 8,
    features: 6,
  };
  const model: ScoreModel = {
    network: { name: "unet", options },
    parameterization: "edm",
    sigmaData: 0.5,
  };
  const shape = [2, 8, 4];
  const start = initialise(summarize(model, shape).parameters, key(1));
  const nn = referenceNn((name) => (name.endsWith("gain") ? [0.5] : (start.get(name)?.data ?? [])));
  const x = values([3, ...shape], normals(key(2), 3 * 64));
  const score = applyScore(nn, model, x, values([3, 1], [0.01, 0.7, 30]));
  peer.forEach((row, image) => {
    row.forEach((expected, i) => expect(score.data[64 * image + positions[i]] / expected).toBeCloseTo(1, 8));
  });
});
