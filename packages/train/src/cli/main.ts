/** The commands of training, from arguments to an exit code. */
import yargs from "yargs";
import { runBench } from "../bench/bench-command.ts";
import { benchOptions } from "../bench/bench-options.ts";
import { CardError } from "@ncsn/core";
import { ModelError } from "@ncsn/infer";
import { SamplingUsageError } from "@ncsn/infer/node";
import { evaluateOptions } from "../evaluate/evaluate-options.ts";
import { runEvaluate } from "../evaluate/evaluate-command.ts";
import { runJudge } from "../judge/judge-command.ts";
import { judgeOptions } from "../judge/judge-options.ts";
import { DatasetError } from "../datasets/index.ts";
import { TrainingDeviceError } from "../onnxruntime/node/gradients.ts";
import { NotTrainableError } from "../engine.ts";
import { RunError } from "../run/run-error.ts";
import { BackendError } from "../tfjs/available.ts";
import { refuseOddFlags } from "./option-values.ts";
import { runReport } from "./report-command.ts";
import { runTrain } from "./train-command.ts";
import { networkOptions, registries, trainOptions } from "./train-options.ts";
import { UsageError } from "./usage-error.ts";

/** Errors whose cause is what was typed or given. */
const badUsage = [
  UsageError,
  SamplingUsageError,
  DatasetError,
  RunError,
  BackendError,
  TrainingDeviceError,
  NotTrainableError,
  ModelError,
  CardError,
];

/**
 * Carries out a command line. Results go to stdout, progress and errors to stderr.
 * @returns 0, 1 for a failure, 2 for bad usage, 128 and more where a signal ended it
 */
export async function main(args: readonly string[]): Promise<number> {
  try {
    return await (
      await parse(args)
    )();
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    return badUsage.some((kind) => error instanceof kind) ? 2 : 1;
  }
}

/** What the arguments ask for; commands run outside of yargs, which would take their errors for its own. */
async function parse(args: readonly string[]): Promise<() => Promise<number>> {
  refuseOddFlags(args, { ...benchOptions, ...evaluateOptions, ...judgeOptions, ...trainOptions });
  let command = async (): Promise<number> => 0; // where only help was asked for
  await yargs(args)
    .scriptName("pnpm")
    .locale("en")
    .command(
      "train",
      "train a network, into runs/NAME",
      (train) => train.options(networkOptions).options(trainOptions).epilogue(registries),
      (train) => {
        command = () => runTrain(train);
      },
    )
    .command(
      "bench",
      "measure training and sampling on this machine, beside PyTorch with --peer",
      (bench) => bench.options(benchOptions),
      (bench) => {
        command = () => runBench(bench);
      },
    )
    .command(
      "evaluate",
      "measure what a model is worth on data",
      (evaluate) => evaluate.options(evaluateOptions),
      (evaluate) => {
        command = () => runEvaluate(evaluate);
      },
    )
    .command(
      "report [name]",
      "write runs/NAME/report.html anew: losses, samples and how to repeat the run",
      (report) => report.positional("name", { type: "string", describe: "a run; the newest unless told" }),
      (report) => {
        command = () => runReport(report.name);
      },
    )
    .command(
      "judge",
      "train a classifier that judges samples, into models/judge-DATASET.onnx",
      (judge) => judge.options(judgeOptions),
      (judge) => {
        command = () => runJudge(judge);
      },
    )
    .demandCommand(1, "no command (known: train, bench, evaluate, report, judge)")
    .strict()
    .wrap(110)
    .version(false)
    .exitProcess(false)
    .fail((message: string | null, error?: Error) => {
      throw new UsageError(message ?? error?.message ?? "bad usage");
    })
    .parseAsync();
  return command;
}
