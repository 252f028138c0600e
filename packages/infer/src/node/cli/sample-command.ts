/** `sample`: from options to pictures. */
import { load } from "../load.ts";
import { diagnosis } from "./diagnosis.ts";
import { dryRun, seedOf } from "./dry-run.ts";
import { checkOutput, outputOf, writeOutput } from "./output.ts";
import { checkKind, filesOf, onTerminal } from "./sample-files.ts";
import type { SampleArguments } from "./sample-options.ts";
import { planOf, readArguments } from "./sample-request.ts";
import { sampled } from "./sampled.ts";
import { scoreField } from "./score-field.ts";
import { count, describeDevice, deviceLine, duration, plural, table } from "./show.ts";
import { usualModel } from "./usual-model.ts";

/** Carries the command out. */
export async function runSample(args: SampleArguments, signal: AbortSignal): Promise<void> {
  const typed = readArguments(args);
  const given = args.out === undefined ? undefined : outputOf(args.out);
  if (given) await checkOutput(given);
  const path = args.model ?? (await unnamedModel());
  const model = await load(path, { ...typed.load, signal });
  try {
    const { request, plan } = await planOf(model, typed, args);
    const output = given ?? outputOf(`images/${model.card.name}-${plan.seed}.png`);
    checkKind(model.card, output.kind, typed);
    if (given === undefined) await checkOutput(output);
    if (typed.load.device === "auto") console.error(deviceLine(model.device));
    for (const advice of plan.advice) console.error(`note: ${advice}`);
    if (args["dry-run"] === true) {
      console.log(await dryRun(path, model, plan, output));
      return;
    }
    const { seconds, evaluations, diagnostics, ...samples } = await sampled(
      model,
      { ...request, signal },
      plan,
      output.kind === "gif" || typed.trajectories !== undefined ? typed.view : undefined,
    );
    const field =
      typed.field === undefined ? undefined : await scoreField(model, samples.images, typed.field);
    const files = await filesOf(model.card, { ...samples, field }, output.kind, typed);
    await writeOutput(output, files, signal);
    if (process.stdout.isTTY)
      console.log(await onTerminal(model.card, samples.images, process.stdout.columns || 80));
    const rate = count(Math.round(evaluations / seconds));
    console.log(
      table([
        [output.path, `${plural(plan.count, "sample")} of ${seedOf(plan)} in ${duration(seconds)}`],
        [
          "sampler",
          `${plan.sampler}, ${plural(plan.steps, "step")}, ${count(Math.round(evaluations / plan.count))} evaluations each`,
        ],
        ["speed", `${rate} evaluations/s on ${describeDevice(model.device)}`],
      ]),
    );
    if (diagnostics.length > 0) console.log(diagnosis(diagnostics));
  } finally {
    await model.dispose();
  }
}

/** The model where none is named, which is told. */
async function unnamedModel(): Promise<string> {
  const { path, why } = await usualModel();
  console.error(`model ${path}, ${why}`);
  return path;
}
