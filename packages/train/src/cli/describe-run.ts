/** A run in words, for `--dry-run` and the lines before training. */
import { isImage, summarize, type RunConfig } from "@ncsn/core";
import { showOptions } from "./network-options.ts";
import { count, duration, large, megabytes, speed } from "./show.ts";

/** Two lines of what is about to be trained. */
export function headline({ name, dataset, recipe, model, shape, steps, batch }: RunConfig): string {
  const { size } = summarize(model, shape);
  return `run ${name}: ${recipe.name} on ${dataset.name}, ${model.network.name} of ${count(size)} parameters, ${count(steps)} steps of ${batch}`;
}

/**
 * Everything that a run would be, with its parameters and costs.
 * @param perStep seconds of a step, measured
 */
export function describeRun(config: RunConfig, engine: string, perStep: number): string {
  const { model, shape, batch, steps } = config;
  const { parameters } = summarize(model, shape);
  const costs: Settings = [
    ...costsOf(config),
    [
      "time",
      `about ${duration(steps * perStep)}: ${duration(perStep)} a step, ${speed(batch / perStep)} images/s (measured)`,
    ],
  ];
  const table = parameters.map(({ name, shape: s }) => [name, `[${s.join(", ")}]`] as const);
  return [lines(settingsOf(config, engine)), "", lines(table, "  "), "", lines(costs)].join("\n");
}

/** Names and values. */
export type Settings = readonly (readonly [name: string, value: string])[];

/** Every choice of a run. */
export function settingsOf(config: RunConfig, engine: string): Settings {
  const { recipe, model, dataset, shape, pixels, batch, steps, seed, start } = config;
  const { optimiser, objective } = recipe;
  const images =
    dataset.size === null
      ? "endless"
      : `${count(dataset.size)} items, ${((steps * batch) / dataset.size).toFixed(2)} epochs`;
  return [
    ["run", config.name],
    ["recipe", `${recipe.name} (${recipe.paper})`],
    ["data", `${dataset.name} [${shape.join(", ")}], ${images}${extras(dataset.options)}`],
    [
      "model units",
      `${pixels.scale.toPrecision(4)} * ${isImage({ shape }) ? "pixel" : "value"} ${pixels.offset < 0 ? "-" : "+"} ${Math.abs(pixels.offset).toPrecision(4)}`,
    ],
    [
      "noise",
      `${noiseText(recipe)}, weight ${objective.weight}${objective.matching === "sliced" ? ", matched by slices" : ""}`,
    ],
    ["network", `${model.network.name} ${showOptions(model.network.options)}`],
    ["model", `${model.parameterization} parameterization, sigma_data ${model.sigmaData}`],
    ["optimiser", `adam${extras({ ...optimiser })}`],
    ["sampler", `${recipe.sampler.name}, ${recipe.sampler.steps} steps`],
    ["length", `${count(steps)} steps of ${batch}`],
    ...(start === undefined ? [] : [["start", `${start.run} after ${start.step} steps`] as const]),
    ["seed", String(seed)],
    ["engine", engine],
  ];
}

/** What a run takes. */
export function costsOf(config: RunConfig): Settings {
  const { size, multiplyAdds } = summarize(config.model, config.shape);
  return [
    ["parameters", count(size)],
    ["multiply-adds", `${large(multiplyAdds)} an image and evaluation`],
    ["memory", `about ${megabytes(trainingMemory(config))}`],
  ];
}

/**
 * Bytes that training takes, about: parameters, average, two moments and a gradient; activations once for the pass back
 * and about once in passing.
 */
export function trainingMemory({
  model,
  shape,
  batch,
}: Pick<RunConfig, "model" | "shape" | "batch">): number {
  const { size, activations } = summarize(model, shape);
  return 4 * (5 * size + 2 * batch * activations);
}

/** `sigma 0.01 to 1, 10 levels`. */
function noiseText({ sigmaRange, levels, objective }: RunConfig["recipe"]): string {
  const [low, high] = sigmaRange.map((sigma) => Number(sigma.toPrecision(4)));
  const law = levels === undefined ? objective.sigma.name : `${count(levels.count)} levels`;
  return `sigma ${low} to ${high}, ${law}`;
}

function extras(options: Readonly<Record<string, unknown>>): string {
  return Object.entries(options)
    .map(([name, value]) => `, ${name} ${String(value)}`)
    .join("");
}

function lines(rows: readonly (readonly [string, string])[], indent = ""): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${indent}${name.padEnd(width)}  ${value}`).join("\n");
}
