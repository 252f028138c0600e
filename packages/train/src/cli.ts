#!/usr/bin/env node
/** The command line of training. Results go to stdout, progress and errors to stderr; exit 2 on bad usage, 1 on failure. */
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { networkOptions, registries, trainOptions } from "./cli/train-options.ts";
import { runTrain } from "./cli/train-command.ts";
import { UsageError } from "./cli/usage-error.ts";
import { DatasetError } from "./datasets/index.ts";
import { RunError } from "./run/run-error.ts";
import { BackendError } from "./tfjs/backends.ts";

/** Errors whose cause is what was typed or given. */
const badUsage = [UsageError, DatasetError, RunError, BackendError];

try {
  await yargs(hideBin(process.argv))
    .scriptName("pnpm")
    .locale("en")
    .command(
      "train",
      "train a network, into runs/NAME",
      (command) => command.options(networkOptions).options(trainOptions).epilogue(registries),
      async (args) => {
        process.exitCode = await runTrain(args);
      },
    )
    .demandCommand(1, "no command (known: train)")
    .strict()
    .wrap(110)
    .version(false)
    .exitProcess(false)
    .fail(false)
    .parseAsync();
} catch (error) {
  const usage =
    badUsage.some((kind) => error instanceof kind) || (error instanceof Error && error.name === "YError");
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = usage ? 2 : 1;
}
