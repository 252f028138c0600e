/** Every recipe from its plan to samples: a step of training, a file, its probe, a few steps of its own sampler. */
import {
  group,
  probeError,
  probeInputs,
  proceduralDatasets,
  recipes,
  type Dataset,
  type Key,
  type NetworkName,
  type RecipeName,
  type RunConfig,
} from "@ncsn/core";
import { exportModel } from "@ncsn/export";
import { load } from "@ncsn/infer/node";
import { describe, expect, it } from "vitest";
import { dataKey } from "../src/batches.ts";
import { configure, planRun } from "../src/cli/new-run.ts";
import { measureProbe } from "../src/probe.ts";
import { train } from "../src/trainer.ts";
import { openEngine } from "./tiny-config.ts";

/** The smallest of each network. */
const tiny: Readonly<Record<NetworkName, readonly string[]>> = {
  unet: ["channels=2", "multipliers=1", "embedding=4", "features=4"],
  ncsn: ["channels=4"],
  ncsnv2: ["channels=4"],
  mlp: ["width=4", "layers=1", "features=4"],
  scorenet: ["channels=2", "hidden=2"],
};

/** Glyphs of 8×8 pixels: the means of blocks of 9, of the middle 24×24. */
function smallGlyphs(key: Key): Dataset {
  const glyphs = proceduralDatasets.glyphs(key);
  const whole = new Float32Array(28 * 28);
  return {
    ...glyphs,
    shape: [1, 8, 8],
    read(index, out, offset) {
      const label = glyphs.read(index, whole, 0);
      for (let row = 0; row < 8; row++)
        for (let column = 0; column < 8; column++) {
          const corner = (2 + 3 * row) * 28 + 2 + 3 * column;
          const block = [0, 1, 2, 28, 29, 30, 56, 57, 58].map((step) => whole[corner + step]);
          out[offset + 8 * row + column] = block.reduce((a, b) => a + b) / 9;
        }
      return label;
    },
  };
}

const datasets = { glyphs: smallGlyphs, mixture: proceduralDatasets.mixture };
const names = Object.keys(recipes) as RecipeName[];
const cases = names.flatMap((recipe) =>
  (["glyphs", "mixture"] as const).map((data) => [recipe, data] as const),
);

describe.each(cases)("recipe %s on %s", (recipe, data) => {
  const dataset = datasets[data](dataKey(0));
  const network: NetworkName = data === "mixture" ? "mlp" : recipes[recipe].network.name;
  const args = { recipe, dataset: data, net: [...tiny[network]], steps: "1", batch: "2" };
  const config = configure(planRun(args), dataset, "tiny", args);

  it("trains a step, and samples from the file it makes", { timeout: 60_000 }, async () => {
    const engine = await openEngine(config);
    for await (const { loss } of train({ config, engine, dataset })) expect(loss).toBeGreaterThan(0);
    const probe = await measureProbe(config, engine, 1);
    const parameters = group(await engine.state(), "ema");
    await engine.dispose();

    const model = await load(exportModel({ config, step: 1, parameters, probe }), {
      device: "cpu",
      workers: 1,
    });
    const { card } = model;
    expect(card.sampler).toEqual(recipes[recipe].sampler);
    expect(card.sigmas).toEqual(config.model.sigmas);
    const dimension = card.shape.reduce((a, b) => a * b, 1);
    const x = probeInputs(card.probe, dimension, card.sigmaData);
    const scores = await model.score(x, card.probe.sigmas);
    expect(probeError(card.probe, scores)).toBeLessThan(1e-4);
    const { data: samples } = await model.sample({ count: 2, seed: 1, steps: 3 });
    await model.dispose();
    expect(samples).toHaveLength(2 * dimension);
    expect(samples.every(Number.isFinite)).toBe(true);
  });

  it("has data in the units it says", () => {
    const { scale, offset } = config.pixels;
    const { units, sigmaData } = recipes[recipe];
    if (data === "glyphs" && units !== "standardised")
      expect([offset, scale + offset]).toEqual({ pixels: [0, 1], symmetric: [-1, 1] }[units]);
    else {
      const values = new Float32Array(2000 * dataset.shape.reduce((a, b) => a * b, 1));
      for (let i = 0; i < 2000; i++) dataset.read(i, values, (i * values.length) / 2000);
      const model = Float64Array.from(values, (value) => scale * value + offset);
      const mean = model.reduce((a, b) => a + b, 0) / model.length;
      const squares = model.reduce((a, b) => a + b ** 2, 0) / model.length;
      expect(Math.abs(mean)).toBeLessThan(0.05 * sigmaData);
      expect(Math.sqrt(squares) / sigmaData).toBeCloseTo(1, 1);
    }
  });
});

describe("a network that counts levels", () => {
  const dataset = smallGlyphs(dataKey(0));
  const configured = (recipe: RecipeName, network: NetworkName, ...net: readonly string[]) => {
    const args = { recipe, network, dataset: "glyphs", net: [...net], steps: "1", batch: "2" };
    return configure(planRun(args), dataset, "tiny", args);
  };
  const levelsOf = ({ model, recipe }: RunConfig) => ({
    network: (model.network.options as { levels?: number }).levels,
    model: model.sigmas?.length,
    sampler: recipe.sampler.steps,
  });

  it("has as many as its recipe, or its own number where σ is continuous", () => {
    expect(levelsOf(configured("ncsn", "ncsn"))).toEqual({ network: 10, model: 10, sampler: 10 });
    expect(levelsOf(configured("ncsnv2", "ncsn", "channels=2"))).toMatchObject({ network: 232, model: 232 });
    expect(levelsOf(configured("ddpm", "ncsn", "channels=2"))).toMatchObject({ network: 1000, model: 1000 });
    expect(levelsOf(configured("edm", "ncsn"))).toEqual({ network: 10, model: 10, sampler: 18 });
    expect(levelsOf(configured("vp", "unet", "channels=2"))).toMatchObject({ model: undefined });
  });

  it("may be given another number, and the recipe follows, but for a table of β", () => {
    expect(levelsOf(configured("ncsn", "ncsn", "levels=20"))).toEqual({
      network: 20,
      model: 20,
      sampler: 20,
    });
    expect(levelsOf(configured("edm", "ncsn", "levels=5"))).toMatchObject({ network: 5, model: 5 });
    expect(() => configured("ddpm", "ncsn", "levels=20")).toThrow(
      "invalid levels: 20 (recipe ddpm has 1000)",
    );
  });
});
