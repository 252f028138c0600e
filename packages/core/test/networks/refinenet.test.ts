import { describe, expect, it } from "vitest";
import { networks } from "../../src/networks/index.ts";
import type { Network } from "../../src/nn.ts";
import { instanceNormPlus } from "../../src/networks/refinenet.ts";
import { referenceNn, values } from "../../src/nn/reference.ts";
import { initialise, summarize } from "../../src/nn/shapes.ts";
import { key, normals } from "../../src/rng.ts";

/**
 * The outputs of the same networks in PyTorch (float64), at six positions of two images. Made by a transcription of
 * models/cond_refinenet_dilated.py (ermongroup/ncsn) and models/ncsnv2.py (ermongroup/ncsnv2) with 4 channels and 3
 * levels, from the parameters and inputs below, and printing net(x, level).flatten(1)[:, positions] to 10 digits.
 */
const peers = {
  ncsn: [
    [0.8947474791, 0.3622690813, 0.2584450546, -0.03722915268, 0.5170645343, -0.4347656471],
    [0.4368716004, 0.85355297, 0.2514732026, -0.5577127606, -0.5606279389, -0.5540524729],
  ],
  ncsnv2: [
    [0.5807638302, 0.01011296626, -0.1916491489, -0.5524139258, 0.5120585182, -0.2922683861],
    [0.4442671807, 0.5737858057, -0.03229631369, -0.5318774295, -0.8838981526, -0.5913145328],
  ],
} as const;
const positions = [0, 17, 47, 48, 70, 95];

const size = (name: "ncsn" | "ncsnv2", options: object, shape: readonly number[]): number =>
  summarize(
    {
      network: { name, options: { ...networks[name].defaults, ...options } },
      parameterization: "ncsnv2",
      sigmaData: 0.5,
      sigmas: [1, 0.1],
    },
    shape,
  ).size;

describe("the papers' numbers of parameters", () => {
  it("are NCSN's 7.64 M for MNIST and 30.1 M for CIFAR-10", () => {
    expect(size("ncsn", { channels: 64 }, [1, 28, 28])).toBe(7_638_657);
    expect(size("ncsn", { channels: 128 }, [3, 32, 32])).toBe(30_117_635);
  });

  it("are NCSNv2's 29.7 M for CIFAR-10", () => {
    expect(size("ncsnv2", { channels: 128 }, [3, 32, 32])).toBe(29_694_083);
  });

  // The convolutions by hand, in units of 9·channels²: the ResNet's stages 4, 11 and a 1×1, 20 and 20, and the
  // RefineNet's blocks 32, 56, 40 and 18.
  it("are those of the convolutions, and three numbers a channel in each normalisation", () => {
    for (const c of [4, 6]) {
      const resnet = 9 * c ** 2 * (4 + 1 * 1 + 2 + 8 + 20 + 20) + 2 * c ** 2;
      const resnetBiases = 4 * c + (c + 2 * c + 2 * c) + 4 * c + 2 * 10 * c;
      const refined = 9 * c ** 2 * (16 + 8 + 8 + (32 + 8 + 8 + 8) + (32 + 4 + 2 + 2) + (8 + 2 + 2 + 6));
      const refinedBiases = 2 * 2 * c + 2 * c + 2 * c;
      const ends = 9 * c * 2 * 3 + c + 3;
      const norms = 4 * c + (2 * c + 4 * c) + 2 * 8 * c + c;
      const plain = resnet + resnetBiases + refined + refinedBiases + ends + 3 * norms;
      expect(size("ncsnv2", { channels: c }, [3, 8, 8])).toBe(plain);
      const units = 8 * c + 16 * c + 16 * c + 8 * c; // two units of two layers for each input
      const fusions = 4 * c + 4 * c + 2 * c;
      const chains = 4 * c + 4 * c + 2 * c + 2 * c;
      const lasts = 4 * c + 4 * c + 2 * c + 6 * c;
      const more = 3 * (units + fusions + chains + lasts);
      const embedded = plain + more + (7 - 1) * (3 * norms + more);
      expect(size("ncsn", { channels: c, levels: 7 }, [3, 8, 8])).toBe(embedded);
    }
  });
});

describe("instanceNormPlus", () => {
  it("is γ·((x − μ)/√(var + ε) + α·(μ − m)/√(v + ε)) + β, the variance over channels unbiased", () => {
    const shape = [2, 3, 4, 5];
    const x = normals(key(1), 120).map((z, i) => 2 * z + Math.floor(i / 20));
    const [gamma, alpha, beta] = [0, 1, 2].map((i) => values([2, 3], normals(key(2 + i), 6)));
    const { data } = instanceNormPlus(
      referenceNn(() => []),
      values(shape, x),
      { gamma, alpha, beta },
    );
    const mean = (list: readonly number[]) => list.reduce((a, b) => a + b) / list.length;
    for (const image of [0, 1]) {
      const planes = [0, 1, 2].map((c) => Array.from({ length: 20 }, (_, i) => x[(3 * image + c) * 20 + i]));
      const means = planes.map(mean);
      const m = mean(means);
      const v = means.reduce((sum, value) => sum + (value - m) ** 2, 0) / 2;
      planes.forEach((plane, c) => {
        const at = 3 * image + c;
        const variance = mean(plane.map((value) => (value - means[c]) ** 2));
        plane.forEach((value, i) => {
          const own = (value - means[c]) / Math.sqrt(variance + 1e-5);
          const among = (means[c] - m) / Math.sqrt(v + 1e-5);
          const expected = gamma.data[at] * (own + alpha.data[at] * among) + beta.data[at];
          expect(data[20 * at + i]).toBeCloseTo(expected, 10);
        });
      });
    }
  });
});

describe.each(["ncsn", "ncsnv2"] as const)("%s", (name) => {
  it("is the paper's network, number for number", () => {
    const shape = [2, 8, 6];
    const options = { channels: 4, ...(name === "ncsn" && { levels: 3 }) };
    const start = initialise(
      summarize(
        {
          network: { name, options },
          parameterization: "ncsnv2",
          sigmaData: 0.5,
          sigmas: [1, 0.3, 0.1],
        },
        shape,
      ).parameters,
      key(1),
    );
    for (const { data } of start.values())
      normals(key(3), data.length).forEach((z, i) => (data[i] += 0.05 * z)); // some start at 0
    const nn = referenceNn((parameter) => start.get(parameter)?.data ?? []);
    const x = values([2, ...shape], normals(key(2), 2 * 96));
    const network: Network = networks[name];
    const { data } = network.apply(nn, x, values([2, 1], [2, 0]), options);
    peers[name].forEach((row, image) =>
      row.forEach((expected, i) => expect(data[96 * image + positions[i]] / expected).toBeCloseTo(1, 8)),
    );
  });

  it.each([
    [[1, 7, 8], 4, "invalid image size: 7x8 (need even numbers: it is halved once)"],
    [[2, 1, 1], 4, "invalid image size: 1x1 (need even numbers: it is halved once)"],
    [[1, 8, 8], 1, "invalid channels: 1 (need 2 or more, to normalise their means)"],
  ])("refuses %j with %i channels", (shape, channels, message) => {
    expect(() => size(name, { channels }, shape)).toThrow(new RangeError(message));
  });
});
