import { describe, expect, it } from "vitest";
import { networks } from "../../src/networks/index.ts";
import type { Init } from "../../src/nn.ts";
import { initialise, summarize, type Parameter } from "../../src/nn/shapes.ts";
import type { ScoreModel } from "../../src/parameterization.ts";
import { key, normals, purposes, split, splitByName } from "../../src/rng.ts";
import { kolmogorovSmirnov, normalCdf } from "../statistics.ts";

const model = (name: keyof typeof networks, options: object = {}): ScoreModel => ({
  network: { name, options: { ...networks[name].defaults, ...options } },
  parameterization: "edm",
  sigmaData: 0.5,
});

describe("summarize", () => {
  it("counts a scorenet's multiply-adds and values, by hand", () => {
    const toy: ScoreModel = {
      network: { name: "scorenet", options: { channels: [2], hidden: 3 } },
      parameterization: "raw",
      sigmaData: 0.5,
    };
    const { parameters, size, multiplyAdds, activations } = summarize(toy, [1, 2, 2]);
    expect(parameters.map(({ name, shape }) => [name, ...shape])).toEqual([
      ["sigma.hidden.weight", 3, 1],
      ["sigma.hidden.bias", 3],
      ["sigma.out.weight", 1, 3],
      ["sigma.out.bias", 1],
      ["conv0.weight", 2, 1, 3, 3],
      ["conv0.bias", 2],
      ["conv1.weight", 1, 2, 3, 3],
      ["conv1.bias", 1],
    ]);
    expect(size).toBe(3 + 3 + 3 + 1 + 18 + 2 + 18 + 1);
    expect(multiplyAdds).toBe(3 + 3 + 4 * 2 * 9 + 4 * 2 * 9);
    // hidden, its relu, out, + 1; the scaled image, conv0, its relu, conv1
    expect(activations).toBe(3 + 3 + 1 + 1 + 4 + 8 + 8 + 4);
  });

  it("counts the tutorial's scorenet on 28×28", () => {
    const { size, multiplyAdds } = summarize(model("scorenet"), [1, 28, 28]);
    const kernels = 9 * (1 * 32 + 32 * 64 + 64 * 32 + 32 * 1);
    expect(size).toBe(kernels + (32 + 64 + 32 + 1) + (32 + 32) + (32 + 1));
    expect(multiplyAdds).toBe(784 * kernels + 64);
  });

  it("gives the default unet as many parameters as its peer in PyTorch", () => {
    // torch_unet.py bench --channels 16 prints "parameters 230331"; 159433 is its
    // UNet(8, multipliers=(1, 2, 3), blocks=2, image_channels=3).
    expect(summarize(model("unet"), [1, 28, 28]).size).toBe(230_331);
    const other = model("unet", { channels: 8, multipliers: [1, 2, 3], blocks: 2 });
    expect(summarize(other, [3, 16, 16]).size).toBe(159_433);
  });

  it("counts attention: both products over all pairs of positions, and the weights between them", () => {
    const [plain, attending] = [[], [1]].map((attention) =>
      summarize(model("unet", { channels: 4, multipliers: [1, 2], attention, headChannels: 4 }), [1, 8, 8]),
    );
    // Level 1 has 8 channels in 2 heads on 4×4 positions, and four blocks that attend: down, mid and two up.
    const projections = 4 * 8 * 8 * 16;
    expect(attending.multiplyAdds - plain.multiplyAdds).toBe(4 * (projections + 2 * 8 * 16 ** 2));
    expect(attending.size - plain.size).toBe(4 * 4 * 64);
    expect(attending.activations - plain.activations).toBe(4 * (7 * 8 * 16 + 2 * 16 ** 2));
  });
});

describe("initialise", () => {
  const parameters = summarize(model("unet", { channels: 4 }), [1, 8, 8]).parameters;
  const all = initialise(parameters, key(1));

  it("draws every parameter in its shape, from its own name's key", () => {
    expect([...all.keys()]).toEqual(parameters.map(({ name }) => name));
    for (const { name, shape } of parameters) {
      expect(all.get(name)?.shape).toEqual(shape);
      expect(all.get(name)?.data).toHaveLength(shape.reduce((a, b) => a * b, 1));
    }
    expect(initialise(parameters, key(1))).toEqual(all);
    const [first, ...rest] = parameters;
    expect(initialise(rest.slice(2), key(1)).get(rest[3].name)).toEqual(all.get(rest[3].name));
    const normal = parameters.find(({ init }) => init.kind === "normal") ?? first;
    expect(all.get(normal.name)?.data.subarray(0, 2)).toEqual(
      normals(splitByName(split(key(1), purposes.init), normal.name), 2),
    );
    expect(new Set([...all.values()].map(({ data }) => data[0])).size).toBe(
      parameters.filter(({ init }) => init.kind !== "constant").length + 1,
    );
    expect(initialise(parameters, key(2)).get(first.name)?.data).not.toEqual(all.get(first.name)?.data);
  });

  const drawn = (init: Init) => {
    const parameter: Parameter = { name: "w", shape: [100, 200], init };
    return initialise([parameter], key(5)).get("w")?.data ?? new Float32Array(0);
  };

  it("draws a constant, N(0, deviation²) and U[−bound, bound]", () => {
    expect(drawn({ kind: "constant", value: 0.25 }).every((value) => value === 0.25)).toBe(true);
    expect(kolmogorovSmirnov(drawn({ kind: "normal", deviation: 3 }), (x) => normalCdf(x / 3))).toBeLessThan(
      2.22,
    );
    const uniform = drawn({ kind: "uniform", bound: 0.5 });
    expect(uniform.every((value) => Math.abs(value) <= 0.5)).toBe(true);
    expect(kolmogorovSmirnov(uniform, (x) => x + 0.5)).toBeLessThan(2.22);
  });
});
