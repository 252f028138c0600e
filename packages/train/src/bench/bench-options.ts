/** What `bench` can be told. Numbers arrive as text, so that messages can repeat what was typed. */
import { networks, recipes } from "@ncsn/core";
import type { InferredOptionTypes, Options } from "yargs";
import { engineRequest, engines, type EngineRequest } from "../cli/engines.ts";
import { integer, oneOf, positive, refuseOdd } from "../cli/option-values.ts";
import { UsageError } from "../cli/usage-error.ts";

const what = "What:";
const how = "How:";
const text = (group: string, describe: string, defaultDescription?: string) =>
  ({ type: "string", requiresArg: true, group, describe, defaultDescription }) as const;
const flag = (group: string, describe: string) => ({ type: "boolean", group, describe }) as const;

const kinds = ["train", "sample"] as const;
const counts = [1, 16, 64];

export const benchOptions = {
  only: text(what, `one of ${kinds.join(", ")}`, "both"),
  channels: text(what, "channels of the unet", String(networks.unet.defaults.channels)),
  batch: text(what, "images of a training step; several as 16,64", String(recipes.edm.batch)),
  count: text(
    what,
    "images that are sampled together; several as 1,16",
    `${counts.join(",")}; 1,16 with --web`,
  ),
  engine: text(what, `train with one of ${Object.keys(engines).join(", ")}`, "all that are fast here"),
  backend: text(what, "the engine's backend, as in train"),
  device: text(what, "sample on one of auto, cpu, cuda, webgpu; with --web on wasm or webgpu alone", "auto"),
  web: flag(
    what,
    "sample in a page of this machine's Chromium instead: WASM with 1 and 2 threads, and WebGPU",
  ),
  peer: flag(what, "measure bench/torch_unet.py, the same in PyTorch, in turns with ours"),
  python: text(what, "the Python that has torch", "python3"),

  seconds: text(how, "length of a turn", "3"),
  rounds: text(how, "turns of each", "5"),
  seed: text(how, "of data and noise", "0"),
  json: flag(how, "print everything as JSON"),
  "dry-run": flag(how, "say what would be measured, and how long it would take"),
} as const satisfies Record<string, Options>;

/** The options of `bench` as yargs gives them. */
export type BenchArguments = InferredOptionTypes<typeof benchOptions>;

/** The options, read. */
export interface BenchSettings {
  readonly kinds: readonly (typeof kinds)[number][];
  readonly channels: number;
  readonly batches: readonly number[];
  readonly counts: readonly number[];
  /** Undefined for all that are fast. */
  readonly engine: EngineRequest | undefined;
  readonly device: "auto" | "cpu" | "cuda" | "webgpu";
  /** The Python of the peer, where one is wanted. */
  readonly python: string | undefined;
  /** The device of a page, where a browser is to sample instead. */
  readonly web: "auto" | "webgpu" | "wasm" | undefined;
  readonly seconds: number;
  readonly rounds: number;
  readonly seed: number;
  readonly json: boolean;
  readonly dryRun: boolean;
}

/** @throws UsageError */
export function benchSettings(args: BenchArguments): BenchSettings {
  refuseOdd(args, benchOptions);
  const other = (["only", "batch", "engine", "backend", "peer", "python"] as const).find(
    (option) => args[option] !== undefined,
  );
  if (args.web === true && other !== undefined)
    throw new UsageError(`--web and --${other} exclude each other: give one of them`);
  const { engine, backend, device = "auto" } = args;
  const web = args.web === true ? oneOf("device", device, ["auto", "webgpu", "wasm"]) : undefined;
  return {
    kinds: args.only === undefined ? kinds : [oneOf("only", args.only, kinds)],
    channels: integer("channels", args.channels ?? String(networks.unet.defaults.channels)),
    batches: list("batch", args.batch, [recipes.edm.batch]),
    counts: list("count", args.count, web === undefined ? counts : [1, 16]),
    engine: engine === undefined && backend === undefined ? undefined : engineRequest(engine, backend),
    device: web === undefined ? oneOf("device", device, ["auto", "cpu", "cuda", "webgpu"]) : "auto",
    python: args.python ?? (args.peer === true ? "python3" : undefined),
    web,
    seconds: positive("seconds", args.seconds ?? "3"),
    rounds: integer("rounds", args.rounds ?? "5"),
    seed: integer("seed", args.seed ?? "0", 0),
    json: args.json === true,
    dryRun: args["dry-run"] === true,
  };
}

/** Integers ≥ 1 with commas between them. */
const list = (option: string, typed: string | undefined, fallback: readonly number[]): readonly number[] =>
  typed === undefined ? fallback : typed.split(",").map((part) => integer(option, part));
