import { describe, expect, it } from "vitest";
import { networks, type NetworkName } from "../src/networks/index.ts";
import { referenceNn, values } from "../src/nn/reference.ts";
import { initialise, summarize } from "../src/nn/shapes.ts";
import { applyScore } from "../src/parameterization.ts";
import { key, normals } from "../src/rng.ts";
import { recipes, scoreModel, type Recipe } from "../src/recipes/index.ts";
import { resolveOptions, samplers, type Sampler } from "../src/samplers/index.ts";
import { schedules } from "../src/schedules.ts";

describe.each(Object.entries(recipes))("recipe %s", (name, chosen) => {
  const recipe: Recipe = chosen;
  const sampler: Sampler = samplers[recipe.sampler.name];

  it("carries the name it is registered by and says where it is from", () => {
    expect(recipe.name).toBe(name);
    expect(recipe.paper.length).toBeGreaterThan(20);
  });

  it("survives JSON, which checkpoints and cards are written in", () => {
    expect(JSON.parse(JSON.stringify(recipe))).toEqual(recipe);
  });

  it("names options that its network and its sampler have", () => {
    const known = Object.keys(networks[recipe.network.name].defaults);
    expect(known).toEqual(expect.arrayContaining(Object.keys(recipe.network.options)));
    expect(() => resolveOptions(recipe.sampler.name, sampler, recipe.sampler.options)).not.toThrow();
  });

  it("has σ, rates and lengths that a run can be made with", () => {
    const [sigmaMin, sigmaMax] = recipe.sigmaRange;
    const schedule = schedules[recipe.sampler.schedule ?? sampler.schedule];
    expect(schedule(recipe.sampler.steps, { sigmaMin, sigmaMax })[0]).toBe(sigmaMax);
    const { optimiser, batch, length, sigmaData } = recipe;
    const positive = [batch, sigmaData, optimiser.epsilon, "epochs" in length ? length.epochs : length.steps];
    for (const number of positive) expect(number).toBeGreaterThan(0);
    for (const decay of [optimiser.beta1, optimiser.beta2, optimiser.emaDecay]) {
      expect(decay).toBeGreaterThanOrEqual(0);
      expect(decay).toBeLessThan(1);
    }
  });
});

/** The smallest of each network, for 4×4 images. */
const tiny: Readonly<Record<NetworkName, object>> = {
  unet: { channels: 2, multipliers: [1], embedding: 4, features: 4 },
  ncsn: { channels: 4 },
  ncsnv2: { channels: 4 },
  mlp: { width: 4, layers: 1, features: 4 },
  scorenet: { channels: [2], hidden: 2 },
};

describe.each<Recipe>(Object.values(recipes))("the model of recipe $name", (recipe) => {
  it.each(Object.keys(networks) as NetworkName[])("has a score with the network %s", (name) => {
    const { levels } = recipe;
    const options = {
      ...networks[name].defaults,
      ...tiny[name],
      ...(name === "ncsn" && levels !== undefined && { levels: levels.count }),
    };
    const model = scoreModel(recipe, { name, options });
    const shape = name === "mlp" ? ([2, 1, 1] as const) : ([1, 4, 4] as const);
    const [channels, height, width] = shape;
    const { parameters } = summarize(model, shape);
    const drawn = initialise(parameters, key(1));
    const nn = referenceNn((parameter) => drawn.get(parameter)!.data);
    const sigma = values([2, 1], recipe.sigmaRange);
    const score = applyScore(
      nn,
      model,
      values([2, ...shape], normals(key(2), 2 * channels * height * width)),
      sigma,
    );
    expect(score.data.every(Number.isFinite)).toBe(true);
    if (levels !== undefined) expect(model.sigmas).toHaveLength(levels.count);
  });

  it("knows its levels, and they are its range", () => {
    const { sigmas } = scoreModel(recipe, recipe.network);
    if (recipe.levels === undefined) expect(sigmas).toBeUndefined();
    else expect([sigmas?.at(-1), sigmas?.[0]]).toEqual(recipe.sigmaRange);
  });
});

it("the tutorial's recipe is the tutorial's, sampler and all", () => {
  const { sampler, optimiser, objective, sigmaRange, batch, length } = recipes.tutorial;
  expect([
    ...schedules[sampler.schedule ?? "karras"](sampler.steps, { sigmaMin: 0.01, sigmaMax: 1 }),
  ]).toHaveLength(5);
  expect(sampler.options).toEqual({ stepsPerLevel: 3, alpha: 1e-4, denoise: false });
  expect([optimiser.rate, batch, sigmaRange]).toEqual([1e-4, 64, [0.01, 1]]);
  expect([objective, length]).toEqual([{ weight: "tutorial", sigma: { name: "uniform" } }, { epochs: 5 }]);
});
