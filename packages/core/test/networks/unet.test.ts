import { describe, expect, it } from "vitest";
import { unet, type UnetOptions } from "../../src/networks/unet.ts";
import { referenceNn, values, type ReferenceNn, type Values } from "../../src/nn/reference.ts";
import { initialise, summarize } from "../../src/nn/shapes.ts";
import { key, normals, split } from "../../src/rng.ts";

const options = (more: Partial<UnetOptions> = {}): UnetOptions => ({ ...unet.defaults, ...more });

/** The network at its start on unit noise, in an interpreter that may be spied on. */
function start(
  given: UnetOptions,
  shape: readonly [number, number, number],
  { count = 1, seed = 0, outGain = 0, blockGain = 0 } = {},
) {
  const model = { network: { name: "unet", options: given }, parameterization: "raw", sigmaData: 1 } as const;
  const { parameters } = summarize(model, shape);
  const drawn = initialise(parameters, split(key(9), seed));
  const nn = referenceNn((name) => {
    const data = drawn.get(name)?.data ?? [];
    if (name === "out.gain") return [outGain];
    return name.endsWith(".gain") ? [blockGain] : data;
  });
  const dimension = shape.reduce((a, b) => a * b, 1);
  const x = values([count, ...shape], normals(split(key(8), seed), count * dimension));
  const noise = values(
    [count, 1],
    Array.from({ length: count }, (_, i) => Math.log(0.01 * 30 ** i) / 4),
  );
  return { nn, x, noise };
}

const rms = ({ data }: Values): number =>
  Math.sqrt(data.reduce((sum, value) => sum + value ** 2, 0) / data.length);

/** One residual block of a run, by magnitudes: what came in, the two sides of its sum, and the sum. */
interface Block {
  readonly input: number;
  readonly skip: number;
  readonly branch: number;
  readonly output: number;
}

/** Runs the network at its start and watches its blocks; a block begins with silu and ends with a sum. */
function watch(given: UnetOptions, seed: number): { blocks: Block[]; out: Values } {
  const { nn, x, noise } = start(given, [1, 16, 16], { count: 2, seed, outGain: 1 });
  const blocks: Block[] = [];
  const inputs: number[] = [];
  const spy: ReferenceNn = {
    ...nn,
    silu: (v: Values): Values => {
      if (v.shape.length === 4) inputs.push(rms(v));
      return nn.silu(v);
    },
    add: (skip, branch) => {
      const out = nn.add(skip, branch);
      blocks.push({ input: inputs[0], skip: rms(skip), branch: rms(branch), output: rms(out) });
      inputs.length = 0;
      return out;
    },
  };
  return { blocks, out: unet.apply(spy, x, noise, given, values([2, 1], [3, -1])) };
}

const mean = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;

