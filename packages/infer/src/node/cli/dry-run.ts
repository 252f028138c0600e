import { normals, type Card } from "@ncsn/core";
import type { Model } from "../../model.ts";
import type { Plan } from "../../plan.ts";
import type { Output } from "./output.ts";
import { count, describeDevice, duration, megabytes, plural, short, table } from "./show.ts";

/** What a plan would do, with the time that a timed evaluation lets expect. */
export async function dryRun(path: string, model: Model, plan: Plan, { path: out }: Output): Promise<string> {
  const { card, device } = model;
  const { sigmas, evaluations } = plan;
  const rate = await evaluationsPerSecond(model, plan);
  const options = Object.entries(plan.options).map(([name, value]) => `, ${name} ${String(value)}`);
  const each = evaluations === undefined ? "as many as the data need" : `${count(evaluations)} an image`;
  const time = evaluations === undefined ? "" : `about ${duration((evaluations * plan.count) / rate)}, at `;
  const levels = sigmas.filter((sigma) => sigma > 0);
  // Beside what is there now: the result, and a sampler's few states of the images that are sampled at a time.
  const state = 4 * card.shape.reduce((a, b) => a * b, 1);
  const memory = process.memoryUsage.rss() + state * (plan.count + 5 * Math.min(plan.count, 512));
  return table([
    ["model", `${path} (${card.name}, [${card.shape.join(", ")}])`],
    ...guideLine(card),
    [
      "device",
      [describeDevice(device), ...device.unused.map(({ name, reason }) => `not ${name}: ${reason}`)].join(
        "; ",
      ),
    ],
    ["samples", `${count(plan.count)} from number ${plan.first} of ${seedOf(plan)}`],
    ...controlLine(plan),
    ["sampler", `${plan.sampler}, ${plural(plan.steps, "step")}${options.join("")}`],
    ["noise", `${plan.schedule}, sigma ${short(levels[0])} to ${short(levels[levels.length - 1])}`],
    ["evaluations", evaluations === undefined ? each : `${each}, ${count(evaluations * plan.count)} in all`],
    ["memory", `about ${megabytes(memory)}`],
    ["time", `${time}${count(Math.round(rate))} evaluations/s`],
    ["out", out],
  ]);
}

/** The seed, or the seeds that the images lie between. */
export const seedOf = ({ seed, control: { interpolation } }: Plan): string =>
  interpolation === undefined ? `seed ${seed}` : `seeds ${interpolation.from} to ${interpolation.to}`;

/** Whose score the model's is led away from, where it is. */
const guideLine = ({ guide }: Card): [string, string][] =>
  guide === undefined ? [] : [["guide", `${guide.name}, weight ${guide.weight}, in the file`]];

/** What controls the sampling, where something does. */
function controlLine({ control: { guidance, known, start } }: Plan): [string, string][] {
  const parts = [
    ...(guidance === 0 ? [] : [`guidance ${guidance}`]),
    ...(known === undefined ? [] : [`${known.kind}, ${plural(known.refinements, "refinement")}`]),
    ...(start === undefined ? [] : ["from a noisy image"]),
  ];
  return parts.length === 0 ? [] : [["control", parts.join("; ")]];
}

/** Measured: the best of two runs of up to 64 images, after one to warm up. */
async function evaluationsPerSecond(model: Model, { count, batch }: Plan): Promise<number> {
  const images = Math.min(count, 64);
  const x = normals([0, 0], images * model.card.shape.reduce((a, b) => a * b, 1));
  let best = Infinity;
  for (let run = 0; run < 3; run++) {
    const began = performance.now();
    await model.score(x, model.card.sigmaData, { batch });
    if (run > 0) best = Math.min(best, performance.now() - began);
  }
  return (1000 * images) / best;
}
