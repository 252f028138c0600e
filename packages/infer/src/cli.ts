#!/usr/bin/env node
/** The command line of sampling. Results go to stdout, progress and errors to stderr; exit 2 on bad usage, 1 on failure. */
import { CardError } from "@ncsn/core";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { DeviceError } from "./device.ts";
import { ModelError } from "./model.ts";
import { runDevices } from "./node/cli/devices-command.ts";
import { refuseOddFlags } from "./node/cli/option-values.ts";
import { runSample } from "./node/cli/sample-command.ts";
import { sampleOptions } from "./node/cli/sample-options.ts";
import { samplerFlags, samplerList } from "./node/cli/sampler-options.ts";
import { interruptible } from "./node/cli/stop-signals.ts";
import { UsageError } from "./node/cli/usage-error.ts";

/** Errors whose cause is what was typed or given. */
const badUsage = [UsageError, CardError, ModelError, DeviceError];
const stop = interruptible();

try {
  const args = hideBin(process.argv);
  refuseOddFlags(args, { ...samplerFlags, ...sampleOptions });
  await yargs(args)
    .scriptName("pnpm")
    .locale("en")
    .command(
      "sample",
      "sample images from a model",
      (command) => command.options(samplerFlags).options(sampleOptions).epilogue(samplerList),
      (typed) => runSample(typed, stop.signal),
    )
    .command(
      "devices",
      "say what ONNX Runtime can run on here, and why not on the rest",
      (command) => command,
      async () => console.log(await runDevices()),
    )
    .demandCommand(1, "no command (known: sample, devices)")
    .strict()
    .wrap(110)
    .version(false)
    .exitProcess(false)
    .fail((message, error) => {
      // no error: yargs has a complaint of its own
      throw (error as Error | undefined) ?? new UsageError(withKnown(message, args[0]));
    })
    .parseAsync();
} catch (error) {
  if (stop.signal.aborted) process.exit(stop.exitCode());
  const typed = error instanceof Error && error.name === "YError"; // of yargs, too
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = typed || badUsage.some((kind) => error instanceof kind) ? 2 : 1;
}

/** What yargs says, with the flags that there are where it is about one that there is not. */
function withKnown(message: string, command: string): string {
  if (command !== "sample" || !message.startsWith("Unknown argument")) return message;
  const flags = Object.keys({ ...sampleOptions, ...samplerFlags }).map((name) => `--${name}`);
  return `${message} (known: ${flags.join(", ")})`;
}