describe("unet", () => {
  it.each([
    [{ attention: [2] }, "invalid attention: level 2 (need 0 to 1)"],
    [
      { attention: [1], headChannels: 32 },
      "invalid headChannels: 32 (80 channels at level 1 do not divide into 3 heads)",
    ],
  ])("refuses attention that does not fit: %j", (given, message) => {
    const network = options({ channels: 40, multipliers: [1, 2], ...given });
    expect(() => start(network, [1, 8, 8])).toThrow(new RangeError(message));
  });

  it.each([
    [28, 28, 4],
    [30, 28, 3],
    [8, 9, 2],
  ])(
    "refuses %sx%s for %s levels, in the table of parameters and in the network",
    (height, width, levels) => {
      const factor = 2 ** (levels - 1);
      const given = options({ channels: 4, multipliers: Array.from({ length: levels }, () => 1) });
      const message = `invalid image size for ${levels} levels: ${height}x${width} (need multiples of ${factor})`;
      expect(() => start(given, [1, height, width])).toThrow(new RangeError(message));
      const { nn, noise } = start(given, [1, factor, 2 * factor]);
      expect(() => unet.apply(nn, values([1, 1, height, width]), noise, given)).toThrow(
        new RangeError(message),
      );
    },
  );

  it("says nothing before it is trained: its output gain starts at 0", () => {
    const given = options({ channels: 4 });
    const { nn, x, noise } = start(given, [1, 8, 8]);
    expect(unet.apply(nn, x, noise, given).data.every((value) => value === 0)).toBe(true);
  });

  // White noise loses magnitude by averaging 2×2 pixels, so magnitudes are compared with each block's own input.
  it("preserves magnitude at the start: a block's output is its input's size, within [0.75, 1.3], 7% on average", () => {
    const blocks = [0, 1, 2].flatMap((seed) => watch(options({ blocks: 2 }), seed).blocks);
    expect(blocks).toHaveLength(3 * (2 * 3 + 1 + 3 * 3));
    const ratios = blocks.map(({ input, output }) => output / input);
    expect(Math.min(...ratios)).toBeGreaterThan(0.75);
    expect(Math.max(...ratios)).toBeLessThan(1.3);
    expect(Math.abs(mean(ratios) - 1)).toBeLessThan(0.07);
  });

  it("weighs a block's branch 0.3 against 0.7 of its input, each of unit magnitude", () => {
    const first = [0, 1, 2, 3, 4, 5].map((seed) => watch(options({ multipliers: [1] }), seed).blocks[0]);
    const norm = Math.hypot(0.3, 0.7);
    expect(Math.abs(mean(first.map(({ input }) => input)) - 1)).toBeLessThan(0.1);
    // Its two convolutions lose about 4% each to the zeros around 16×16 pixels; one silu without its gain loses 40%.
    expect(Math.abs(mean(first.map(({ branch }) => branch * norm)) / 0.3 - 0.92)).toBeLessThan(0.1);
    expect(mean(first.map(({ skip, input }) => (skip * norm) / input))).toBeCloseTo(0.7, 12);
  });

  it("keeps it, with attention and classes, to an output between 0.4 and 1.2", () => {
    for (const more of [{}, { attention: [1, 2], headChannels: 16 }, { classes: 10 }]) {
      const magnitude = rms(watch(options(more), 0).out);
      expect(magnitude).toBeGreaterThan(0.4);
      expect(magnitude).toBeLessThan(1.2);
    }
  });

  it("has blocks that hear of the noise once their gain is not 0", () => {
    const given = options({ channels: 4 });
    for (const [gain, differs] of [
      [0, false],
      [1, true],
    ] as const) {
      const { nn, x } = start(given, [1, 8, 8], { outGain: 1, blockGain: gain });
      const [a, b] = [0.1, 0.9].map((noise) => unet.apply(nn, x, values([1, 1], [noise]), given).data);
      expect(a.some((value, i) => value !== b[i])).toBe(differs);
    }
  });

  describe("with classes", () => {
    const given = options({ channels: 4, classes: 3 });
    const { nn, x, noise } = start(given, [1, 8, 8], { outGain: 1, blockGain: 1 });
    const out = (label: number) => unet.apply(nn, x, noise, given, values([1, 1], [label])).data;

    it("tells its classes and none of them apart", () => {
      const outputs = [-1, 0, 1, 2].map((label) => String(out(label)));
      expect(new Set(outputs).size).toBe(4);
    });

    it("gives half of the embedding's power to the label, and less to none", () => {
      const wide = options({ channels: 4, classes: 10, embedding: 512 });
      const { nn, x, noise } = start(wide, [1, 8, 8]);
      const embedding = (label: number): number => {
        const seen: number[] = [];
        const spy: ReferenceNn = {
          ...nn,
          silu: (v: Values): Values => {
            if (v.shape.length === 2) seen.push(rms(v));
            return nn.silu(v);
          },
        };
        unet.apply(spy, x, noise, wide, values([1, 1], [label]));
        return seen[0];
      };
      const labels = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
      expect(Math.abs(mean(labels.map(embedding)) - 1)).toBeLessThan(0.05);
      expect(Math.abs(embedding(-1) - Math.SQRT1_2)).toBeLessThan(0.05);
    });

    it("takes what is no class for none", () => {
      expect(out(3)).toEqual(out(-1));
    });

    it("needs a label, and without classes none", () => {
      expect(() => unet.apply(nn, x, noise, given)).toThrow(
        new TypeError("a unet with 3 classes needs a label"),
      );
      const free = options({ channels: 4 });
      const plain = start(free, [1, 8, 8]);
      expect(unet.apply(plain.nn, plain.x, plain.noise, free).shape).toEqual(plain.x.shape);
    });
  });
});
