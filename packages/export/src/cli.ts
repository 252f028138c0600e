#!/usr/bin/env node
/** The command line of export. Results go to stdout, progress and errors to stderr; exit 2 on bad usage, 1 on failure. */
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { runExport } from "./cli/export-command.ts";
import { refuseOddFlags } from "./cli/option-values.ts";
import { samplerOptions } from "./cli/sampler-choice.ts";
import { UsageError } from "./cli/usage-error.ts";
import { usualGuidance } from "./guided-model.ts";

try {
  const args = hideBin(process.argv);
  refuseOddFlags(args, { "dry-run": { type: "boolean" }, half: { type: "boolean" } });
  await yargs(args)
    .scriptName("pnpm export")
    .locale("en")
    .command(
      "$0 [run]",
      "write a trained model as one ONNX file, and check it in ONNX Runtime",
      (command) =>
        command
          .positional("run", {
            type: "string",
            describe: "name or folder of a run, or a checkpoint file [the newest run]",
          })
          .option("out", { type: "string", requiresArg: true, describe: "file to write [models/NAME.onnx]" })
          .option("batch", {
            type: "string",
            requiresArg: true,
            describe: "images a call, for a file of one batch size [any]",
          })
          .option("check", {
            type: "string",
            requiresArg: true,
            describe: "noise levels to compare scores at [as many as take a few seconds]",
          })
          .option("seed", {
            type: "string",
            requiresArg: true,
            describe: "of the images to compare scores of [the run's]",
          })
          .option("half", {
            type: "boolean",
            default: false,
            describe: "keep the weights as float16, for a file of half the size [models/NAME-half.onnx]",
          })
          .option("from", {
            type: "string",
            requiresArg: true,
            describe: "with --half, --guide or --sampler: a file that was exported before, instead of a run",
          })
          .option("guide", {
            type: "string",
            requiresArg: true,
            describe:
              "a worse model of the same data, run or .onnx file, to lead away from [models/NAME-guided.onnx]",
          })
          .option("guidance", {
            type: "string",
            requiresArg: true,
            describe: `with --guide: the weight w of s + w·(s − the guide's s) [${usualGuidance}]`,
          })
          .options(samplerOptions)
          .option("dry-run", {
            type: "boolean",
            default: false,
            describe: "say what would be written, and write nothing",
          }),
      (typed) => runExport(typed),
    )
    .example("$0", "export the newest run")
    .example("$0 digits --out digits.onnx", "export runs/digits")
    .example("$0 digits --guide early --guidance 2", "runs/digits, led away from runs/early")
    .example("$0 digits --half", "export runs/digits with float16 weights")
    .example("$0 digits --sampler sde-dpm-2m --steps 40", "with that as the sampler unless told")
    .strict()
    .wrap(110)
    .version(false)
    .exitProcess(false)
    .fail((message, error) => {
      throw (error as Error | undefined) ?? new UsageError(message); // no error: yargs has a complaint of its own
    })
    .parseAsync();
} catch (error) {
  const usage = error instanceof UsageError || (error instanceof Error && error.name === "YError");
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = usage ? 2 : 1;
}
